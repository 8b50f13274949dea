"""A page that no rule fits: trafilatura finds the text of the whole page, with what the page itself declares.

Flagged `fallback_extraction`. What the page does not declare is left to trafilatura's and htmldate's guesses.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Document

from dongtin.errors import RejectPage
from dongtin.events import BlockKind, Flag, Provenance, RejectionReason
from processors.publishers import BodyRule
from processors.read.article_page import once
from processors.read.body import trafilatura_version
from processors.read.compose import compose
from processors.read.cut import PARTED, cut
from processors.read.main_part import NO_TEXT, main_part, size
from processors.read.metadata import Declared
from processors.read.picture import read_picture
from processors.read.reading import ReadBlock, ReadImage, Reading, Said
from processors.read.select import text_of
from processors.read.surroundings import line
from processors.read.text_lines import is_prose

KINDS = {
    "p": BlockKind.PARAGRAPH,
    "head": BlockKind.HEADING,
    "quote": BlockKind.QUOTE,
    "item": BlockKind.LIST_ITEM,
    "table": BlockKind.TABLE,
    "code": BlockKind.PARAGRAPH,
}
"""Elements of trafilatura's own tree that are a block; what is inside one is its text."""
MOST_HEADINGS = 20
MOST_LOST = 200
"""So many blocks are looked for that an extraction left out."""
TOLD_LENGTH = 20
"""Fewer letters may stand in any text by chance."""
AGREED = 0.95
"""Share of the extraction that is found again in the page."""
LATEST = "2100-01-01"
"""Else htmldate takes today for its upper bound: the same page would change by the day."""
ANY_BODY = BodyRule(types={}, objects=None, classes={})
SITE_BEHIND = re.compile(r"\s*[-–—|•·:»]\s+\S")
SPACE = re.compile(r"\s+")


def read_any_page(root: HtmlElement, declared: Declared, url: str | None) -> Reading:
    """The article of a page. The tree is changed. Raises RejectPage where no text is left."""
    etree.strip_elements(root, *NO_TEXT, with_tail=False)
    title = _heading(root, declared)
    dates = tuple(declared.published) or _guessed_date(root, url)
    blocks, part = _extracted(root)
    said = {
        "headline": (*_titles(declared, title), *((Said(title, Provenance.TRAFILATURA),) if title else ())),
        "description": tuple(declared.descriptions),
        "authors": tuple(declared.authors),
        "section": tuple(declared.sections),
        "keywords": tuple(declared.keywords),
    }
    headline = said["headline"][0].value if said["headline"] else None
    if blocks and blocks[0].kind == BlockKind.HEADING and _same(blocks[0].text, headline, title):
        blocks = blocks[1:]
    if not blocks:
        raise RejectPage(RejectionReason.EMPTY_BODY, "no text is left")
    return compose(
        declared,
        said,
        Reading(
            rule="fallback",
            blocks=blocks,
            images=_images(part, blocks),
            own_names=tuple(declared.metas.get("og:site_name", ())),
            dates_published=dates,
            trafilatura=trafilatura_version(),
            flags=frozenset({Flag.FALLBACK_EXTRACTION}),
            provenance={"body": Provenance.TRAFILATURA},
        ),
    )


def _heading(root: HtmlElement, declared: Declared) -> str | None:
    """The heading that the declared title begins with, else the first one."""
    headings = [text for each in islice(root.iter("h1"), MOST_HEADINGS) if (text := text_of(each))]
    titles = [said.value for said in declared.headlines]
    told = (text for text in headings if any(title.startswith(text) for title in titles))
    return next(told, None) or next(iter(headings), None)


def _titles(declared: Declared, heading: str | None) -> Iterator[Said]:
    """What the page declares as its title; where that is the heading and the site's name behind it, the heading."""
    for said in declared.headlines:
        has_site = heading and said.value.startswith(heading) and SITE_BEHIND.match(said.value, len(heading))
        yield replace(said, value=heading) if heading and has_site else said


def _extracted(root: HtmlElement) -> tuple[tuple[ReadBlock, ...], HtmlElement]:
    """The text blocks that trafilatura finds, and the tree that it found them in.

    First quickly in the part that holds the running text; where it leaves out most of that, with all its means.
    """
    part = main_part(root)
    if part is None:
        return _found(root, fast=False), root
    blocks = _found(part.root, fast=True)
    if _size(blocks) < part.size / 2:
        blocks = max(blocks, _found(part.root, fast=False), key=_size)
    return _in_place(blocks, part.root), part.root


