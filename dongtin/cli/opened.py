"""Saved documents as commands take them: those under some paths, opened one after the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from dongtin.codec import page_record
from dongtin.documents import find_documents
from dongtin.errors import DocumentUnreadable
from dongtin.record import Record

BAR_FROM = 50
"""Fewer documents are done before a progress bar could be seen."""


class Opened:
    """Saved documents as records; what cannot be opened is told on standard error, and counted.

    `url` is the address of bare HTML files; `doing` stands before the progress bar.
    """

    def __init__(self, paths: Sequence[Path], url: str | None, doing: str = "replay") -> None:
        inventory = find_documents(paths, url)
        for unreadable in inventory.unreadable:
            tell(f"{unreadable.name}: {unreadable.reason}")
        for reason, count in sorted(inventory.skipped.items()):
            tell(f"{count} skipped: {reason}")
        self._documents = inventory.documents
        self._doing = doing
        self.failed = len(inventory.unreadable)

    def records(self, origin: str) -> Iterator[tuple[str, Record]]:
        """Name and record of each, with a progress bar on a terminal where there are many."""
        console = Console(stderr=True)
        quiet = not console.is_terminal or len(self._documents) < BAR_FROM
        for document in track(self._documents, self._doing, console=console, disable=quiet):
            try:
                key, page = document.load()
            except DocumentUnreadable as error:
                tell(f"{document.name}: {error}")
                self.failed += 1
            else:
                yield document.name, page_record(page, key, origin)


def tell(line: str) -> None:
    """A line for a person, on standard error."""
    click.echo(f"dongtin: {line}", err=True)
