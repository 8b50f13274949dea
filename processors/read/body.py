"""The text of a cut container, as trafilatura extracts it, and what it lost back in its place.

trafilatura drops repeated paragraphs, text that lies in a `div`, short lists and paragraphs that are one link (seen
with 2.3.1, `fast=True`). A rule has already left nothing but the article in the container, so whatever else of its text
is missing in the extraction is put back where it stood.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Document, Extractor

from dongtin.events import Provenance
from processors.read.cut import Cut, Item
from processors.read.reading import ReadBlock

LOW_COVERAGE = 0.98
NO_LETTERS = re.compile(r"[\W_]+")
TEXT_TAGS = ("p", "head", "quote", "item", "row", "code")


@dataclass(frozen=True)
class ExtractedBody:
    """The blocks of a body, and how much of the container's text they hold."""

    blocks: tuple[ReadBlock, ...]
    coverage: float
    source: Provenance
    """`trafilatura`, or `rule` where the extraction had lost a block."""


def extract_body(container: HtmlElement, cut: Cut, without: Sequence[Item]) -> ExtractedBody:
    """The body of a container. It is changed: what the cut removed is taken out of it.

    `without`: items that are text of another field, a headline or an author.
    """
    for element in cut.removed:
        if element.getparent() is not None:
            element.drop_tree()
    elsewhere = frozenset(without)
    items = [item for item in cut.items if item not in elsewhere]
    extracted = Counter(_keys(container))
    lost = 0
    for item in items:
        key = _key(item.text)
        lost += extracted[key] == 0
        extracted[key] -= 1
    return ExtractedBody(
        tuple(ReadBlock(item.kind, item.text) for item in items),
        _coverage(container, cut, items, without),
        Provenance.RULE if lost else Provenance.TRAFILATURA,
    )


def _coverage(container: HtmlElement, cut: Cut, items: Sequence[Item], without: Sequence[Item]) -> float:
    """The share of the container's letters that the items hold; those of other fields count for nothing."""
    whole = etree.tostring(container, method="text", encoding="unicode", with_tail=False)
    if _key(whole) == "".join(_key(item.text) for item in cut.items):
        return 1.0  # As most do; looking at each letter would cost ten times as much.
    letters = len(_letters(whole)) - sum(len(_letters(item.text)) for item in without)
    held = sum(len(_letters(item.text)) for item in items)
    return round(min(1.0, held / letters), 3) if letters > 0 else 1.0


@cache
def trafilatura_version() -> str:
    """The version that reads here, as events say it."""
    return version("trafilatura")


def _keys(container: HtmlElement) -> list[str]:
    """The blocks that trafilatura finds, without their white space."""
    root = container.makeelement("html")
    article = etree.SubElement(etree.SubElement(root, "body"), "article")
    article.append(container)
    document = bare_extraction(root, options=_options())
    if not isinstance(document, Document) or document.body is None:
        return []
    return [_key("".join(map(str, block.itertext()))) for block in document.body.iter(*TEXT_TAGS)]


@cache
def _options() -> Extractor:
    """For recall: the rule has left nothing but the article, and there is nothing for it to be careful with.

    Made once: trafilatura reads its configuration each time that it makes its own. The format `python` would write the
    text out too; the blocks are the same.
    """
    return Extractor(output_format="txt", fast=True, recall=True, comments=False)


def _key(text: str) -> str:
    return "".join(text.split())


def _letters(text: str) -> str:
    """Letters and digits alone: marks and lines of `***` are no text that could be lost."""
    return NO_LETTERS.sub("", text)
