"""From the bytes of a page to UTF-8, whatever it says that it is in."""

import re
import zlib
from dataclasses import dataclass
from typing import TypeGuard

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from dongtin.errors import RejectPage
from dongtin.events import RejectionReason
from dongtin.topics import PAGE_BYTES

GZIP_MAGIC = b"\x1f\x8b"
WRITTEN_IN_ASCII = ("iso2022", "hz")
"""Encodings whose bytes are all ASCII."""
ASCII_ESCAPES = re.compile(rb"\x1b|~\{")
"""With one of these they change to other letters."""
TOLERATED = 20
"""UTF-8 with a broken place counts as UTF-8 where so many characters are whole for each one that is not."""
DETECTED_FROM = 20_000
"""Bytes that detection looks at."""
FEWEST_ZEROS, ONE_SIDED = 8, 4
"""In UTF-16 at least each eighth byte is zero, and those of one side by far outnumber the others."""
DISPROVED = ("utf-8", "utf-16", "utf-32")
"""Declared, but the bytes have shown that it is not so."""
NO_CHARSETS = frozenset(
    ("idna", "punycode", "undefined", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape",
     "utf-7", "utf_7")
)  # fmt: skip
"""Codecs of text that no page is in: their escapes would change it, or take time by its square."""
LAST_RESORT = "cp1252"
BINARY = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"%PDF",
    b"PK\x03\x04",
    b"\x00\x00\x00",
    b"wOFF",
    b"OggS",
    b"ID3",
)
"""What pictures, films, documents and archives begin with."""


@dataclass(frozen=True)
class Decoded:
    """A page whose encoding is known."""

    markup: bytes
    """UTF-8 without a byte order mark; what cannot be read is U+FFFD."""
    encoding: str
    """What the bytes were in: `utf-8`, `windows-1258`."""
    source: str
    """What told: `byte order mark`, `bytes`, `header`, `page` or `detection`."""


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The page in UTF-8.

    In this order: byte order mark; valid multi-byte UTF-8, whatever is declared; the header's charset; the page's own;
    detection. Bytes that are gzip are unpacked once. Raises RejectPage for what is binary or too large.
    """
    body = _unpacked(body)
    if body.startswith(BINARY):
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, "binary data")
    marked, mark = read_bom(body)
    if marked and mark:
        return _decoded(body[len(mark) :], marked, "byte order mark")
    if body.isascii() and b"\0" not in body:
        written = html_body_declared_encoding(body) if ASCII_ESCAPES.search(body) else None
        return _decoded(body, written, "page") if _is_written_in_ascii(written) else Decoded(body, "utf-8", "bytes")
    if (markup := _utf8(body)) is not None:
        return Decoded(markup, "utf-8", "bytes")
    if wide := _wide(body):
        return _decoded(body, wide, "bytes")
    declared = {"header": http_content_type_encoding(content_type), "page": html_body_declared_encoding(body)}
    for source, encoding in declared.items():
        if encoding and not encoding.startswith(DISPROVED) and encoding not in NO_CHARSETS:
            return _decoded(body, encoding, source)
    return _decoded(body, _detected(body), "detection")


def _unpacked(body: bytes) -> bytes:
    """Bytes that are gzip under another name, unpacked once."""
    if not body.startswith(GZIP_MAGIC):
        return body
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(body, PAGE_BYTES + 1)
    except zlib.error as error:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"broken gzip: {error}") from error
    if len(plain) > PAGE_BYTES:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"more than {PAGE_BYTES:,} bytes when unpacked")
    if plain.startswith(GZIP_MAGIC):
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, "gzip within gzip")
    return plain


def _utf8(body: bytes) -> bytes | None:
    """The page without the bytes that are none of UTF-8; None where it is something else.

    A parser may take what follows such a byte for another encoding.
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        text = body.decode(errors="replace")
        broken = text.count("\ufffd")
        whole = sum(1 for char in text if char > "\x7f") - broken
        return text.encode() if broken * TOLERATED <= whole else None
    is_text = b"\0" not in body or body.count(b"\0") * TOLERATED < len(body)
    return body if is_text else None


def _wide(body: bytes) -> str | None:
    """UTF-16, which shows in its markup: every other byte of it is zero."""
    head = body[:DETECTED_FROM]
    first, second = head[::2].count(b"\0"), head[1::2].count(b"\0")
    if max(first, second) * FEWEST_ZEROS < len(head) or max(first, second) < min(first, second) * ONE_SIDED:
        return None
    return "utf-16-le" if second > first else "utf-16-be"


def _is_written_in_ascii(encoding: str | None) -> TypeGuard[str]:
    return encoding is not None and encoding.replace("_", "").startswith(WRITTEN_IN_ASCII)


def _detected(body: bytes) -> str:
    best = from_bytes(body[:DETECTED_FROM]).best()
    return best.encoding if best else LAST_RESORT


def _decoded(body: bytes, encoding: str, source: str) -> Decoded:
    return Decoded(_reencoded(body, encoding), encoding, source)


def _reencoded(body: bytes, encoding: str) -> bytes:
    """In UTF-8; what cannot be read is U+FFFD."""
    try:
        text = body.decode(encoding, "replace")
    except (LookupError, UnicodeError):  # Python knows codecs that are none of text.
        text = body.decode(LAST_RESORT, "replace")
    return text.encode("utf-8", "replace")
