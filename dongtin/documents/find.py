"""Finding the saved documents under some paths, in an order that their names do not change."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dongtin.documents.saved import Skipped, SavedDocument, document, open_folder, open_html, open_text
from dongtin.documents.warc import WARC_NAMES, warc_documents
from dongtin.errors import DocumentUnreadable
from dongtin.events import Page

TEXT_NAMES, HTML_NAMES = (".txt", ".text"), (".html", ".htm")


@dataclass(frozen=True)
class Unreadable:
    """A document that cannot be opened, and why, in a line."""

    name: str
    reason: str


@dataclass
class Inventory:
    """What was found: documents by fetch time (unknown first) and sha256."""

    documents: list[SavedDocument] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def find_documents(paths: Sequence[Path], url: str | None) -> Inventory:
    """The documents under some paths; each is opened once to find its place. Never raises for what is in the files."""
    found = Inventory()
    for path in paths:
        for each in _files(path, found):
            _take(each, url, found, named=each == path)
    found.documents.sort(key=lambda document: document.order)
    return found


def _files(path: Path, found: Inventory) -> Iterator[Path]:
    """Files and saved-page folders under a path, in the order of their paths."""
    try:
        if not path.is_dir():
            path.lstat()
            yield path
        elif (path / "request.json").is_file():
            yield path
        else:
            for child in sorted(path.iterdir()):
                if not child.is_symlink() or not child.is_dir():
                    yield from _files(child, found)
    except OSError as error:
        found.unreadable.append(Unreadable(str(path), error.strerror or str(error)))


def _take(path: Path, url: str | None, found: Inventory, *, named: bool) -> None:
    if path.name.lower().endswith(WARC_NAMES):
        for name, opener in warc_documents(path, found.unreadable, found.skipped, Unreadable):
            _add(name, opener, found)
    elif path.is_dir():
        _add(str(path), partial(open_folder, path), found)
    elif path.suffix.lower() in TEXT_NAMES:
        _add(str(path), partial(open_text, path), found)
    elif path.suffix.lower() in HTML_NAMES:
        _add(str(path), partial(open_html, path, url), found)
    elif named:
        found.unreadable.append(Unreadable(str(path), "not a document: .txt, .html, .warc, .warc.gz, or a saved page's folder"))


def _add(name: str, opener: Callable[[], tuple[str, Page]], found: Inventory) -> None:
    try:
        found.documents.append(document(name, opener))
    except DocumentUnreadable as error:
        found.unreadable.append(Unreadable(name, str(error)))
    except Skipped as reason:
        found.skipped[str(reason)] += 1
