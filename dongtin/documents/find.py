"""Finding the saved documents under some paths."""

import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from dongtin.documents.files import plain, shown
from dongtin.documents.inventory import Inventory, Unreadable
from dongtin.documents.saved import REQUEST_NAME, HtmlFile, SavedPage, Source, TextFile, saved_document
from dongtin.documents.warc import is_warc, take_responses

TEXT_NAMES, HTML_NAMES, WARC_NAMES = (".txt", ".text"), (".html", ".htm"), (".warc", ".warc.gz", ".warc.zst")
UNKNOWN = "no document that dongtin knows: .txt, .html, .warc, .warc.gz, or a folder with page.html and request.json"
NOTHING = "there is no document in it"
"""Of a folder, or of a WARC file without a page: whoever names it expects one."""


def find_documents(paths: Sequence[Path], url: str | None, progress: Callable[[int], None] | None = None) -> Inventory:
    """The documents under some paths, each opened once to find its place. Never raises for what is in the files.

    `url` is the address of bare HTML files. `progress` is told how many documents were looked at so far.
    """
    found = Inventory()
    numbers = count(1)

    def advance() -> None:
        if progress is not None:
            progress(next(numbers))

    for root in paths:
        before = found.count
        for path, is_folder in _places(root, found):
            name = shown(path)
            if not is_folder and _holds_records(path):
                take_responses(path, found, advance)
            elif (source := _source(path, url, is_folder=is_folder)) is not None:
                found.take(name, partial(saved_document, name, source))
                advance()
            elif path == root:
                found.unreadable.append(Unreadable(name, UNKNOWN))
        if found.count == before:
            found.unreadable.append(Unreadable(shown(root), NOTHING))
    found.documents.sort(key=lambda document: document.order)
    return found


def _places(root: Path, found: Inventory) -> Iterator[tuple[Path, bool]]:
    """Files, and folders that are one document (then true), in the order of their paths; each folder once."""
    entered: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            names = sorted(child.name for child in path.iterdir()) if stat.S_ISDIR(status.st_mode) else None
        except (OSError, ValueError) as error:
            found.unreadable.append(Unreadable(shown(path), plain(error, path)))
            continue
        if names is None:
            yield path, False
        elif REQUEST_NAME in names:
            yield path, True
        elif (folder := (status.st_dev, status.st_ino)) not in entered:  # A link may lead back to where it stands.
            entered.add(folder)
            waiting += [path / name for name in reversed(names)]


def _holds_records(path: Path) -> bool:
    name = path.name.lower()
    return name.endswith(WARC_NAMES) or (not name.endswith(TEXT_NAMES + HTML_NAMES) and is_warc(path))


def _source(path: Path, url: str | None, *, is_folder: bool) -> Source | None:
    if is_folder:
        return SavedPage(path)
    name = path.name.lower()
    if name.endswith(TEXT_NAMES):
        return TextFile(path)
    return HtmlFile(path, url) if name.endswith(HTML_NAMES) else None
