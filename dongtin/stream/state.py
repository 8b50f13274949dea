"""The state of one partition of a stage: a local cache of its compacted topics, with the offset at which it stands.

The truth is in Kafka. The cache may be lost (it is rebuilt) or behind (it catches up), and it is never ahead of what
was committed: a batch's writes are kept in memory until its transaction is through. A file that is damaged is removed
as soon as that shows, and the process ends: the next start rebuilds it.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn
from zlib import crc32

from dongtin.errors import StateDamaged
from dongtin.record import Record
from dongtin.topics import Topic

# Rows are kept in the order of their arrival, with an index beside them: in a table without row ids, keys in random
# order with values of a kilobyte take four times as long and three times the space.
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS records (
    topic TEXT NOT NULL, key BLOB NOT NULL, value BLOB, offset INTEGER NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (topic, key)
);
CREATE TABLE IF NOT EXISTS positions (
    topic TEXT PRIMARY KEY, incarnation TEXT NOT NULL, position INTEGER NOT NULL, kept_at INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
PRAGMA user_version = 2;
"""
VERSION = 2
UPSERT = """
INSERT INTO records VALUES (?, ?, ?, ?, ?) ON CONFLICT (topic, key) DO UPDATE
SET value = excluded.value, offset = excluded.offset, checksum = excluded.checksum
WHERE excluded.offset >= records.offset
"""
"""A former owner of the partition that wakes after its commit must not put what it wrote over what came later."""


class Entry(NamedTuple):
    """A record of a table, as it stands in its topic."""

    topic: Topic
    key: bytes
    value: bytes | None
    offset: int


