"""From the bytes of a place to UTF-8 that can be scanned: unpacked, and whatever it says that it is in."""

import codecs
import re
import zlib

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from dongtin.content_coding import GZIP_WINDOW, STREAMS
from dongtin.errors import UnreadablePlace

UNPACKED_BYTES = 50_000_000
"""The most that a sitemap may have by its protocol."""
GZIP_MAGIC = b"\x1f\x8b\x08"
BLOCK_BYTES = 65_536
PROBED_BYTES = 1_000
CHARSETS = re.compile(r"cp\d+|iso8859-\d+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|koi8-\w|mac-\w+")
"""What text that is no UTF-8 may say that it is in; others, as idna and UTF-7, may take time by its square."""
BINARY = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"RIFF": "a picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"wOF": "a font",
}


def utf8(body: bytes, content_type: str | None) -> bytes:
    """A place in UTF-8, without byte order mark and the space around it. Raises UnreadablePlace.

    Bytes that are UTF-8 are taken for it, whatever is declared; what cannot be read is U+FFFD. Of gzip that is cut or
    corrupt it is the part before.
    """
    body = unpacked(body)
    for magic, what in BINARY.items():
        if body.startswith(magic):
            raise UnreadablePlace(f"{what} where text was expected")
    encoding, mark = marked(body)
    if encoding != "utf-8":
        body = body[len(mark) :].decode(encoding, "replace").encode()
    elif mark:
        body = body[len(mark) :]
    elif (declared := _declared(body, content_type)) and not _is_utf8(body):
        body = body.decode(declared, "replace").encode()
    return body.replace(codecs.BOM_UTF8, b"").strip(b"\0 \t\r\n\f\v")


def looks_like_utf8(body: bytes) -> bool:
    """Whether the tags of a text can be found as they are: in no encoding of wider letters, and not packed. Quick."""
    return not body.startswith(GZIP_MAGIC) and marked(body)[0] == "utf-8"


def unpacked(body: bytes) -> bytes:
    """Bytes that are gzip, whatever their name, unpacked once. Raises UnreadablePlace as soon as they are too many."""
    if not body.startswith(GZIP_MAGIC):
        return body
    parts: list[bytes] = []
    size = 0
    for _ in range(STREAMS):
        inflater = zlib.decompressobj(GZIP_WINDOW)
        at = 0
        try:
            while at < len(body) and not inflater.eof:
                packed = body[at : at + BLOCK_BYTES]
                at += len(packed)
                while packed and not inflater.eof:
                    parts.append(inflater.decompress(packed, BLOCK_BYTES))
                    size += len(parts[-1])
                    if size > UNPACKED_BYTES:
                        raise UnreadablePlace(f"more than {UNPACKED_BYTES:,} bytes when unpacked")
                    packed = inflater.unconsumed_tail
        except zlib.error:
            break
        body = inflater.unused_data + body[at:]
        if not body.startswith(GZIP_MAGIC):
            break
    plain = b"".join(parts)
    if plain.startswith(GZIP_MAGIC):
        raise UnreadablePlace("gzip within gzip")
    if not plain:
        raise UnreadablePlace("gzip that is cut or corrupt from the start")
    return plain


def marked(body: bytes) -> tuple[str, bytes]:
    """The encoding that a byte order mark or zeros between the letters show, and the mark; else UTF-8 without one."""
    encoding, mark = read_bom(body)
    if encoding and mark:
        return encoding, mark
    head = body[:PROBED_BYTES]
    if b"\0" in head:
        first, second = head[::2].count(b"\0"), head[1::2].count(b"\0")
        if max(first, second) * 4 > len(head) and min(first, second) * 4 < max(first, second):
            return "utf-16-le" if second > first else "utf-16-be", b""
    return "utf-8", b""


def _declared(body: bytes, content_type: str | None) -> str | None:
    for name in (http_content_type_encoding(content_type), html_body_declared_encoding(body)):
        if name and CHARSETS.fullmatch(codecs.lookup(name).name):
            return name
    return None


def _is_utf8(body: bytes) -> bool:
    """Whether all is UTF-8, but for a character that the end may cut."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
