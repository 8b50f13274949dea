"""What a file of an archive holds whole: after a kill or a power failure its end may be torn.

Whatever was begun and not finished is in the file's last members: so it is read on from the last place that its index
tells, which was written when all before it was on the disk. Without an index the whole file is read.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dongtin.archive.cdxj import Line, offset_of, read_index
from dongtin.archive.records import TOPIC_ID
from dongtin.content_coding import GZIP_WINDOW
from dongtin.documents.archived import ACCOUNT_BYTES, Standing, said_in, standing_of
from dongtin.documents.warc_bytes import ArchiveBytes
from dongtin.documents.warc_records import HEAD_BYTES, Head, Record, read_head, records
from dongtin.errors import DocumentUnreadable

CHUNK_BYTES = 1 << 20
MEMBER_BYTES = ACCOUNT_BYTES + HEAD_BYTES
"""The most that a record of ours may have, inflated."""


@dataclass
class Contents:
    """What is whole in a file."""

    name: str
    end: int = 0
    """Where the last whole page ends."""
    size: int = 0
    """Of the file, its torn end included."""
    day: str = ""
    """UTC day on which its first page came to Kafka: `2025-01-17`."""
    topic_id: str = ""
    """Of the topic that it was read from."""
    last: Standing | None = None
    """Where its last page stood; None where it holds none."""
    lines: list[bytes] = field(default_factory=list)
    """Of its index, by their offsets."""
    is_indexed: bool = False
    """Whether the index on the disk has all of them."""

    def extend(self, start: int, content_end: int, end: int, line: Line, standing: Standing) -> None:
        """A page more."""
        self.lines.append(line.placed(self.name, start, content_end - start))
        self.end, self.last = end, standing


@dataclass(frozen=True)
class _Member:
    start: int
    end: int
    data: bytes


def contents(path: Path, index: Path) -> Contents:
    """What a file holds. Raises OSError."""
    known = read_index(index) or []
    with path.open("rb") as file:
        if known:
            found = _read(file, path.name, known)
            if found.last is not None:
                return found
        return _read(file, path.name, [])


def _read(file: BinaryIO, name: str, known: list[bytes]) -> Contents:
    """Read on from the last record of an index that is known."""
    found = Contents(name, size=file.seek(0, 2))
    first = next(_members(file, 0), None)
    info = _record(first.data) if first else None
    if first is None or info is None or info.type != "warcinfo":
        return found
    found.day = (info.head.get("warc-date") or "")[:10]
    found.topic_id = read_head(_Fields(info)).get(TOPIC_ID) or ""
    found.lines = known[:-1]
    members = _members(file, offset_of(known[-1]) if known else first.end)
    for content in members:
        metadata = next(members, None)
        kept = _pair(content, metadata) if metadata else None
        if metadata is None or kept is None:
            break
        line, standing = kept
        found.extend(content.start, content.end, metadata.end, line, standing)
    found.is_indexed = found.lines == known
    return found


class _Fields:
    """The fields of a warcinfo record as a head: they have no first line of their own."""

    def __init__(self, record: Record) -> None:
        self._lines = BytesIO(b"fields\r\n" + record.block.read(HEAD_BYTES))

    def readline(self, limit: int) -> bytes:
        """See `Lines`."""
        return self._lines.readline(limit)


def _pair(content: _Member, metadata: _Member) -> tuple[Line, Standing] | None:
    """A page of ours, from its two records; None where they are none."""
    one, other = _record(content.data), _record(metadata.data)
    if one is None or other is None or one.type not in ("response", "resource") or other.type != "metadata":
        return None
    said = said_in(other.block.read(ACCOUNT_BYTES))
    standing = standing_of(said) if said else None
    if said is None or standing is None or other.head.get("warc-refers-to") != one.head.get("warc-record-id"):
        return None
    return Line.of(_named(one.head), said), standing


def _named(head: Head) -> dict[str, str]:
    return {name.lower(): value for name, value in head.fields}


def _record(data: bytes) -> Record | None:
    try:
        return next(records(ArchiveBytes(BytesIO(data))), None)
    except DocumentUnreadable:
        return None


def _members(file: BinaryIO, start: int) -> Iterator[_Member]:
    """The gzip members from a place on, up to the first that is not whole."""
    file.seek(start)
    rest = b""
    while rest := rest or file.read(CHUNK_BYTES):
        inflater = zlib.decompressobj(GZIP_WINDOW)
        parts, inflated, taken = [], 0, 0
        while not inflater.eof:
            try:
                parts.append(inflater.decompress(rest, MEMBER_BYTES + 1 - inflated))
            except zlib.error:
                return
            inflated += len(parts[-1])
            taken += len(rest) - len(inflater.unconsumed_tail) - len(inflater.unused_data)
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail or file.read(CHUNK_BYTES)
            if inflated > MEMBER_BYTES or (not rest and not inflater.eof):
                return
        yield _Member(start, start + taken, b"".join(parts))
        start += taken
