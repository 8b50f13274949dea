"""The files of one partition, `<topic>-<partition>-<first offset>.warc.gz`, the last of which grows.

A page is appended whole, and a file that has a successor is on the disk whole: so only the end of the last one can ever
be torn, and where it is, the page stands on Kafka still.
"""

import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from dongtin.archive.cdxj import write_index
from dongtin.archive.records import Log, Pair, arrival, file_head, other_pair, page_pair
from dongtin.archive.recovery import Contents, contents
from dongtin.documents.archived import Standing
from dongtin.errors import OffsetsLost
from dongtin.events import Page
from dongtin.record import Message

logger = structlog.get_logger(__name__)

FILE_BYTES = 1_000_000_000
"""As the standard advises."""
FILE_PAGES = 10_000
"""The lines of its index are in memory while a file grows: so many are 5 MB."""
EARLIEST = "1970-01-01T00:00:00.000Z"
SUFFIX = ".warc.gz"
DAMAGED = ".damaged"
"""Ends the name of what could not be read and is not on Kafka: the file's, and from which byte on."""


@dataclass(frozen=True)
class Limits:
    """Where a file ends and the next begins; besides, each has the pages of one UTC day."""

    file_bytes: int = FILE_BYTES
    """A file has more only where a single page is larger."""
    file_pages: int = FILE_PAGES


@dataclass(frozen=True)
class Unpage:
    """What a record is that is no page."""

    why: str


class Series:
    """The files of a partition. Every method raises OSError."""

    def __init__(self, folder: Path, log: Log, limits: Limits, names: Iterable[str]) -> None:
        """`names`: of all that is in the folder. Reads what the last file holds, and changes nothing."""
        self._folder, self._log, self._limits = folder, log, limits
        self._file: Contents | None = None
        self._torn: list[str] = []
        self._arrived = EARLIEST
        self._descriptor: int | None = None
        own = re.compile(rf"{re.escape(log.topic)}-{log.partition:05}-([0-9]{{20}}){re.escape(SUFFIX)}")
        for name in sorted((name for name in names if own.fullmatch(name)), reverse=True):
            found = contents(folder / name, self._index(name))
            if found.last is not None:
                self._file, self._arrived = found, found.last.date_arrived
                break
            self._torn.append(name)
        self._is_synced = self._file is None  # a process that was killed had no time to

    @property
    def log(self) -> Log:
        """Of which partition they are."""
        return self._log

    @property
    def position(self) -> int | None:
        """The offset to go on from; None where there is no file.

        Raises OffsetsLost where the files were read from another topic of the name.
        """
        if self._file is None or self._file.last is None:
            return _first_offset(self._torn[-1]) if self._torn else None
        if self._file.topic_id != self._log.topic_id:
            raise OffsetsLost(
                f"{self._folder / self._file.name}: {self._log.topic} was deleted and made anew since: archive it into"
                " another folder"
            )
        return self._file.last.offset + 1

    @property
    def is_synced(self) -> bool:
        """Whether all of it is on the disk."""
        return self._is_synced

    def settle(self, reads_from: int | None = None) -> None:
        """Cut off what is torn: called when it is known where reading goes on, and that Kafka has all from there.

        What it no longer has, after an accepted loss, is set aside: `reads_from` lies behind the position then.
        """
        is_lost = reads_from is not None and reads_from > (self.position or 0)
        for name in self._torn:
            path = self._folder / name
            if is_lost:
                self._set_aside(path, 0)
            path.unlink()
            self._index(name).unlink(missing_ok=True)
        self._torn.clear()
        if self._file and self._file.size > self._file.end:
            if is_lost:
                self._set_aside(self._folder / self._file.name, self._file.end)
            os.truncate(self._folder / self._file.name, self._file.end)
            self._file.size = self._file.end
            self._is_synced = False

    def append(self, message: Message, key: str, page: Page | Unpage) -> None:
        """A record more, whole, or not at all."""
        self._arrived = arrival(message.timestamp_ms, self._arrived)
        standing = Standing(self._log.topic, message.partition, message.offset, self._arrived)
        pair = self._pair(standing, message, key, page)
        if self._file and self._is_full(self._file, len(pair.content) + len(pair.metadata)):
            self.finish()
        head = b""
        if self._file is None:
            self._file = self._begin(standing)
            pair = self._pair(standing, message, key, page)
            head = file_head(self._log, standing, self._file.name)
        start = self._file.end + len(head)
        self._write(self._file, head + pair.content + pair.metadata)
        content_end = start + len(pair.content)
        self._file.extend(start, content_end, content_end + len(pair.metadata), pair.line, standing)
        self._file.is_indexed = False

    def sync(self) -> None:
        """Have all of it on the disk; until the next page no file is open."""
        if self._file and not self._is_synced:
            os.fsync(self._open(self._file))
            self._is_synced = True
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def index(self) -> None:
        """Write the index of the file that grows, where it lacks something."""
        self.sync()
        if self._file and not self._file.is_indexed:
            write_index(self._index(self._file.name), self._file.lines)
            self._file.is_indexed = True

    def finish(self) -> None:
        """The file has all that it will have: the next page begins another."""
        self.index()
        self._file = None

    def _set_aside(self, path: Path, start: int) -> None:
        """Keep what a file holds from a place on: nobody else may have it."""
        aside = path.with_name(f"{path.name}.{start}{DAMAGED}")
        with path.open("rb") as damaged, aside.open("wb") as kept:
            damaged.seek(start)
            shutil.copyfileobj(damaged, kept)
            kept.flush()
            os.fsync(kept.fileno())
        logger.warning("what cannot be read is set aside, for Kafka no longer has it", file=str(path), to=str(aside))

    def _begin(self, first: Standing) -> Contents:
        name = f"{self._log.topic}-{self._log.partition:05}-{first.offset:020}{SUFFIX}"
        path = self._folder / name
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        sync_folder(self._folder)
        return Contents(name, day=first.date_arrived[:10], topic_id=self._log.topic_id)

    def _is_full(self, file: Contents, more: int) -> bool:
        return (
            file.end + more > self._limits.file_bytes
            or len(file.lines) >= self._limits.file_pages
            or self._arrived[:10] != file.day
        )

    def _pair(self, standing: Standing, message: Message, key: str, page: Page | Unpage) -> Pair:
        first = _first_offset(self._file.name) if self._file else standing.offset
        warcinfo = self._log.identifier(first, "warcinfo")
        if isinstance(page, Unpage):
            return other_pair(self._log, standing, message, page.why, warcinfo)
        return page_pair(self._log, standing, key, page, warcinfo)

    def _write(self, file: Contents, data: bytes) -> None:
        descriptor = self._open(file)
        self._is_synced = False
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            with suppress(OSError):  # a torn end is cut off at the next start too
                os.ftruncate(descriptor, file.end)
            raise
        file.size = file.end + len(data)

    def _open(self, file: Contents) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._folder / file.name, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        return self._descriptor

    def _index(self, name: str) -> Path:
        return self._folder / (name.removesuffix(SUFFIX) + ".cdxj")


def _first_offset(name: str) -> int:
    return int(name.removesuffix(SUFFIX).rpartition("-")[2])


def sync_folder(folder: Path) -> None:
    """Have the names of a folder on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
