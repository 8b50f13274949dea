"""The source line of a page that republishes: what its words hide, its link tells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from dongtin.events import BlockKind
from dongtin.publishers import identify
from processors.read.byline import Byline
from processors.read.credit import (
    COLONS,
    ad_marker,
    comments_count,
    ends_with_source_word,
    is_name,
    is_source_word,
    source_line,
)
from processors.read.cut import BREAK, Item
from processors.read.ending import Ending
from processors.read.picture_lines import is_picture_name
from processors.read.reading import SourceCredit
from processors.read.republication import PUBLISHER_ID
from processors.read.select import text_of
from processors.read.surroundings import block_of, line
from processors.read.text_lines import Line, ends_sentence, look

LONGEST = 160
"""Characters of a source line without its address."""
LAST_BLOCKS = 100
"""A source line is looked for in so many blocks at the end."""
LABEL = re.compile(rf"(?P<word>[^{COLONS}]{{1,40}}?) ?[{COLONS}]")
SITE = f"https://www.{PUBLISHER_ID}/"
"""Stands for the site's own page of a publisher, which leads to no original."""
LAST_LINKS = etree.XPath("(.//a)[position() > last() - 50]")
"""The last ones of a block: where text lies bare in the container, all of it is one."""
JOINTS = " -–—|•·/"


@dataclass(frozen=True)
class _Credit:
    """A word for "source" that is a link, or has one behind its colon."""

    word: str
    before: str
    """What stands before the word, without the space or dash between them."""
    url: str


def parted(items: Sequence[Item]) -> list[Item]:
    """The blocks, parted where a line of them is no text: a marker, a picture's name, a source line."""
    last = len(items) - LAST_BLOCKS
    return [piece for at, item in enumerate(items) for piece in _pieces(item, is_last=at >= last)]


def lines_of(items: Sequence[Item]) -> list[Line]:
    """The blocks as lines; a word for "source" that is a link, or stands before one, has its address behind it."""
    last = len(items) - LAST_BLOCKS
    named = [_credit(item) if at >= last else None for at, item in enumerate(items)]
    return [
        line(f"{credit.word}: {credit.url}") if credit and _is_alone(credit) else item.line
        for item, credit in zip(items, named, strict=True)
    ]


def source_of(ending: Ending | None, items: Sequence[Item], byline: Byline | None) -> SourceCredit | None:
    """Where the text comes from: the link of the source line, else the address that is printed in it."""
    if ending is None or ending.source is None:
        return None
    name = byline.publisher_name if byline else None
    first, *following = items[ending.start : ending.start + 2]
    ends_with_colon = first.line.key.endswith(tuple(COLONS))
    for item in (first, *following) if ends_with_colon else (first,):
        if linked := _links(item):
            return SourceCredit(linked[-1][0], name, linked=True)
    return SourceCredit(ending.source.url, name, linked=False) if ending.source.url else None


def writer_of(ending: Ending | None, items: Sequence[Item]) -> str | None:
    """The name that stands before the word for "source"."""
    if ending is None or ending.source is None:
        return None
    credit = _credit(items[ending.start])
    return (credit.before if credit else None) or ending.source.author


def _pieces(item: Item, *, is_last: bool) -> list[Item]:
    if item.kind != BlockKind.PARAGRAPH:
        return [item]
    if BREAK not in item.text:
        return _before_word(item) if is_last else [item]
    pieces: list[list[str]] = [[]]
    for each in item.text.split(BREAK):
        alone = _is_chrome(line(each), is_last=is_last)
        pieces += [[each], []] if alone else []
        if not alone:
            pieces[-1].append(each)
    whole = [replace(item, text=BREAK.join(piece)) for piece in pieces if piece]
    return [part for piece in whole for part in _before_word(piece)] if is_last else whole


def _before_word(item: Item) -> list[Item]:
    """A sentence that the linked word for "source" is glued to, and the word."""
    credit = _credit(item)
    if credit is None or _is_alone(credit) or not item.text.endswith(credit.word):
        return [item]
    before = item.text.removesuffix(credit.word).rstrip()
    return [replace(item, text=before), replace(item, text=credit.word)]


def _is_chrome(line: Line, *, is_last: bool) -> bool:
    key = line.key
    if ad_marker(key) or is_picture_name(line):
        return True
    return is_last and (source_line(key) is not None or is_source_word(key) or comments_count(key) is not None)


def _credit(item: Item) -> _Credit | None:
    key = item.line.key
    label = LABEL.match(key) if len(key) <= LONGEST else None
    if label and is_source_word(label["word"]) and not source_line(key):
        linked = _links(item) or [(SITE, text) for link in _elements(item) if (text := text_of(link))]
        return _Credit(label["word"], "", linked[-1][0]) if linked else None
    if ends_with_source_word(key) and (linked := _links(item)):
        url, word = linked[-1][0], look(linked[-1][1])
        if is_source_word(word) and key.endswith(word):
            return _Credit(word, key.removesuffix(word).strip(JOINTS), url)
    return None


def _is_alone(credit: _Credit) -> bool:
    """Whether nothing but the writer's name stands before the word."""
    return not credit.before or (is_name(credit.before) and not ends_sentence(line(credit.before), ".。।!?"))


def _links(item: Item) -> list[tuple[str, str]]:
    """The addresses that a block links to, each with the text that is the link; those of other sites, if any."""
    found = []
    for link in _elements(item):
        address, text = (link.get("href") or "").strip(), text_of(link)
        address = f"https:{address}" if address.startswith("//") else address
        if text and text in item.text and address.lower().startswith(("http://", "https://")):
            found.append((address, text))
    return [each for each in found if (site := identify(each[0]).publisher) is None or site.id != PUBLISHER_ID]


def _elements(item: Item) -> list[HtmlElement]:
    return cast("list[HtmlElement]", LAST_LINKS(block_of(item.element)))
