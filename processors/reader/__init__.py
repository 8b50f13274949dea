"""Reading in a process of its own, which can be stopped: whatever a page does to its reader, the worker lives on."""

from processors.reader.limits import Limits
from processors.reader.reader import Reader

__all__ = ["Limits", "Reader"]