class PartitionState:
    """Tables of one partition in a SQLite file; see `dongtin.stream.base.Tables`.

    Every method that reads or writes the file raises StateDamaged, once, where it is not as it was written.
    """

    def __init__(self, path: Path, lock_timeout_s: float = 10) -> None:
        """Open the cache, or make a new one where it is missing, of another version, damaged or locked for so long."""
        self._path = path
        self._pending: dict[tuple[str, bytes], bytes | None] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = _open(path, lock_timeout_s)
        except sqlite3.DatabaseError:
            _remove(path)
            self._database = _open(path, lock_timeout_s)

    def close(self) -> None:
        """Close the file; uncommitted writes are forgotten."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def get(self, topic: Topic, key: str) -> bytes | None:
        """See `Tables.get`."""
        at = (topic.name, key.encode(errors="replace"))
        if at in self._pending:
            return self._pending[at]
        rows = self._rows("WHERE topic = ? AND key = ?", at)
        return rows[0][1] if rows else None

    def scan(self, topic: Topic, prefix: str) -> Iterator[tuple[str, bytes]]:
        """See `Tables.scan`."""
        start = prefix.encode(errors="replace")
        rows = self._rows("WHERE topic = ? AND key >= ? AND key < ?", (topic.name, start, start + b"\xff"))
        found: dict[bytes, bytes | None] = {key: value for key, value, _ in rows}
        found |= {
            key: value for (name, key), value in self._pending.items() if name == topic.name and key.startswith(start)
        }
        for key in sorted(found):
            if (value := found[key]) is not None:
                yield key.decode(errors="replace"), value

    def put(self, record: Record) -> None:
        """See `Tables.put`."""
        self._pending[record.topic.name, record.key or b""] = record.value

    def take(self, entry: Entry) -> None:
        """A record that came by an input that is a table too, unless a later one of its key is known already."""
        rows = self._rows("WHERE topic = ? AND key = ?", (entry.topic.name, entry.key))
        if not rows or rows[0][2] <= entry.offset:
            self._pending[entry.topic.name, entry.key] = entry.value

    def commit(self, entries: Iterable[Entry]) -> None:
        """Keep a batch's records of the tables, in their order, now that they are committed."""
        self._keep(entries, {})
        self._pending.clear()

    def position(self, topic: Topic, incarnation: str, start: int, end: int) -> int:
        """Where to go on restoring a table whose log holds `start` to `end`: `start` after the cache was emptied.

        It is emptied where it is of another topic or range, and where it is so old that the log may no longer tell what
        was deleted meanwhile. `incarnation` is the topic's id on the cluster: one that was deleted and made again has
        another.
        """
        row = self._execute("SELECT * FROM positions WHERE topic = ?", (topic.name,)).fetchone()
        if row is not None:
            name, its, position, kept_at, checksum = row
            if _checksum(name, its, position, kept_at) != checksum:
                self._damaged("a position is not as it was written")
            forgets_after_s = int(topic.configuration["delete.retention.ms"]) / 1000 / 2
            fresh = position == end or time.time() - kept_at < forgets_after_s
            if its == incarnation and start <= position <= end and fresh:
                return int(position)
        self._execute("DELETE FROM records WHERE topic = ?", (topic.name,))
        self._stand(topic, incarnation, start)
        self._database.commit()
        return start

    def restore(self, entries: Iterable[Entry], positions: dict[Topic, int]) -> None:
        """Take records of the tables, in their order, and stand at `positions`, the offsets after them."""
        self._keep(entries, positions)

    def _keep(self, entries: Iterable[Entry], positions: dict[Topic, int]) -> None:
        ends = dict(positions)

        def rows() -> Iterator[tuple[str, bytes, bytes | None, int, int]]:
            for topic, key, value, offset in entries:
                ends[topic] = max(ends.get(topic, 0), offset + 1)
                yield topic.name, key, value, offset, _checksum(topic.name, key, value, offset)

        try:
            self._database.executemany(UPSERT, rows())
            for topic, end in ends.items():
                self._advance(topic, end)
            self._database.commit()
        except sqlite3.DatabaseError as error:
            self._failed(error)

    def _advance(self, topic: Topic, position: int) -> None:
        row = self._execute("SELECT incarnation, position FROM positions WHERE topic = ?", (topic.name,)).fetchone()
        if row is None:
            self._damaged(f"it has no position of {topic.name}")
        self._stand(topic, row[0], max(row[1], position))

    def _stand(self, topic: Topic, incarnation: str, position: int) -> None:
        now = int(time.time())
        row = (topic.name, incarnation, position, now, _checksum(topic.name, incarnation, position, now))
        self._execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?)", row)

    def _rows(self, where: str, values: tuple[str | bytes, ...]) -> list[tuple[bytes, bytes | None, int]]:
        """Key, value and offset of rows that are as they were written."""
        query = f"SELECT topic, key, value, offset, checksum FROM records {where}"  # noqa: S608  # our own text
        found = self._execute(query, values).fetchall()
        for *row, checksum in found:
            if _checksum(*row) != checksum:
                self._damaged("a record is not as it was written")
        return [(key, value, offset) for _, key, value, offset, _ in found]

    def _execute(self, query: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._database.execute(query, values)
        except sqlite3.DatabaseError as error:
            self._failed(error)

    def _failed(self, error: sqlite3.DatabaseError) -> NoReturn:
        if isinstance(error, sqlite3.OperationalError):  # a full disk, a lock: not the file's fault
            raise error
        self._damaged(str(error))

    def _damaged(self, why: str) -> NoReturn:
        self.close()
        _remove(self._path)
        raise StateDamaged(f"{self._path}: {why}; it is removed, and rebuilt at the next start")


def _checksum(*parts: object) -> int:
    """Of a row. SQLite tells a broken structure; a changed value it does not."""
    checksum = 0
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode(errors="replace")
        checksum = crc32(data, checksum)
    return checksum


def _remove(path: Path) -> None:
    """With its log beside it. A process that has it open goes on with what no one sees any more."""
    for file in path.parent.glob(path.name + "*"):
        file.unlink(missing_ok=True)


def _open(path: Path, lock_timeout_s: float) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level="IMMEDIATE", timeout=lock_timeout_s)
    try:
        _require_version(database)
        database.executescript(SCHEMA)
        database.execute("SELECT count(*) FROM positions").fetchone()
        database.execute("SELECT value FROM records LIMIT 1").fetchone()
    except BaseException:
        database.close()
        raise
    return database


def _require_version(database: sqlite3.Connection) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    empty = version == 0 and database.execute("SELECT 1 FROM sqlite_schema").fetchone() is None
    if version != VERSION and not empty:
        raise sqlite3.DatabaseError(f"a cache of version {version}")