def _in_place(blocks: Sequence[ReadBlock], part: HtmlElement) -> tuple[ReadBlock, ...]:
    """The blocks as the page has them: each in its place and of its kind, with sentences that were left out.

    trafilatura loses text that lies bare behind a list or a quotation, and puts a quotation into the paragraph above.
    Where page and extraction do not agree, what was extracted stays.
    """
    keys = [_key(block.text) for block in blocks]
    whole, held, after, misses = set(keys), "".join(keys), 0, 0
    found: list[ReadBlock] = []
    for item in cut(part, ANY_BODY).items:
        key = _key(item.text)
        place = held.find(key, after) if len(key) >= TOLD_LENGTH and misses < MOST_LOST else -1
        after = max(after, place + len(key)) if place >= 0 else after
        if place >= 0 or key in whole or is_prose(line(item.text)):
            found.append(ReadBlock(item.kind, item.text))
        misses += place < 0
    return tuple(found) if _size(found) >= _size(blocks) * AGREED else tuple(blocks)


def _size(blocks: Sequence[ReadBlock]) -> int:
    return sum(size(block.text) for block in blocks)


def _found(root: HtmlElement, *, fast: bool) -> tuple[ReadBlock, ...]:
    document = bare_extraction(root, fast=fast, include_comments=False, with_metadata=False)
    return tuple(_blocks(document.body)) if isinstance(document, Document) and document.body is not None else ()


def _images(root: HtmlElement, blocks: Sequence[ReadBlock]) -> tuple[ReadImage, ...]:
    """The figures that stand beside a paragraph of the text."""
    known = {_key(block.text) for block in blocks}
    beside: dict[HtmlElement, bool] = {}
    images = []
    for figure in root.iter("figure"):
        parent = figure.getparent()
        if parent is None:
            continue
        if parent not in beside:
            beside[parent] = any(_key("".join(map(str, each.itertext()))) in known for each in parent.iterchildren("p"))
        if beside[parent] and (image := read_picture(figure, ANY_BODY)):
            images.append(image)
    return once(images)


def _guessed_date(root: HtmlElement, url: str | None) -> tuple[Said, ...]:
    """A date in the visible text or the address, where nothing is declared."""
    stated = [each for each in root.iter("h1", "time") if each.tag == "h1" or each.get("datetime")]
    headline = next((at for at, each in enumerate(stated) if each.tag == "h1"), 0)  # A clock may stand above it.
    for element in (*stated[headline:], *stated[:headline]):
        if element.tag == "time":
            return (Said(element.get("datetime") or "", Provenance.MICRODATA),)
    found = find_date(root, extensive_search=False, original_date=True, url=url, max_date=LATEST)
    return (Said(found, Provenance.TRAFILATURA),) if found else ()


def _same(text: str, *titles: str | None) -> bool:
    return any(title is not None and _key(title) == _key(text) for title in titles)


def _key(text: str) -> str:
    return "".join(text.split())


def _blocks(body: etree._Element) -> Iterator[ReadBlock]:
    """The blocks of trafilatura's tree in order; a block inside another is part of it."""
    for child in body.iterchildren(etree.Element):
        kind = KINDS.get(child.tag)
        if kind is None:
            yield from _blocks(child)
            continue
        text = _rows(child) if kind == BlockKind.TABLE else _text(child)
        for part in PARTED.split(text) if kind == BlockKind.PARAGRAPH else (text,):
            if part.strip():
                yield ReadBlock(kind, part)


def _text(element: etree._Element) -> str:
    """The text of a block; `lb` is a line break, other white space is one space."""
    parts = []
    for part in element.iter(etree.Element):
        if part.tag == "lb":
            parts.append("\n")
        elif part.text:
            parts.append(SPACE.sub(" ", part.text))
        if part is not element and part.tail:
            parts.append(SPACE.sub(" ", part.tail))
    return "".join(parts)


def _rows(table: etree._Element) -> str:
    """Rows on lines, cells parted by a tab."""
    rows = [["".join(map(str, cell.itertext())) for cell in row.iter("cell")] for row in table.iter("row")]
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows if row)
