"""Any HTML page, read with full trafilatura and no publisher's rule: `fallback_extraction`."""

import re
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

from lxml import etree
from trafilatura import bare_extraction, load_html
from trafilatura.settings import Document

from dongtin.errors import RejectPage
from dongtin.events import BlockKind, Flag, Provenance, RejectionReason
from dongtin.topics import PAGE_BYTES
from processors.read.reading import ReadBlock, Reading

GZIP_MAGIC = b"\x1f\x8b"
KINDS = {
    "p": BlockKind.PARAGRAPH,
    "head": BlockKind.HEADING,
    "quote": BlockKind.QUOTE,
    "item": BlockKind.LIST_ITEM,
    "table": BlockKind.TABLE,
    "code": BlockKind.PARAGRAPH,
}
"""Elements of trafilatura's own tree that are a block; what is inside one is its text."""
DATES = {"original_date": True, "extensive_search": False, "max_date": "2100-01-01"}
"""Else htmldate guesses from the text, and takes today for its upper bound: the same page would change by the day."""


def read_html(body: bytes, url: str | None) -> Reading:
    """The article of a page. Raises RejectPage where no text is left, or the bytes are no HTML."""
    tree = load_html(unpacked(body))
    if tree is None:
        raise RejectPage(
            RejectionReason.UNSUPPORTED_CONTENT if body.strip() else RejectionReason.EMPTY_BODY, "no markup"
        )
    language = next(iter(tree.xpath("/html/@lang")), None)
    canonical = next(iter(tree.xpath("//head//link[@rel='canonical']/@href")), None)
    document = bare_extraction(tree, url=url, with_metadata=True, include_comments=False, date_extraction_params=DATES)
    blocks = tuple(_blocks(document.body)) if isinstance(document, Document) and document.body is not None else ()
    if not isinstance(document, Document) or not blocks:
        raise RejectPage(RejectionReason.EMPTY_BODY, "no text is left")
    fields: dict[str, Any] = {
        "headline": document.title or None,
        "description": document.description or None,
        "authors": tuple(name.strip() for name in (document.author or "").split(";") if name.strip()),
        "date_published": document.date or None,
        "section": tuple(document.categories or ()),
        "keywords": tuple(document.tags or ()),
    }
    return Reading(
        rule="fallback",
        blocks=blocks,
        language_declared=language,
        canonical_url=canonical,
        license=document.license or None,
        trafilatura=trafilatura_version(),
        flags=frozenset({Flag.FALLBACK_EXTRACTION}),
        provenance={
            **{name: Provenance.TRAFILATURA for name, value in {**fields, "body": blocks}.items() if value},
            **{
                name: Provenance.META
                for name, value in {"language": language, "canonical_url": canonical}.items()
                if value
            },
        },
        **fields,
    )


def unpacked(body: bytes) -> bytes:
    """Bytes that are gzip under another name, unpacked once. Raises RejectPage above the size limit."""
    if not body.startswith(GZIP_MAGIC):
        return body
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(body, PAGE_BYTES + 1)
    except zlib.error as error:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"broken gzip: {error}") from error
    if len(plain) > PAGE_BYTES:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"more than {PAGE_BYTES:,} bytes when unpacked")
    return plain


@cache
def trafilatura_version() -> str:
    """The version that reads here, as events say it."""
    return version("trafilatura")


def _blocks(body: etree._Element) -> Iterator[ReadBlock]:
    """The blocks of trafilatura's tree in order; a block inside another is part of it."""
    for child in body.iterchildren(etree.Element):
        kind = KINDS.get(child.tag)
        if kind is None:
            yield from _blocks(child)
            continue
        text = _rows(child) if kind == BlockKind.TABLE else _text(child)
        if text.strip():
            yield ReadBlock(kind, text)


def _text(element: etree._Element) -> str:
    """The text of a block; `lb` is a line break, other white space is one space."""
    parts = []
    for part in element.iter(etree.Element):
        if part.tag == "lb":
            parts.append("\n")
        elif part.text:
            parts.append(re.sub(r"\s+", " ", part.text))
        if part is not element and part.tail:
            parts.append(re.sub(r"\s+", " ", part.tail))
    return "".join(parts)


def _rows(table: etree._Element) -> str:
    """Rows on lines, cells parted by a tab."""
    rows = [["".join(map(str, cell.itertext())) for cell in row.iter("cell")] for row in table.iter("row")]
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows if row)
