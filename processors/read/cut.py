"""A body's container, cut by its rule: blocks and pictures in the order of the page, and what is no article's, out.

The elements that hold text decide over blocks: a paragraph, a heading, an item of a list, a table, a quotation, a box.
Text that lies in a `div` or beside one is a paragraph too. One `br` is a line break, two part paragraphs.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from lxml.html import HtmlElement

from dongtin.events import BlockKind
from processors.publishers.rule import BodyRule, Treatment
from processors.read.picture import captioned, read_pictures, said
from processors.read.reading import ReadImage
from processors.read.select import text_of
from processors.read.text_lines import Line, look
from processors.read.treatment import PLAYERS, treatment_of

LONGEST_NAME = 100
"""Of who is quoted, with an office or an age."""
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
BLOCKS = frozenset(
    ("p", "div", "section", "article", "main", "header", "footer", "aside", "ul", "ol", "dl", "dt", "dd", "li", "tr",
     "td", "th", "table", "tbody", "thead", "tfoot", "caption", "figure", "figcaption", "blockquote", "pre", "address",
     "center", "details", "summary", "fieldset", "hr", "body", "html", "h1", "h2", "h3", "h4", "h5", "h6")
)  # fmt: skip
SPACE = re.compile(r"[ \t\r\n\f\v\u00a0](?:[ \t\r\n\f\v\u00a0]+|(?<! ))")
"""White space that is not one space already."""
BREAK = "\n"
PARTED = re.compile(r"\n\s*\n")
RULE_LINE = re.compile(r"[\s*_=~.…·•–—―─━═+#◆◇★☆⁂■□●○▪▫♦※\u200b\u2060\ufeff\u00ad-]+")
RIGHT_ALIGNED = re.compile(r"text-align\s*:\s*(?:right|end)", re.IGNORECASE)


@dataclass(eq=False)
class Item:
    """A block as it was found."""

    kind: BlockKind
    text: str
    element: HtmlElement
    """Where its text began."""
    is_right_aligned: bool = False
    _line: Line | None = field(default=None, init=False, repr=False)

    @property
    def line(self) -> Line:
        """Its text as a line among lines."""
        if self._line is None:
            self._line = Line(self.text, look(self.text), blank_before=True)
        return self._line


@dataclass
class Cut:
    """What a container holds."""

    items: list[Item] = field(default_factory=list)
    images: list[ReadImage] = field(default_factory=list)
    players: int = 0
    """Films and embedded pages."""
    shells: int = 0
    """Objects without text or picture, which a script fills."""
    unknown: bool = False
    """An object of a type that the rule does not name was met; its text is among the blocks."""
    removed: dict[HtmlElement, Treatment] = field(default_factory=dict)
    """What is no text of the article, and why: DROP, IMAGE, CAPTION, or SHELL."""


def cut(container: HtmlElement, rule: BodyRule) -> Cut:
    """Read a container; the tree is left as it is."""
    cutter = _Cutter(rule)
    cutter.children(container)
    cutter.flush()
    return cutter.cut


def cut_around(
    scope: HtmlElement, container: HtmlElement, rule: BodyRule, counts: Callable[[Item], bool], most_below: int
) -> tuple[list[Item], list[Item]]:
    """The blocks of an element above a container that it holds, and those below; a block that runs on is above.

    Only blocks that count are given; below the container the first `most_below` of them.
    """
    cutter = _AroundCutter(rule, container, counts, most_below)
    cutter.children(scope)
    cutter.flush()
    items, above = cutter.cut.items, cutter.above
    return [*filter(counts, items[:above])], [*islice(filter(counts, items[above:]), most_below)]


class _Cutter:
    def __init__(self, rule: BodyRule) -> None:
        self.cut = Cut()
        self._rule = rule
        self._parts: list[str] = []
        self._begun: HtmlElement | None = None
        self._frame: BlockKind | None = None
        self._right = 0
        self._pictured = -1
        """How many items stood above the last picture."""
        self._speaking: HtmlElement | None = None
        """Who is quoted: the last line of the quotation that is being read."""

    def children(self, element: HtmlElement) -> None:
        """The text and the children of an element, in order."""
        if text := element.text:
            self._text(text, element)
        for child in element:
            self._element(child)
            if tail := child.tail:
                self._text(tail, element)

    def flush(self) -> None:
        """End the block that is being read."""
        if not self._parts:
            return
        text, element = "".join(self._parts), self._begun
        self._parts, self._begun = [], None
        if element is None:
            return
        kind = self._frame or BlockKind.PARAGRAPH
        for part in [text] if self._frame or BREAK not in text else PARTED.split(text):
            lines = [line for line in map(str.strip, part.split(BREAK)) if line and self._is_text(line)]
            if lines:
                self.cut.items.append(Item(kind, BREAK.join(lines), element, self._right > 0))

    def _is_text(self, line: str) -> bool:
        """Not a line of only `***`; in a table `-` is a value."""
        return self._frame == BlockKind.TABLE or not RULE_LINE.fullmatch(line)

    def _text(self, text: str, element: HtmlElement) -> None:
        if self._begun is None:
            if text.isspace():
                return
            self._begun = element
        self._parts.append(SPACE.sub(" ", text))

    def _element(self, element: HtmlElement) -> None:
        tag = element.tag
        if element is self._speaking:
            return
        if tag == "br":
            if self._begun is not None:
                self._parts.append(BREAK)
            return
        match treatment_of(element, self._rule):
            case Treatment.KEEP:
                self._kept(element)
            case Treatment.DROP:
                self._drop(element, Treatment.DROP)
            case Treatment.IMAGE:
                self._picture(element)
            case Treatment.CAPTION:
                self._caption(element)
            case Treatment.BOX:
                self._framed(element, BlockKind.BOX)
            case Treatment.QUOTE:
                self._framed(element, BlockKind.QUOTE)
            case Treatment.SHELL:
                self.cut.shells += 1
                self._drop(element, Treatment.SHELL)
            case Treatment.UNKNOWN:
                self.cut.unknown = True
                self._kept(element)

    def _kept(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in HEADINGS:
            self._framed(element, BlockKind.HEADING)
        elif tag == "li":
            self._framed(element, BlockKind.LIST_ITEM)
        elif tag == "table":
            self._table(element)
        elif tag == "figure":
            self._figure(element)
        elif tag == "figcaption":
            self._caption(element)
        elif tag in ("img", "picture"):
            self._picture(element)
        elif tag in BLOCKS:
            right = _is_right_aligned(element)
            self._boundary()
            self._right += right
            self.children(element)
            self._boundary()
            self._right -= right
        else:
            self.children(element)

    def _boundary(self) -> None:
        """Where a block element begins or ends: a line of the frame that is open, else the end of a block."""
        if self._frame is None:
            self.flush()
        elif self._begun is not None:
            self._parts.append(BREAK)

    def _framed(self, element: HtmlElement, kind: BlockKind) -> None:
        """An element that is one block; inside of another such block it is a line of it. Items are never joined."""
        if self._frame is not None and not (self._frame == kind == BlockKind.LIST_ITEM):
            self._boundary()
            self.children(element)
            self._boundary()
            return
        self.flush()
        outer, self._frame = self._frame, kind
        self._speaking = self._speaker(element) if kind == BlockKind.QUOTE else None
        self.children(element)
        if self._speaking is not None and self._begun is not None and (name := text_of(self._speaking).lstrip("-–— ")):
            self._parts.append(f"{BREAK}— {name}")
        self.flush()
        self._frame = outer

    def _speaker(self, quote: HtmlElement) -> HtmlElement | None:
        """The element that says who is quoted; where the words are set as a heading, what stands alone below it."""
        for element in quote.iterdescendants():
            is_cite = element.tag == "cite" or (element.tag == "footer" and quote.tag == "blockquote")
            if is_cite or not self._rule.speaker.isdisjoint((element.get("class") or "").split()):
                return element
        heading = next(quote.iter(*HEADINGS), None)
        below = heading.getnext() if heading is not None else None
        is_name = below is not None and below.getnext() is None and 0 < len(text_of(below)) <= LONGEST_NAME
        return below if is_name else None

    def _drop(self, element: HtmlElement, why: Treatment) -> None:
        self.cut.players += element.tag in PLAYERS
        self.cut.removed[element] = why

    def _picture(self, element: HtmlElement) -> None:
        if self._frame is None and element.tag not in ("img", "picture"):
            self.flush()
        if pictures := read_pictures(element, self._rule):
            self.cut.images += pictures
            self._pictured = len(self.cut.items)
        self.cut.removed[element] = Treatment.IMAGE

    def _caption(self, element: HtmlElement) -> None:
        """Words of the picture that was read last, where nothing stands between; else they are text."""
        if self._begun is None and self.cut.images and self._pictured == len(self.cut.items):
            self.cut.images[-1] = captioned(self.cut.images[-1], *said([element], self._rule))
            self.cut.removed[element] = Treatment.CAPTION
            return
        self._boundary()
        self.children(element)
        self._boundary()

    def _figure(self, element: HtmlElement) -> None:
        """A picture; a figure without one is what is in it."""
        if next(element.iter("img", "picture"), None) is not None:
            self._picture(element)
        elif next(element.iter(*PLAYERS), None) is not None:
            self._drop(element, Treatment.DROP)
            self.cut.players += 1
        else:
            self._boundary()
            self.children(element)
            self._boundary()

    def _table(self, table: HtmlElement) -> None:
        """Rows on lines, cells parted by a tab, also in a box or a list; a table of one cell is only a frame."""
        is_frame = sum(1 for _ in islice(_cells(table), 2)) <= 1
        if is_frame or self._frame not in (None, BlockKind.BOX, BlockKind.LIST_ITEM):
            self._boundary()
            self.children(table)
            self._boundary()
            return
        self._boundary()
        lines = [line for line in self._rows(table) if line.strip()]
        if lines and self._frame is None:
            self.cut.items.append(Item(BlockKind.TABLE, BREAK.join(lines), table))
        elif lines:
            self._begun = self._begun if self._begun is not None else table
            self._parts += [BREAK.join(lines), BREAK]

    def _rows(self, part: HtmlElement) -> Iterator[str]:
        """The lines of a table or a part of it: its rows, its caption, and text that lies beside them."""
        if part.text and not part.text.isspace():
            yield SPACE.sub(" ", part.text)
        for child in part:
            if child.tag == "tr":
                yield "\t".join(self._cell(cell) for cell in child)
            elif child.tag in ("tbody", "thead", "tfoot"):
                yield from self._rows(child)
            else:
                yield self._cell(child)
            if child.tail and not child.tail.isspace():
                yield SPACE.sub(" ", child.tail)

    def _cell(self, cell: HtmlElement) -> str:
        """The text of a cell on one line; pictures in it are the article's."""
        inner = _Cutter(self._rule)
        inner.cut = Cut(images=self.cut.images, removed=self.cut.removed)
        inner._frame = BlockKind.TABLE
        inner._element(cell)
        inner.flush()
        self.cut.players += inner.cut.players
        self.cut.shells += inner.cut.shells
        self.cut.unknown |= inner.cut.unknown
        return SPACE.sub(" ", " ".join(item.text for item in inner.cut.items))


