"""The body of an HTTP answer as it was sent: chunks joined, content decoded, never more than a page may have."""

import re
import zlib
from collections.abc import Callable, Mapping

import brotli  # type: ignore[import-untyped]  # it has no stubs

from dongtin.documents.warc_bytes import GZIP_MAGIC, GZIP_WINDOW
from dongtin.documents.warc_records import Block, Head
from dongtin.errors import DocumentUnreadable
from dongtin.topics import PAGE_BYTES

CODED_BYTES = 2 * PAGE_BYTES
"""The most that a body in chunks or in a content coding may have; more holds more than a page, or next to nothing."""
CODINGS = 3
"""One over the other; servers use one."""
GZIP_MEMBERS = 16
"""In one body; servers send one."""
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]{0,16}(?:;[^\r\n]{0,1024})?\r?\n")


class _NotEncoded(Exception):
    """The body is not in the coding that its header names."""


def content(head: Head, block: Block) -> bytes:
    """The body after content decoding. Raises DocumentUnreadable: too large, cut, or in a coding that is not read."""
    codings = _listed(head, "content-encoding") + _listed(head, "transfer-encoding")
    limit = CODED_BYTES if codings else PAGE_BYTES
    body = block.read(limit + 1)
    if len(body) > limit:
        raise _too_large()
    if "chunked" in codings:
        body = _joined_chunks(body)
    decoded = [coding for coding in codings if coding not in ("chunked", "identity", "none")]
    if len(decoded) > CODINGS:
        raise DocumentUnreadable(f"{len(decoded)} content codings, one over the other")
    for coding in reversed(decoded):
        body = _decoded(body, coding)
    if len(body) > PAGE_BYTES:
        raise _too_large()
    return body


def _decoded(body: bytes, coding: str) -> bytes:
    decode = DECODERS.get(coding)
    if decode is None:
        raise DocumentUnreadable(f"the content coding {coding[:40]!r} is not read")
    try:
        return decode(body) if body else body
    except _NotEncoded as error:
        # Writers of archives take codings away and leave the header.
        if coding.endswith("gzip") or body.lstrip()[:1] == b"<":
            return body
        raise DocumentUnreadable(f"its content is not {coding}") from error


def _listed(head: Head, name: str) -> list[str]:
    values = ",".join(value for each, value in head.fields if each.lower() == name)
    return [token for each in values.split(",") if (token := each.strip().lower())]


def _joined_chunks(body: bytes) -> bytes:
    """Chunks joined; a body without them as it is, for the same reason."""
    if not CHUNK.match(body):
        return body
    parts: list[bytes] = []
    at = 0
    while found := CHUNK.match(body, at):
        start, size = found.end(), int(found[1], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[start : start + size])
        at = start + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    raise _cut()


def _gzip(body: bytes) -> bytes:
    if not body.startswith(GZIP_MAGIC):
        raise _NotEncoded
    parts: list[bytes] = []
    left = PAGE_BYTES
    for _ in range(GZIP_MEMBERS):
        part, body = _inflate(body, GZIP_WINDOW, left)
        parts.append(part)
        left -= len(part)
        if not body.startswith(GZIP_MAGIC):
            return b"".join(parts)
    raise DocumentUnreadable(f"more than {GZIP_MEMBERS} gzip members in one body")


def _deflate(body: bytes) -> bytes:
    """zlib's format, or deflate alone, as some servers send it."""
    try:
        return _inflate(body, zlib.MAX_WBITS, PAGE_BYTES)[0]
    except zlib.error:
        if body.lstrip()[:1] == b"<":
            raise _NotEncoded from None
        try:
            return _inflate(body, -zlib.MAX_WBITS, PAGE_BYTES)[0]
        except zlib.error as error:
            raise _NotEncoded from error


def _inflate(body: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    """A stream inflated, and what follows it."""
    inflater = zlib.decompressobj(window)
    try:
        inflated = inflater.decompress(body, limit + 1)
    except zlib.error:
        if window == GZIP_WINDOW:
            raise DocumentUnreadable("its gzip content is corrupt") from None
        raise
    if len(inflated) > limit:
        raise _too_large()
    if not inflater.eof:
        raise _cut()
    return inflated, inflater.unused_data


def _brotli(body: bytes) -> bytes:
    decompressor = brotli.Decompressor()
    parts: list[bytes] = []
    size, to_feed = 0, body
    try:
        while size <= PAGE_BYTES and (part := decompressor.process(to_feed, output_buffer_limit=PAGE_BYTES + 1 - size)):
            parts.append(part)
            size, to_feed = size + len(part), b""
    except brotli.error as error:
        raise _NotEncoded from error
    if size > PAGE_BYTES:
        raise _too_large()
    if not decompressor.is_finished():
        raise _cut()
    return b"".join(parts)


DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
}


def _too_large() -> DocumentUnreadable:
    return DocumentUnreadable(f"too large: at most {PAGE_BYTES:,} bytes are read")


def _cut() -> DocumentUnreadable:
    return DocumentUnreadable("its content is cut")
