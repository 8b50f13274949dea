"""What was found under some paths."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dongtin.documents.answers import Skipped
from dongtin.documents.saved import SavedDocument
from dongtin.errors import DocumentUnreadable


@dataclass(frozen=True)
class Unreadable:
    """A document that cannot be opened."""

    name: str
    """For a person, on one line."""
    reason: str
    """Why, on one line."""


@dataclass
class Inventory:
    """Documents that can be opened, those that cannot, and how many gave no page."""

    documents: list[SavedDocument] = field(default_factory=list)
    """By fetch time (unknown first) and sha256: names and order of files do not matter."""
    unreadable: list[Unreadable] = field(default_factory=list)
    """In the order of their paths."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason → how many: `status 403`, `redirect that moves no article`, `resource record` …"""

    @property
    def count(self) -> int:
        """How many were found, good or bad."""
        return len(self.documents) + len(self.unreadable) + self.skipped.total()

    def take(self, name: str, find: Callable[[], SavedDocument]) -> None:
        """Put a document, or why there is none, in its place."""
        try:
            self.documents.append(find())
        except DocumentUnreadable as error:
            self.unreadable.append(Unreadable(name, str(error)))
        except Skipped as reason:
            self.skipped[str(reason)] += 1
