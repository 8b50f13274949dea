"""Saved documents: text files, saved pages, bare HTML files and WARC files, opened one by one."""

from dongtin.documents.find import Inventory, Unreadable, find_documents
from dongtin.documents.saved import SavedDocument

__all__ = ["Inventory", "SavedDocument", "Unreadable", "find_documents"]
