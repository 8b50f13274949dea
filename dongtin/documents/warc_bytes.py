"""The bytes of a WARC file in order, inflated where they are gzip, with the place of each.

warcio's reader is not used: it reads a line or a chunk of any length into memory, tells of flaws on stderr, and takes a
record that is cut for a whole one.
"""

import zlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from dongtin.content_coding import GZIP_MAGIC, GZIP_WINDOW
from dongtin.errors import DocumentUnreadable

BLOCK_BYTES = 16_384
MARK_BYTES = 1_000_000
"""So much of a member is inflated between two marks."""
MOST_MARKS = 128
"""Each holds the 32 KiB that an inflater remembers, and a block."""

if TYPE_CHECKING:
    from zlib import _Decompress


class Broken(DocumentUnreadable):
    """Stop reading the file: what follows is cut or corrupt."""


class Place(NamedTuple):
    """Where reading can begin."""

    offset: int
    """In the file; of gzip: where the member begins."""
    inside: int = 0
    """Bytes of the member's inflated data that lie before; 0 in a file that is not gzip."""

    def __str__(self) -> str:
        return f"{self.offset}+{self.inside}" if self.inside else str(self.offset)


START = Place(0)


class Mark(NamedTuple):
    """A place inside of a gzip member, with what it takes to inflate on from there."""

    place: Place
    end: int
    """How far the file was read."""
    rest: bytes
    """What was read and not inflated yet."""
    inflater: "_Decompress"


class Marks:
    """The last marks of a file: a record deep in a member is loaded without inflating all that lies before it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Place, Mark] = OrderedDict()

    def keep(self, mark: Mark) -> None:
        """Keep a mark, and let the oldest go where there are too many."""
        self._kept[mark.place] = mark
        if len(self._kept) > MOST_MARKS:
            self._kept.popitem(last=False)

    def before(self, place: Place) -> Mark | None:
        """The nearest mark before a place, in its member."""
        member = [mark for mark in self._kept if mark.offset == place.offset and mark.inside <= place.inside]
        return self._kept[max(member)] if member else None


class ArchiveBytes:
    """Reads on from a place, a block at a time. Raises Broken where gzip is cut or corrupt.

    `marks` are those of the file, which grow on the way.
    """

    def __init__(self, file: BinaryIO, place: Place = START, marks: Marks | None = None) -> None:
        marks = marks or Marks()
        file.seek(place.offset)
        self._gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        mark = marks.before(place) if self._gzip and place.inside else None
        self._start, self._block, self._cursor = mark.place if mark else Place(place.offset), b"", 0
        file.seek(mark.end if mark else place.offset)
        self._blocks = _inflated(file, place.offset, mark, marks) if self._gzip else _plain(file, place.offset)
        to_skip = place.inside - self._start.inside
        while to_skip and (skipped := self.read(to_skip)):
            to_skip -= len(skipped)

    def place(self) -> Place:
        """Of the next byte."""
        self._fill()
        offset, inside = self._start
        return Place(offset, inside + self._cursor) if self._gzip else Place(offset + self._cursor)

    def read(self, limit: int) -> bytes:
        """At least one byte and at most so many; none at the end."""
        return self._take(limit) if self._fill() else b""

    def readline(self, limit: int) -> bytes:
        """To the next newline, with it, and at most so many bytes; none at the end."""
        parts = []
        while limit and self._fill():
            newline = self._block.find(b"\n", self._cursor)
            part = self._take(min(limit, (newline if newline >= 0 else len(self._block)) + 1 - self._cursor))
            parts.append(part)
            limit -= len(part)
            if newline >= 0:
                break
        return b"".join(parts)

    def _fill(self) -> bool:
        if self._cursor == len(self._block):
            start, block = next(self._blocks, (None, b""))
            if start is None:
                return False
            self._start, self._block, self._cursor = start, block, 0
        return True

    def _take(self, size: int) -> bytes:
        taken = self._block[self._cursor : self._cursor + size]
        self._cursor += len(taken)
        return taken


def _plain(file: BinaryIO, offset: int) -> Iterator[tuple[Place, bytes]]:
    while block := _read(file):
        yield Place(offset), block
        offset += len(block)


def _inflated(file: BinaryIO, offset: int, mark: Mark | None, marks: Marks) -> Iterator[tuple[Place, bytes]]:
    """Pieces of the inflated data, none of them empty, of one gzip member after the other."""
    rest = mark.rest if mark else _read(file)
    end = mark.end if mark else offset + len(rest)
    while rest or mark:
        member, inside = mark.place if mark else Place(end - len(rest))
        inflater = mark.inflater.copy() if mark else zlib.decompressobj(GZIP_WINDOW)
        mark, marked = None, inside
        while not inflater.eof:
            try:
                piece = inflater.decompress(rest, BLOCK_BYTES)
            except zlib.error as error:
                raise Broken(
                    f"the gzip member at byte {member} is corrupt, and what follows it was not read"
                ) from error
            if piece:
                yield Place(member, inside), piece
                inside += len(piece)
            rest = inflater.unconsumed_tail
            if not rest and not inflater.eof:
                rest = _read(file)
                end += len(rest)
                if not rest and not piece:
                    raise Broken(f"the file is cut inside of the gzip member at byte {member}")
            if inside >= marked + MARK_BYTES:
                marked = inside
                marks.keep(Mark(Place(member, inside), end, rest, inflater.copy()))
        rest = inflater.unused_data
        while not rest.lstrip(b"\0"):  # Padding, as on tapes.
            rest = _read(file)
            end += len(rest)
            if not rest:
                break
        rest = rest.lstrip(b"\0")


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(BLOCK_BYTES)
    except OSError as error:
        raise Broken(error.strerror or "the file cannot be read") from error
