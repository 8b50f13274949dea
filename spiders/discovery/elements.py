"""The elements of an XML document, one after the other, in one pass: for documents that need not be whole or well-formed.

Nothing is expanded but the five predefined entities and references to characters, and nothing is fetched: declarations
are passed over. A parser that recovers would drop `&b` from `<link>https://a/?x=1&b=2</link>`, as many feeds write it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from dongtin.errors import UnreadablePlace
from dongtin.publishers import joined
from dongtin.publishers.address import LONGEST
from spiders.discovery.markup import attributes, unescaped

TOKEN = re.compile(
    rb"<(?:"
    rb"(?P<name>[A-Za-z_\x80-\xff][^\s<>/=\"']*+)"
    rb"(?P<attributes>(?>[^<>=]++|=\s*+(?>\"[^\"<]*+\"|'[^'<]*+')?+)*+)>"
    rb"|/(?P<ended>[A-Za-z_\x80-\xff][^\s<>]*+)[^<>]*+>"
    rb"|(?P<cdata>!\[CDATA\[)"
    rb"|(?P<comment>!--)"
    rb"|(?P<declaration>!(?:(?i:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)\b|\[))"
    rb"|(?P<instruction>\?)[^<>]*+>"
    rb")"
)
"""What begins with `<` and is none of these is text. No attempt goes beyond the next `<`: so it is linear."""
DECLARED = re.compile(rb"(?>[^\"'>\[]++|\"[^\"]*+\"|'[^']*+')*+[>\[]")
"""The rest of a declaration, or of a document type up to its own declarations."""
HTML_ROOTS = ("html", "head", "body")
HTML_TYPE = re.compile(rb"<!DOCTYPE\s+html\b", re.IGNORECASE)
DEEPEST = 256
"""Elements that lie deeper are passed over; feeds and sitemaps have five levels."""
DEEPEST_BASE = 8
"""How deep an xml:base counts."""
MOST_CHILDREN = 100
"""Of one element; an entry has ten or so that are asked for."""


@dataclass(slots=True)
class Element:
    """An element that was asked for."""

    name: str
    """Local, in lower case."""
    prefix: str
    """Of its namespace, as the document has it; mostly empty."""
    parent: str
    """The local name of the element that it stands in; empty at the root."""
    raw: bytes = field(repr=False)
    """Its attributes."""
    base: str
    """What relative addresses in it are relative to."""
    children: "list[Element]" = field(default_factory=list)
    """Those that were asked for too, the first hundred."""
    parts: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """Its own, without that of the elements in it."""
        return "".join(self.parts).strip()

    def own(self, *names: str) -> Iterator["Element"]:
        """Children of its own namespace, by the order of the names."""
        for name in names:
            yield from (each for each in self.children if each.name == name and each.prefix == self.prefix)


@dataclass(slots=True)
class _Open:
    qualified: bytes
    name: str
    base: str
    element: Element | None
    parts: list[str] | None
    """Where its text goes, if that counts."""


class Elements:
    """Elements of some names: records, whose children count, and leaves, whose text does. Each comes when it has ended.

    An element without an end tag ends with the one that it stands in; one that the end of the document cuts off does
    not come.
    """

    def __init__(self, markup: bytes, url: str, records: frozenset[str], leaves: frozenset[str]) -> None:
        self._markup, self._url, self._records, self._wanted = markup, url, records, records | leaves
        self._open: list[_Open] = []
        self._counts: Counter[bytes] = Counter()
        self.root: str | None = None
        """The local name of the first element, as soon as there is one."""

    @property
    def is_cut(self) -> bool:
        """Whether the document ended before its root did."""
        return self.root is None or bool(self._open)

    def require_root(self, roots: frozenset[str], expected: str) -> None:
        """Raise UnreadablePlace where the document has another root than was expected, or none yet."""
        if self.root in roots:
            return
        if self.root is None:
            raise UnreadablePlace(f"{'no XML' if self._markup else 'nothing'} where {expected} was expected")
        is_page = self.root in HTML_ROOTS or HTML_TYPE.match(self._markup)
        what = "HTML" if is_page else f"a document of the root {self.root[:40]!r}"
        raise UnreadablePlace(f"{what} where {expected} was expected")

    def __iter__(self) -> Iterator[Element]:
        markup, at = self._markup, 0
        while found := TOKEN.search(markup, at):
            parts = self._open[-1].parts if self._open else None
            if parts is not None:
                parts.append(unescaped(_decoded(markup[at : found.start()])))
            at = found.end()
            match found.lastgroup:
                case "attributes":
                    yield from self._start(found["name"], found["attributes"])
                case "ended":
                    yield from self._end(found["ended"].lower())
                case "cdata":
                    end = _end_of(markup, b"]]>", at)
                    if parts is not None:
                        parts.append(_decoded(markup[at:end]))
                    at = min(end + 3, len(markup))
                case "comment":
                    at = _end_of(markup, b"-->", at - 2) + 3
                case "declaration":
                    declared = DECLARED.match(markup, at)
                    at = declared.end() if declared else len(markup)

    def _start(self, written: bytes, raw: bytes) -> Iterator[Element]:
        qualified = written.lower()
        prefix, _, local = qualified.rpartition(b":")
        name = local.decode("utf-8", "replace")
        self.root = self.root or name
        outer = self._open[-1] if self._open else None
        base = outer.base if outer else self._url
        if b"xml:base" in raw and len(self._open) < DEEPEST_BASE:
            base = _rebased(base, raw)
        element = None
        if name in self._wanted:
            element = Element(name, prefix.decode("utf-8", "replace"), outer.name if outer else "", raw, base)
            if outer and outer.element and len(outer.element.children) < MOST_CHILDREN:
                outer.element.children.append(element)
        if raw.endswith(b"/"):
            if element:
                yield element
        elif len(self._open) < DEEPEST:
            parts = element.parts if element and name not in self._records else None
            self._open.append(_Open(qualified, name, base, element, parts))
            self._counts[qualified] += 1

    def _end(self, qualified: bytes) -> Iterator[Element]:
        if not self._counts[qualified]:
            return
        while True:
            ended = self._open.pop()
            self._counts[ended.qualified] -= 1
            if not self._counts[ended.qualified]:
                del self._counts[ended.qualified]
            if ended.element:
                yield ended.element
            if ended.qualified == qualified:
                return


def _rebased(base: str, raw: bytes) -> str:
    moved = joined(base, attributes(raw, "xml:base").get("xml:base", ""))
    return moved if moved and len(moved) <= LONGEST else base


def _end_of(markup: bytes, mark: bytes, at: int) -> int:
    end = markup.find(mark, at)
    return end if end >= 0 else len(markup)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