class _AroundCutter(_Cutter):
    """Passes over the container, and over what follows when enough stands below it: a page goes on for long."""

    def __init__(self, rule: BodyRule, container: HtmlElement, counts: Callable[[Item], bool], most_below: int) -> None:
        super().__init__(rule)
        self.above = 0
        """How many items stood above the container."""
        self._container = container
        self._counts = counts
        self._missing = most_below
        self._looked_at: int | None = None
        """How many items are known to count or not; None above the container."""

    def _element(self, element: HtmlElement) -> None:
        if element is self._container:
            self.flush()
            self.above = self._looked_at = len(self.cut.items)
        elif not self._has_enough():
            super()._element(element)

    def _has_enough(self) -> bool:
        if self._looked_at is not None and self._missing > 0:
            new = self.cut.items[self._looked_at :]
            self._looked_at += len(new)
            self._missing -= sum(map(self._counts, new))
        return self._missing <= 0


def _cells(part: HtmlElement) -> Iterator[HtmlElement]:
    """The cells of a table, but not of tables inside it."""
    for child in part:
        if child.tag in ("td", "th"):
            yield child
        elif child.tag in ("tr", "tbody", "thead", "tfoot"):
            yield from _cells(child)


def _is_right_aligned(element: HtmlElement) -> bool:
    style, align = element.get("style"), element.get("align")
    return (align or "").lower() == "right" or bool(style and RIGHT_ALIGNED.search(style))
