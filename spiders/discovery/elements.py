"""The elements of an XML document in one pass; it need be neither whole nor well-formed.

Nothing is expanded but the five predefined entities and references to characters, and nothing is fetched: declarations
are passed over. A parser that recovers would drop `&b` from `<link>https://a/?x=1&b=2</link>`, as many feeds write it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

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
MOST_NAMES = 1_000
"""That are remembered; documents have some dozens."""
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


class _Name(NamedTuple):
    qualified: bytes
    prefix: str
    local: str
    is_record: bool
    is_leaf: bool


class _Open(NamedTuple):
    name: _Name
    base: str
    element: Element | None
    parts: list[str] | None
    """Where its text goes, if that counts."""


class Elements:
    """Elements of some names: records, whose children count, and leaves, whose text does. Each comes when it has ended.

    An element without an end tag ends with the one that it stands in, a record with the next of its name; one that the
    end of the document cuts off does not come.
    """

    def __init__(self, markup: bytes, url: str, records: frozenset[str], leaves: frozenset[str]) -> None:
        self._markup, self._url, self._records, self._leaves = markup, url, records, leaves
        self._open: list[_Open] = []
        self._counts: dict[bytes, int] = {}
        self._names: dict[bytes, _Name] = {}
        self.root: str | None = None
        """The local name of the first element, as soon as there is one."""

    @property
    def is_cut(self) -> bool:
        """Whether the document ended before its root did; what is left open behind that is no part of it."""
        return self.root is None or (bool(self._open) and self._open[0].name.local == self.root)

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
                    name = self._named(found["name"])
                    if name.is_record:
                        yield from self._end(name.qualified)
                    if (alone := self._start(name, found["attributes"])) is not None:
                        yield alone
                case "ended":
                    yield from self._end(self._named(found["ended"]).qualified)
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

    def _named(self, written: bytes) -> _Name:
        name = self._names.get(written)
        if name is None:
            qualified = written.lower()
            before, _, after = qualified.rpartition(b":")
            local = _decoded(after)
            name = _Name(qualified, _decoded(before), local, local in self._records, local in self._leaves)
            if len(self._names) < MOST_NAMES:
                self._names[written] = name
        return name

    def _start(self, name: _Name, raw: bytes) -> Element | None:
        """The element, if it was asked for and has ended already."""
        outer = self._open[-1] if self._open else None
        if outer is None:
            self.root = self.root or name.local
        base = outer.base if outer else self._url
        if b"xml:base" in raw and len(self._open) < DEEPEST_BASE:
            base = _rebased(base, raw)
        element = None
        if name.is_leaf or name.is_record:
            element = Element(name.local, name.prefix, outer.name.local if outer else "", raw, base)
            if outer and outer.element and len(outer.element.children) < MOST_CHILDREN:
                outer.element.children.append(element)
        if raw.endswith(b"/"):
            return element
        if len(self._open) < DEEPEST:
            parts = element.parts if element and name.is_leaf else None
            self._open.append(_Open(name, base, element, parts))
            self._counts[name.qualified] = self._counts.get(name.qualified, 0) + 1
        return None

    def _end(self, qualified: bytes) -> list[Element]:
        """Those that end with the innermost one of a name, itself the last; none where no such element is open."""
        elements: list[Element] = []
        count = self._counts.get(qualified)
        while count:
            name, _, element, _ = self._open.pop()
            if element is not None:
                elements.append(element)
            left = self._counts[name.qualified] - 1
            if left:
                self._counts[name.qualified] = left
            else:
                del self._counts[name.qualified]
            if name.qualified == qualified:
                break
        return elements


def _rebased(base: str, raw: bytes) -> str:
    moved = joined(base, attributes(raw, "xml:base").get("xml:base", ""))
    return moved if moved and len(moved) <= LONGEST else base


def _end_of(markup: bytes, mark: bytes, at: int) -> int:
    end = markup.find(mark, at)
    return end if end >= 0 else len(markup)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
