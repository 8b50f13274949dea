"""What stands around the text of a republication: its headline, byline and lead above, source and comments below."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from processors.publishers import Template
from processors.read.byline import DATE, FIRST_LINES, FIRST_UNMARKED, Byline, find_byline
from processors.read.cut import BLOCKS, Item, cut_around
from processors.read.metadata import Declared
from processors.read.picture import read_picture
from processors.read.reading import ReadImage
from processors.read.republication import is_site_line
from processors.read.select import elements, text_of
from processors.read.text_lines import Line, is_prose, look, width

NEAREST = 6
"""So many blocks above the container are looked at where no headline shows where they begin."""
LINES_BELOW = 60
"""So many lines below the container may tell where the text comes from."""
LONGEST_BYLINE = 200
LEAD_WIDTH = 50
"""A lead without a full stop is at least as wide; labels of buttons and counts of readers are not."""


@dataclass(frozen=True)
class Surroundings:
    """The blocks around the container."""

    scope: HtmlElement
    """The smallest element that holds headline and container, and more than the container."""
    before: list[Item]
    """Above the headline."""
    above: list[Item]
    """Between headline and container."""
    below: list[Item]
    """Its first LINES_BELOW blocks."""
    covers: list[ReadImage]
    """Figures above the container."""


def line(text: str) -> Line:
    """A text as a line among lines."""
    return Line(text, look(text), blank_before=True)


def heading_of(root: HtmlElement, declared: Declared, template: Template) -> HtmlElement | None:
    """The element of the headline: what is declared as the title, else the first that is not the site's own."""
    found = [
        each for each in elements(root, template.headline) if (text := text_of(each)) and not is_site_line(line(text))
    ]
    titles = {look(said.value).casefold() for said in declared.headlines} if len(found) > 1 else set()
    return next((each for each in found if look(text_of(each)).casefold() in titles), next(iter(found), None))


def surroundings(
    root: HtmlElement, heading: HtmlElement | None, container: HtmlElement, template: Template
) -> Surroundings:
    """The blocks around a container. Where the headline is in it, only a byline above is the article's."""
    is_outside = heading is not None and not _is_within(heading, container)
    scope = _scope(heading if is_outside else None, container, root)
    top_items, below = cut_around(scope, container, template.body, _says_more_than_site, LINES_BELOW)
    top = next((at for at, item in enumerate(top_items) if is_outside and _is_within(item.element, heading)), None)
    nearest = top_items[-NEAREST:]
    if top is not None:
        before, above = top_items[:top], top_items[top + 1 :]
    else:
        before, above = (nearest, []) if heading is not None else ([], nearest)
    covers = _covers(scope, container, template) if is_outside else []
    return Surroundings(scope, before, above, below, covers)


def further_below(root: HtmlElement, container: HtmlElement, template: Template) -> list[Item]:
    """The first blocks of the page below a container."""
    return cut_around(root, container, template.body, lambda _: True, LINES_BELOW)[1]


def _says_more_than_site(item: Item) -> bool:
    return not is_site_line(item.line)


def byline_of(
    headline: Line | None, around: Surroundings, inside: Sequence[Item], logos: Container[str]
) -> tuple[Byline | None, list[Item]]:
    """The byline and its blocks: between headline and text, else at the top of the text, else above the headline.

    `logos`: alternative texts of the pictures in the container, of which one may be the publisher's name.
    """
    head = headline or line("")
    for blocks, certain in (
        (around.above, FIRST_LINES),
        (inside[:FIRST_LINES], FIRST_UNMARKED),
        ([*around.above, *inside[:FIRST_LINES]], 0),
        (around.before[-NEAREST:], 0),
    ):
        if byline := find_byline([head, *map(_byline_line, blocks)], certain):
            start = max(0, byline.start - 1)
            if byline.publisher_name is None and start and (name := blocks[start - 1].text) in logos:
                byline, start = replace(byline, publisher_name=name), start - 1
            return byline, list(blocks[start : byline.end - 1])
    return None, []


def lead_of(items: Sequence[Item], headline: Line | None) -> str | None:
    """The lead among the blocks between headline and text: their sentences, else the widest that is no label."""
    lines = [item.line for item in items if item.line.key != (headline.key if headline else None)]
    if prose := [each.text for each in lines if is_prose(each)]:
        return " ".join(prose)
    wide = [each for each in lines if width(each) >= LEAD_WIDTH]
    return max(wide, key=width).text if wide else None


def without(items: Sequence[Item], others: Sequence[Item]) -> list[Item]:
    """The blocks that are not among others; blocks that say the same are not the same."""
    gone = {id(each) for each in others}
    return [item for item in items if id(item) not in gone]


def _byline_line(item: Item) -> Line:
    """A block as a line; a date that is an element of its own is parted from the name by a mark that is sure."""
    plain = item.line
    if len(plain.key) > LONGEST_BYLINE or not plain.key[-1:].isdigit():
        return plain
    block = block_of(item.element)
    said = (look(text_of(each)) for each in block.iter("span", "time", "div", "p"))
    date = next(filter(DATE.fullmatch, said), "")
    name = plain.key.removesuffix(date).rstrip()
    return line(f"{name}•{date}") if date and name and name != plain.key and not name.endswith("•") else plain


def block_of(element: HtmlElement) -> HtmlElement:
    """The element that makes a block of what is in it."""
    block = element
    while block.tag not in BLOCKS and (parent := block.getparent()) is not None:
        block = parent
    return block


def _scope(heading: HtmlElement | None, container: HtmlElement, root: HtmlElement) -> HtmlElement:
    if heading is None:
        body = root.find("body")
        return root if body is None or body is container else body
    holding = set(heading.iterancestors())
    return next((each for each in container.iterancestors() if each in holding), root)


def _covers(scope: HtmlElement, container: HtmlElement, template: Template) -> list[ReadImage]:
    covers = []
    for element in scope.iter("figure", container.tag):
        if element is container:
            break
        if element.tag == "figure" and (picture := read_picture(element, template.body)):
            covers.append(picture)
    return covers


def _is_within(element: HtmlElement, container: HtmlElement | None) -> bool:
    return element is container or container in element.iterancestors()
