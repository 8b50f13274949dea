"""The part of an unknown page that its text lies in: less to extract from, and less that is not the article's.

Text clusters: paragraphs beside each other in one element. The heaviest cluster is the text, with what belongs to it
between the headline and it, and others beside it that weigh as much; what is named as comments, related articles or a
cookie notice weighs little. Where there is no clear cluster, the whole page is the part.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from processors.read.cut import BLOCKS
from processors.read.treatment import is_hidden

NO_TEXT = ("script", "style", "noscript", "svg", "template", "iframe", "link", "object", "embed", "canvas")
CHROME_TAGS = frozenset(("nav", "aside", "footer", "form", "dialog", "button", "select"))
CHROME = re.compile(
    r"(?:^|[\s_-])(?:comments?|respond|disqus|sidebar|cookies?|consent|gdpr|related|share|sharing|social|breadcrumbs?|"
    r"newsletter|subscribe|advert\w*|ads?|sponsor\w*|promo|popup|modal|menu|navbar|footer|most-?read|popular|trending|"
    r"recommend\w*|read-?more|see-?also|more-?news|tags|login|paywall)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Names of what stands around a text."""
FEWEST_LETTERS = 40
"""A block of fewer is a label."""
LEAST_TEXT = 250
"""Letters of a cluster that makes a part."""
OF_CHROME = 5
"""A cluster in chrome weighs so many times less."""
BESIDE = 0.3
"""A cluster beside the heaviest is text too from this share of its weight on."""
LEVELS = 3
"""So far up is looked for them where no headline shows how far the article reaches."""


@dataclass(frozen=True)
class MainPart:
    """A tree of its own, and how much running text it holds."""

    root: HtmlElement
    size: int


def main_part(root: HtmlElement) -> MainPart | None:
    """The part of a page with its text, moved out of the page; None where no cluster is clear."""
    weights, sizes = _clusters(root)
    top = max(weights, key=lambda element: weights[element], default=None)
    if top is None or sizes[top] < LEAST_TEXT:
        return None
    line = [top, *top.iterancestors()]
    heading, reach = _heading(root, line)
    parts = [top]
    for each in line[: max(0, min(reach, len(line) - 2))]:
        parts = [*_before(each, heading, sizes, weights[top]), *parts, *_after(each, sizes, weights[top])]
    for element in _chrome(parts, line):
        element.drop_tree()
    page = root.makeelement("html")
    article = etree.SubElement(etree.SubElement(page, "body"), "article")
    count = sum(sizes[part] for part in parts)
    if top.tag in ("body", "html"):
        article.text, parts = top.text, list(top)
    for part in parts:
        article.append(part)
    return MainPart(page, count)


def _heading(root: HtmlElement, line: list[HtmlElement]) -> tuple[HtmlElement | None, int]:
    """The headline that stands nearest to the text, and so many levels above the text as hold no headline."""
    place = {element: at for at, element in enumerate(line)}
    near = []
    for h1 in root.iter("h1"):
        level = next((place[each] for each in (h1, *h1.iterancestors()) if each in place), LEVELS)
        near.append((level, h1))
    level, heading = min(near, key=lambda each: each[0], default=(LEVELS, None))
    return heading, level


def _clusters(root: HtmlElement) -> tuple[dict[HtmlElement, float], dict[HtmlElement, int]]:
    """The weight of each element that holds blocks of text, and how much running text each element holds."""
    weights: defaultdict[HtmlElement, float] = defaultdict(float)
    sizes: defaultdict[HtmlElement, int] = defaultdict(int)
    elements = list(root.iter(etree.Element))
    light = {root: False}
    for each in elements[1:]:
        light[each] = light[each.getparent()] or _is_chrome(each)
    for block, holder in _blocks(root):
        count = _prose(block)
        if count >= FEWEST_LETTERS:
            sizes[block] += count
            weights[holder] += count / OF_CHROME if light[holder] else count
    for each in reversed(elements[1:]):
        if count := sizes.get(each, 0):
            sizes[each.getparent()] += count
    return weights, sizes


def _blocks(root: HtmlElement) -> Iterator[tuple[HtmlElement, HtmlElement]]:
    """The elements that are a block of text, each with the element whose cluster it is in."""
    for element in root.iter("p", "div", "td", "section", "article", "main", "pre"):
        parent = element.getparent()
        if parent is None:
            continue
        if element.tag in ("p", "pre"):
            yield (
                element,
                parent.getparent() if parent.tag == "blockquote" and parent.getparent() is not None else parent,
            )
        elif not any(child.tag in BLOCKS for child in element):
            breaks = sum(child.tag == "br" for child in element)
            yield element, element if breaks > 1 else parent
        elif any(child.tag == "br" for child in element):
            yield element, element


def _prose(block: HtmlElement) -> int:
    """Size of its text outside of links; that of other blocks in it does not count."""
    if block.tag in ("p", "pre"):
        linked = sum(size("".join(map(str, link.itertext()))) for link in block.iter("a"))
        whole = size("".join(map(str, block.itertext())).strip())
        return whole if linked * 2 < whole else 0
    own = [block.text or "", *(child.tail or "" for child in block)]
    own += ["".join(map(str, child.itertext())) for child in block if child.tag not in BLOCKS and child.tag != "a"]
    return size(" ".join("".join(own).split()))


def size(text: str) -> int:
    """How much a text says, roughly in Latin letters: an ideograph says as much as three, and has as many bytes."""
    return len(text.encode(errors="replace"))


def _before(
    element: HtmlElement, heading: HtmlElement | None, sizes: dict[HtmlElement, int], weight: float
) -> list[HtmlElement]:
    """What stands before an element and belongs to its text: below the headline, all that is text."""
    found = []
    for each in element.itersiblings(preceding=True):
        if heading is not None and (each is heading or heading in each.iterdescendants("h1")):
            break
        count = sizes.get(each, 0)
        if count and not _is_chrome(each) and (heading is not None or count >= weight * BESIDE):
            found.append(each)
    return found[::-1]


def _after(element: HtmlElement, sizes: dict[HtmlElement, int], weight: float) -> list[HtmlElement]:
    """What stands after an element and weighs as much as text does."""
    return [each for each in element.itersiblings() if sizes.get(each, 0) >= weight * BESIDE and not _is_chrome(each)]


def _chrome(parts: list[HtmlElement], line: list[HtmlElement]) -> list[HtmlElement]:
    """What is named as chrome within the parts."""
    kept = {*parts, *line}
    return [each for part in parts for each in part.iterdescendants() if each not in kept and _is_chrome(each)]


def _is_chrome(element: HtmlElement) -> bool:
    if element.tag in CHROME_TAGS:
        return True
    if not element.attrib or element.tag in ("body", "html", "article", "main"):
        return False
    if is_hidden(dict(element.items())):
        return True
    return element.tag != "p" and bool(CHROME.search(f"{element.get('class') or ''} {element.get('id') or ''}"))
