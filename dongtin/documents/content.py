"""The body of an HTTP answer as it was sent: chunks joined, content decoded, never more than a page may have."""

import re

from dongtin.content_coding import (
    ContentCut,
    ContentError,
    ContentTooLarge,
    NotInCoding,
    decoded,
    is_markup,
    listed,
)
from dongtin.documents.warc_records import Block, Head
from dongtin.errors import DocumentUnreadable
from dongtin.topics import PAGE_BYTES

CODED_BYTES = 2 * PAGE_BYTES
"""The most that a body in chunks or in a content coding may have; more holds more than a page, or next to nothing."""
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]{0,16}(?:;[^\r\n]{0,1024})?\r?\n")


def content(head: Head, block: Block) -> bytes:
    """The body after content decoding. Raises DocumentUnreadable: too large, cut, or in a coding that is not read."""
    try:
        codings = listed(_values(head, "content-encoding")) + listed(_values(head, "transfer-encoding"))
        limit = CODED_BYTES if codings else PAGE_BYTES
        body = block.read(limit + 1)
        if len(body) > limit:
            raise ContentTooLarge
        if "chunked" in codings:
            body = _joined_chunks(body)
        for coding in reversed(codings):
            body = body if coding == "chunked" else _decoded(body, coding)
        if len(body) > PAGE_BYTES:
            raise ContentTooLarge
    except ContentError as error:
        raise DocumentUnreadable(str(error)) from None
    return body


def _decoded(body: bytes, coding: str) -> bytes:
    try:
        return decoded(body, coding)
    except NotInCoding:
        # Writers of archives take codings away and leave the header.
        if coding.endswith("gzip") or is_markup(body):
            return body
        raise


def _values(head: Head, name: str) -> list[str]:
    return [value for each, value in head.fields if each.lower() == name]


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
    raise ContentCut
