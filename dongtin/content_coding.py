"""Content codings of HTTP undone (RFC 9110, 8.4): the whole of a body or an error, and never more than a bound.

What Scrapy and warcio decode with gives as much of a body that is cut as there is: half an article, or a sitemap with
half of its addresses, and nobody is told.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # it has no stubs
from backports import zstd

from dongtin.errors import DongtinError
from dongtin.topics import PAGE_BYTES

CODINGS = 3
"""One over the other; servers use one."""
STREAMS = 16
"""Gzip members or zstd frames in one body; servers send one."""
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31
"""zlib's name for a gzip member."""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_WINDOW_LOG = 23
"""8 MiB: the most that a frame sent over HTTP may ask for (RFC 9659, 3)."""


class ContentError(DongtinError):
    """A body that is not decoded; says why."""


class ContentCut(ContentError):
    """It ends before its end."""

    def __init__(self) -> None:
        super().__init__("its content is cut")


class ContentTooLarge(ContentError):
    """It holds more than a page may have."""

    def __init__(self) -> None:
        super().__init__(f"too large: at most {PAGE_BYTES:,} bytes are read")


class NotInCoding(ContentError):
    """It is not in the coding that its header names."""


class _Stream(Protocol):
    """A decompressor of one gzip member, zlib stream or zstd frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def listed(values: Sequence[str]) -> list[str]:
    """The codings that the values of a Content-Encoding header name, in the order in which they were put on.

    Raises ContentError where there are too many.
    """
    named = [token for each in ",".join(values).split(",") if (token := each.strip().lower())]
    codings = [coding for coding in named if coding not in ("identity", "none")]
    if len(codings) > CODINGS:
        raise ContentError(f"{len(codings)} content codings, one over the other")
    return codings


def decoded(body: bytes, coding: str) -> bytes:
    """A body without one coding; an empty body has none. Raises ContentError, and its kinds above."""
    decode = DECODERS.get(coding)
    if decode is None:
        raise ContentError(f"the content coding {coding[:40]!r} is not read")
    return decode(body) if body else body


def is_markup(body: bytes) -> bool:
    """Whether a body begins as HTML and XML do."""
    return body.lstrip()[:1] == b"<"


def _gzip(body: bytes) -> bytes:
    if not body.startswith(GZIP_MAGIC):
        raise NotInCoding("its content is not gzip")
    try:
        return _joined(lambda: zlib.decompressobj(GZIP_WINDOW), GZIP_MAGIC, body)
    except zlib.error:
        raise ContentError("its gzip content is corrupt") from None


def _deflate(body: bytes) -> bytes:
    """zlib's format, or deflate alone, as some servers send it."""
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return _inflated(zlib.decompressobj(window), body, PAGE_BYTES)
        except zlib.error:
            continue
        except ContentCut:
            # Deflate alone has no mark: markup may read as the beginning of it.
            if not is_markup(body):
                raise
    raise NotInCoding("its content is not deflate")


def _zstd(body: bytes) -> bytes:
    if not body.startswith(ZSTD_MAGIC):
        raise NotInCoding("its content is not zstd")
    bound = {int(zstd.DecompressionParameter.window_log_max): ZSTD_WINDOW_LOG}
    try:
        return _joined(lambda: zstd.ZstdDecompressor(options=bound), ZSTD_MAGIC, body)
    except zstd.ZstdError:
        raise ContentError("its zstd content is corrupt") from None


def _brotli(body: bytes) -> bytes:
    decompressor = brotli.Decompressor()
    parts: list[bytes] = []
    size, to_feed = 0, body
    try:
        while size <= PAGE_BYTES and (part := decompressor.process(to_feed, output_buffer_limit=PAGE_BYTES + 1 - size)):
            parts.append(part)
            size, to_feed = size + len(part), b""
    except brotli.error:
        raise NotInCoding("its content is not br") from None
    if size > PAGE_BYTES:
        raise ContentTooLarge
    if not decompressor.is_finished():
        raise ContentCut
    return b"".join(parts)


def _joined(stream: Callable[[], _Stream], magic: bytes, body: bytes) -> bytes:
    """What streams hold that follow each other; what follows them and is none is nothing, as for browsers."""
    parts: list[bytes] = []
    left = PAGE_BYTES
    for _ in range(STREAMS):
        one = stream()
        parts.append(_inflated(one, body, left))
        left -= len(parts[-1])
        body = one.unused_data
        if not body.startswith(magic):
            return b"".join(parts)
    raise ContentError(f"more than {STREAMS} compressed streams in one body")


def _inflated(stream: _Stream, body: bytes, limit: int) -> bytes:
    inflated = stream.decompress(body, limit + 1)
    if len(inflated) > limit:
        raise ContentTooLarge
    if not stream.eof:
        raise ContentCut
    return inflated


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
