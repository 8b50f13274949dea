"""The state of one partition of a stage: a local cache of its compacted topics, with the offset at which it stands.

The truth is in Kafka. The cache may be lost (it is rebuilt) or behind (it catches up), and it is never ahead of what
was committed: a batch's writes are kept in memory until its transaction is through.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from dongtin.record import Record
from dongtin.topics import Topic

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS records (
    topic TEXT NOT NULL, key BLOB NOT NULL, value BLOB, offset INTEGER NOT NULL, PRIMARY KEY (topic, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (topic TEXT PRIMARY KEY, incarnation TEXT NOT NULL, position INTEGER NOT NULL);
"""


class PartitionState:
    """Tables of one partition in a SQLite file; see `dongtin.stream.base.Tables`."""

    def __init__(self, path: Path) -> None:
        """Open the cache, or make a new one where it is missing or cannot be read."""
        self._pending: dict[tuple[str, bytes], bytes | None] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError:
            for file in path.parent.glob(path.name + "*"):
                file.unlink(missing_ok=True)
            self._database = _open(path)

    def close(self) -> None:
        """Close the file; uncommitted writes are forgotten."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def get(self, topic: Topic, key: str) -> bytes | None:
        """See `Tables.get`."""
        at = (topic.name, key.encode(errors="replace"))
        if at in self._pending:
            return self._pending[at]
        row = self._database.execute("SELECT value FROM records WHERE topic = ? AND key = ?", at).fetchone()
        return row[0] if row else None

    def scan(self, topic: Topic, prefix: str) -> Iterator[tuple[str, bytes]]:
        """See `Tables.scan`."""
        start = prefix.encode(errors="replace")
        rows = self._database.execute(
            "SELECT key, value FROM records WHERE topic = ? AND key >= ? AND key < ? AND value IS NOT NULL",
            (topic.name, start, start + b"\xff"),
        )
        found: dict[bytes, bytes | None] = dict(rows)
        found |= {
            key: value for (name, key), value in self._pending.items() if name == topic.name and key.startswith(start)
        }
        for key in sorted(found):
            if (value := found[key]) is not None:
                yield key.decode(errors="replace"), value

    def put(self, record: Record) -> None:
        """See `Tables.put`."""
        self._pending[record.topic.name, record.key or b""] = record.value

    def take(self, topic: Topic, key: bytes, value: bytes | None, offset: int) -> None:
        """A record that came by an input that is a table too, unless a later one of its key is known already."""
        row = self._database.execute(
            "SELECT offset FROM records WHERE topic = ? AND key = ?", (topic.name, key)
        ).fetchone()
        if row is None or row[0] <= offset:
            self._pending[topic.name, key] = value

    def commit(self, positions: Mapping[Topic, int]) -> None:
        """Keep the batch's writes, now that they are committed. `positions`: the offset after the last, by table."""
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
                [
                    (name, key, value, position - 1)
                    for topic, position in positions.items()
                    for (name, key), value in self._pending.items()
                    if name == topic.name
                ],
            )
            self._database.executemany(
                "UPDATE positions SET position = max(position, ?) WHERE topic = ?",
                [(position, topic.name) for topic, position in positions.items()],
            )
        self._pending.clear()

    def position(self, topic: Topic, incarnation: str, start: int, end: int) -> int:
        """Where to go on restoring a table: 0 after it was emptied, because it was of another topic or range.

        `incarnation` is the topic's id on the cluster: a topic that was deleted and made again has another.
        """
        row = self._database.execute(
            "SELECT incarnation, position FROM positions WHERE topic = ?", (topic.name,)
        ).fetchone()
        if row and row[0] == incarnation and start <= row[1] <= end:
            return int(row[1])
        with self._database:
            self._database.execute("DELETE FROM records WHERE topic = ?", (topic.name,))
            self._database.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, 0)", (topic.name, incarnation))
        return 0

    def restore(self, topic: Topic, records: Iterator[tuple[bytes, bytes | None, int]], position: int) -> None:
        """Take records of a table (key, value, offset) in order, and stand at `position`."""
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
                ((topic.name, key, value, offset) for key, value, offset in records),
            )
            self._database.execute("UPDATE positions SET position = ? WHERE topic = ?", (position, topic.name))


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level="IMMEDIATE", timeout=10)
    try:
        database.executescript(SCHEMA)
        database.execute("SELECT count(*) FROM positions").fetchone()
        database.execute("SELECT value FROM records LIMIT 1").fetchone()
    except BaseException:
        database.close()
        raise
    return database
