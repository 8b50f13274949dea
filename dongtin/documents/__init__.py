"""Saved documents: text files, saved pages, bare HTML files and WARC files, found under paths and opened one by one.

What is in a file never raises anything but `DocumentUnreadable`, and never takes more memory than a page or two: every
length is bounded before it is read.
"""

from dongtin.documents.find import find_documents
from dongtin.documents.inventory import Inventory, Unreadable
from dongtin.documents.saved import SavedDocument

__all__ = ["Inventory", "SavedDocument", "Unreadable", "find_documents"]
