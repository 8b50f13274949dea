"""The folder of an archive: one series of files for each partition of the pages topics, and one writer at a time."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import structlog

from dongtin.archive.records import Log
from dongtin.archive.series import Limits, Series, Unpage, sync_folder
from dongtin.archive.starts import Starts
from dongtin.errors import ArchiveUnwritable, ConfigurationError, Quarantine
from dongtin.events import Page
from dongtin.record import Message
from dongtin.topics import Topic

log = structlog.get_logger(__name__)

SYNC_S = 5.0
"""So long after it came a page is on the disk, whatever becomes of the machine."""
INDEX_S = 60.0
"""So often the index of a file that grows is written."""
INDEX_SHARE = 20
"""And not before so many times as long as the last time took."""
OPEN_FILES = 200
"""So many have pages that are not on the disk yet; 1024 is what a process may have open."""

PageOf = Callable[[Message], tuple[str, Page]]
"""Key and page of a message. Raises Quarantine where it is no page in its place."""


class Archive:
    """Takes the messages of partitions, each in the order of its log, from the positions that it tells.

    Raises ConfigurationError where the folder is another's or no folder, ArchiveUnwritable where the disk fails.
    """

    def __init__(self, folder: Path, limits: Limits, page_of: PageOf) -> None:
        self._folder, self._limits, self._page_of = folder, limits, page_of
        self._series: dict[tuple[Topic, int], Series] = {}
        self._unsynced: set[Series] = set()
        self._began: dict[Log, int] = {}
        """Where reading began, where no file says."""
        self.pages = 0
        """Taken since the start."""
        self.others = 0
        """Taken that are no pages."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder)
            sync_folder(folder.absolute().parent)
            self._names = [path.name for path in folder.iterdir()]
            self._starts = Starts(folder)
        except OSError as error:
            raise ConfigurationError(f"{folder}: {error.strerror}") from error
        self._sync_at = time.monotonic() + SYNC_S
        self._index_at = time.monotonic() + INDEX_S

    def open(self, topic: Topic, partition: Log) -> int | None:
        """The offset that a partition goes on from; None for its start. Changes nothing. Raises OffsetsLost.

        After an accepted loss it is where the log began then, until a page has come.
        """
        with self._told():
            series = Series(self._folder, partition, self._limits, self._names)
        self._series[topic, partition.partition] = series
        known = [offset for offset in (series.position, self._starts.of(partition)) if offset is not None]
        return max(known, default=None)

    def began(self, offsets: Mapping[Log, int]) -> None:
        """Reading begins at these offsets: for the first time, or after an accepted loss."""
        self._began |= offsets
        with self._told():
            self._starts.keep(offsets)
            sync_folder(self._folder)

    def settle(self) -> None:
        """Cut off what is torn, when it is known that Kafka has what the positions ask for."""
        with self._told():
            for series in self._series.values():
                series.settle(self._began.get(series.log))
                if not series.is_synced:
                    self._unsynced.add(series)

    def take(self, message: Message) -> None:
        """A message more."""
        key, page = self._read(message)
        series = self._series[message.topic, message.partition]
        with self._told():
            series.append(message, key, page)
        self._unsynced.add(series)
        self.pages += isinstance(page, Page)
        self.others += isinstance(page, Unpage)
        self.tick()

    def tick(self) -> None:
        """Have on the disk what is due; called often."""
        now = time.monotonic()
        if now >= self._sync_at or len(self._unsynced) >= OPEN_FILES:
            self._sync()
        if now >= self._index_at:
            self._index()

    def close(self) -> None:
        """Have all of it on the disk, with its index, and let another have the folder."""
        self._sync()
        self._index()
        os.close(self._lock)

    def _read(self, message: Message) -> tuple[str, Page | Unpage]:
        try:
            return self._page_of(message)
        except Quarantine as error:
            return "", Unpage(f"{type(error).__name__}: {error}")

    def _sync(self) -> None:
        with self._told():
            while self._unsynced:
                self._unsynced.pop().sync()
        self._sync_at = time.monotonic() + SYNC_S

    def _index(self) -> None:
        began = time.monotonic()
        with self._told():
            for series in self._series.values():
                series.index()
        took_s = time.monotonic() - began
        self._index_at = time.monotonic() + max(INDEX_S, INDEX_SHARE * took_s)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveUnwritable(f"{error.filename or self._folder}: {error.strerror or error}") from error


def _locked(folder: Path) -> int:
    """The folder, for this process alone, until it ends. Raises ConfigurationError where another has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ConfigurationError(f"{folder}: another process archives into it") from error
    return descriptor
