"""The records of a WARC file, 1.0 and 1.1, one after the other; each is read or passed over before the next."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from dongtin.documents.warc_bytes import BLOCK_BYTES, ArchiveBytes, Broken, Place
from dongtin.errors import DocumentUnreadable

HEAD_BYTES = 262_144
"""The most that the head of a record, or of the answer in it, may have."""
BLANK_LINES = 16
"""Between two records; the standard has two."""
MEMBER_BYTES = 32_000_000
"""How far into a gzip member records may begin: marks are kept for so much, and what has more is no set of pages."""
VERSION = re.compile(r"WARC/1\.[0-9]", re.IGNORECASE)
LENGTH = re.compile(r"[0-9]{1,18}")


class Lines(Protocol):
    """What a head can be read from."""

    def readline(self, limit: int) -> bytes:
        """To the next newline, with it, and at most so many bytes; none at the end."""


@dataclass(frozen=True)
class Head:
    """The first line of a message, and its fields in their order."""

    first: str
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first field of a name, which is given in lower case."""
        return next((value for each, value in self.fields if each.lower() == name), None)


class Block:
    """The content of a record. Raises Broken where the file ends before it."""

    def __init__(self, archive: ArchiveBytes, size: int) -> None:
        self._archive = archive
        self._left = size

    def read(self, limit: int) -> bytes:
        """All that is left, but at most so many bytes."""
        parts: list[bytes] = []
        while limit and self._left:
            part = self._archive.read(min(limit, self._left))
            self._took(part)
            parts.append(part)
            limit -= len(part)
        return b"".join(parts)

    def readline(self, limit: int) -> bytes:
        """See `Lines`."""
        if not self._left:
            return b""
        line = self._archive.readline(min(limit, self._left))
        self._took(line)
        return line

    def pass_over(self) -> None:
        """To the end of what is left."""
        while self.read(BLOCK_BYTES):
            pass

    def _took(self, part: bytes) -> None:
        self._left -= len(part)
        if not part:
            raise Broken("the file is cut inside of its last record")


@dataclass(frozen=True)
class Record:
    """A record; its block can be read until the next record is asked for."""

    place: Place
    head: Head
    block: Block

    @property
    def type(self) -> str:
        """`response`, `request`, `metadata` …"""
        return (self.head.get("warc-type") or "").lower()


def records(archive: ArchiveBytes) -> Iterator[Record]:
    """The records from here to the end. Raises Broken where the file cannot be read any further."""
    while (started := _start(archive)) is not None:
        place, first = started
        if not VERSION.match(first):
            raise Broken(f"there is no WARC 1.0 or 1.1 record at byte {place}, and what follows was not read")
        if place.inside > MEMBER_BYTES:
            raise Broken(
                f"the records after the first {MEMBER_BYTES:,} bytes of the gzip member at byte {place.offset} were not"
                " read: compress each record by itself (`warcio recompress`)"
            )
        try:
            head = read_head(archive, first)
        except DocumentUnreadable as error:
            raise Broken(f"the record at byte {place} is broken, and what follows was not read: {error}") from error
        length = head.get("content-length") or ""
        if not LENGTH.fullmatch(length):
            raise Broken(f"the record at byte {place} has no length, and what follows was not read")
        block = Block(archive, int(length))
        yield Record(place, head, block)
        block.pass_over()


def read_head(lines: Lines, first: str | None = None) -> Head:
    """First line and fields, to the blank line or the end. Raises DocumentUnreadable where they are too long."""
    left = HEAD_BYTES
    texts: list[list[str]] = [] if first is None else [[first]]
    while line := lines.readline(left):
        left -= len(line)
        if not left:
            raise DocumentUnreadable(f"more than {HEAD_BYTES:,} bytes of headers")
        text = _decoded(line)
        if not text.strip():
            break
        if text[0] in " \t" and len(texts) > 1:  # A folded field goes on.
            texts[-1].append(text.strip())
        else:
            texts.append([text.strip()])
    joined = [" ".join(parts) for parts in texts]
    pairs = (text.partition(":") for text in joined[1:])
    return Head(joined[0] if joined else "", tuple((name.strip(), value.strip()) for name, _, value in pairs))


def _start(archive: ArchiveBytes) -> tuple[Place, str] | None:
    """The place and the first line of the next record; None at the end."""
    for _ in range(BLANK_LINES):
        place = archive.place()
        line = archive.readline(BLOCK_BYTES)
        if not line:
            return None
        if text := _decoded(line).strip():
            return place, text
    return place, ""


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("iso-8859-1")
