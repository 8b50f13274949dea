"""The file in which a publisher's spider keeps what it knows: SQLite, written at once, its own while it crawls."""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO

import structlog

from dongtin.errors import ConfigurationError

log = structlog.get_logger(__name__)

VERSION = 1
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS addresses (
    article_id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    original TEXT,
    discovery TEXT NOT NULL,
    lane TEXT NOT NULL,
    first_seen REAL NOT NULL,
    base REAL NOT NULL,
    last_fetched REAL,
    http_status INTEGER,
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    content_hash TEXT,
    status TEXT,
    pending_since REAL,
    wanted REAL,
    failures INTEGER NOT NULL DEFAULT 0,
    rank INTEGER NOT NULL,
    next_visit REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due ON addresses (rank, next_visit) WHERE next_visit IS NOT NULL;
CREATE INDEX IF NOT EXISTS originals ON addresses (original) WHERE original IS NOT NULL;
CREATE TABLE IF NOT EXISTS places (
    url TEXT NOT NULL,
    way TEXT NOT NULL,
    role TEXT NOT NULL,
    window TEXT NOT NULL,
    zone TEXT NOT NULL,
    page INTEGER NOT NULL,
    etag TEXT,
    last_modified TEXT,
    modified REAL,
    last_read REAL,
    failures INTEGER NOT NULL DEFAULT 0,
    next_visit REAL,
    PRIMARY KEY (url, role, window)
);
CREATE INDEX IF NOT EXISTS places_due ON places (next_visit) WHERE next_visit IS NOT NULL;
CREATE TABLE IF NOT EXISTS positions (partition INTEGER PRIMARY KEY, position INTEGER NOT NULL, topic TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counts (day TEXT, word TEXT, number INTEGER NOT NULL, PRIMARY KEY (day, word)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def file_of(folder: Path, prefix: str, publisher: str) -> Path:
    """Where the file of a publisher lies under the state folder."""
    return folder / f"{prefix}frontier" / f"{publisher}.sqlite"


def open_store(path: Path, *, is_ours: bool = True) -> sqlite3.Connection:
    """The file, made where it is missing; one that is damaged or of another version is set aside, told, made anew.

    Raises ConfigurationError where it cannot be read or written, and where it would be set aside but is not ours:
    another process works with it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _opened(path)
        except (_OfAnotherVersion, sqlite3.DatabaseError) as error:
            if not is_ours or not _is_useless(error):
                raise
            aside = path.with_suffix(".damaged")
            log.warning("frontier set aside", file=str(path), to=str(aside), why=str(error))
            for suffix in ("-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            path.replace(aside)
            return _opened(path)
    except (OSError, _OfAnotherVersion, sqlite3.Error) as error:
        raise ConfigurationError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


class Task(StrEnum):
    """What a process does with a file that it owns."""

    CRAWL = "crawl"
    BACKFILL = "backfill"


@contextmanager
def owned(path: Path, task: Task) -> Iterator[Task | None]:
    """The right to crawl by a file, for a task: one process at a time has it. Gives what another one does that has it.

    Raises ConfigurationError where the lock cannot be made.
    """
    lock_file = path.with_suffix(".lock")
    with ExitStack() as opened:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = opened.enter_context(lock_file.open("a"))
            other = _lock(lock, task)
        except OSError as error:
            raise ConfigurationError(f"{lock_file}: {error.strerror or error}") from error
        yield other


def _lock(lock: IO[str], task: Task) -> Task | None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Who has it may not have said yet what for.
        return Task.BACKFILL if Path(lock.name).read_text() == Task.BACKFILL else Task.CRAWL
    lock.truncate(0)
    lock.write(task)
    lock.flush()
    return None


class _OfAnotherVersion(Exception):
    """Raised where another version of dongtin has written a file."""


def _is_useless(error: Exception) -> bool:
    """Whether a file will never be read, other than one that is locked, read-only or on a full disk."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _OfAnotherVersion) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=10)
    try:
        found: int = database.execute("PRAGMA user_version").fetchone()[0]
        _require_sound(database, found)
        database.executescript(SCHEMA)
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            database.close()
        raise
    database.row_factory = sqlite3.Row
    return database


def _require_sound(database: sqlite3.Connection, version: int) -> None:
    if version not in (0, VERSION):
        raise _OfAnotherVersion(f"it is of version {version}, and not {VERSION}")
    said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        error = sqlite3.DatabaseError(f"it is damaged: {said}")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
