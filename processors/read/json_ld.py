"""What the JSON-LD of a page says of its article, as schema.org names it.

The article is the node of an article's type that names the page's own address, else the first one. Dates and language,
where it has none, are those of the WebPage node. Values may be HTML-escaped.
"""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from dongtin.codec import load_json
from dongtin.errors import DecodeError
from dongtin.publishers import AddressKind, identify
from processors.read.lenient_json import LONGEST, Json, lenient_values

Node = dict[str, Json]
T = TypeVar("T")

ARTICLE_TYPES = ("Article", "BlogPosting", "LiveBlogPosting", "SocialMediaPosting", "Report")
"""Endings of the types of an article; also those of NewsArticle and its kin."""
HOLDERS = ("@graph", "mainEntity", "mainEntityOfPage")
"""Values of these may be nodes of their own."""
MOST_NODES = 5_000
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class LinkedData:
    """The fields of an article; None or empty where it has none."""

    headline: str | None = None
    description: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    section: tuple[str, ...] = ()
    """The breadcrumb from the outside in, without home and the page itself; else the article's section."""
    keywords: tuple[str, ...] = ()
    url: str | None = None
    license: str | None = None
    is_accessible_for_free: bool | None = None
    is_article: bool = False
    repaired: frozenset[str] = field(default_factory=frozenset)
    """Fields whose JSON was broken."""


@dataclass(frozen=True)
class _Found:
    """A node of a page."""

    node: Node
    is_repaired: bool

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(each.rpartition("/")[2].rpartition(":")[2] for each in _strings(self.node.get("@type")))

    @property
    def is_article(self) -> bool:
        return any(each.endswith(ARTICLE_TYPES) for each in self.types)


def read_json_ld(scripts: Sequence[str], page_url: str | None = None) -> LinkedData:
    """The fields that the JSON-LD scripts of a page give."""
    found = [each for script in _affordable(scripts) for each in _nodes(script)][:MOST_NODES]
    articles = [each for each in found if each.is_article]
    article = _own(articles, page_url)
    trail = next((each for each in found if "BreadcrumbList" in each.types), None)
    if article is None and trail is None:
        return LinkedData()
    pages = [each for each in found if "WebPage" in each.types]
    by_id = {node_id: each.node for each in found if isinstance(node_id := each.node.get("@id"), str)}
    holders = [article] if article else []
    return _Fields(holders, [*holders, *(pages if article else [])], trail, by_id).read()


class _Fields:
    """Reads the fields, each from the first node that has it."""

    def __init__(
        self, article: Sequence[_Found], dated: Sequence[_Found], trail: _Found | None, by_id: dict[str, Node]
    ) -> None:
        self._article, self._dated, self._trail, self._by_id = article, dated, trail, by_id
        self._repaired: set[str] = set()

    def read(self) -> LinkedData:
        headline = self._text("headline", self._article, "headline", "name", "alternativeHeadline")
        authors = self._first("authors", self._article, self._authors)
        return LinkedData(
            headline=headline,
            description=self._text("description", self._article, "description"),
            date_published=self._text("date_published", self._dated, "datePublished"),
            date_modified=self._text("date_modified", self._dated, "dateModified"),
            authors=authors or (),
            language=self._first("language", self._dated, lambda node: next(_languages(node.get("inLanguage")), None)),
            section=self._section(headline),
            keywords=self._first("keywords", self._article, lambda node: _texts(node.get("keywords"))) or (),
            url=self._first("url", self._article, _address),
            license=self._first("license", self._article, _license),
            is_accessible_for_free=self._first(
                "is_accessible_for_free", self._article, lambda node: _truth(node.get("isAccessibleForFree"))
            ),
            is_article=bool(self._article),
            repaired=frozenset(self._repaired),
        )

    def _first(self, name: str, nodes: Sequence[_Found], value_of: Callable[[Node], T | None]) -> T | None:
        for each in nodes:
            value = value_of(each.node)
            if value is not None and value != ():
                if each.is_repaired:
                    self._repaired.add(name)
                return value
        return None

    def _text(self, name: str, nodes: Sequence[_Found], *properties: str) -> str | None:
        return self._first(name, nodes, lambda node: next((t for p in properties for t in _texts(node.get(p))), None))

    def _authors(self, node: Node) -> tuple[str, ...]:
        return tuple(self._names(node.get("author"))) or tuple(self._names(node.get("creator")))

    def _section(self, headline: str | None) -> tuple[str, ...]:
        trail = self._first("section", [self._trail], lambda node: _crumbs(node, headline)) if self._trail else None
        if trail:
            return trail
        return self._first("section", self._article, lambda node: _texts(node.get("articleSection"))) or ()

    def _names(self, value: Json) -> Iterator[str]:
        """Names of persons and organizations, however they are written; an @id leads to another node."""
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                known = self._by_id.get(str(each.get("@id")), {}) if "name" not in each else {}
                yield from _texts(each.get("name") or known.get("name"))
            else:
                yield from _texts(each)


def _affordable(scripts: Sequence[str]) -> Iterator[str]:
    """The scripts, as far as they are together short enough."""
    left = LONGEST
    for script in scripts:
        if left > 0:
            yield script
        left -= len(script)


def _nodes(script: str) -> Iterator[_Found]:
    """All nodes of a script that may speak of the page, in order."""
    try:
        values, is_repaired = [load_json(script.encode())], False
    except (DecodeError, UnicodeEncodeError):
        text = html.unescape(script) if '"' not in script else script
        values, is_repaired = lenient_values(text), True
    pending = values[::-1]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += reversed(value)
        elif isinstance(value, dict):
            yield _Found(value, is_repaired)
            pending += [inner for name in reversed(HOLDERS) if isinstance(inner := value.get(name), dict | list)]


def _own(articles: Sequence[_Found], page_url: str | None) -> _Found | None:
    """The article that names the page's address, else the first that names no other's, else the first."""
    article_id = identify(page_url).article_id if page_url else None
    if article_id is None or len(articles) < 2:
        return next(iter(articles), None)
    named = [(each, _address(each.node)) for each in articles]
    own = (each for each, address in named if address and identify(address).article_id == article_id)
    nameless = (each for each, address in named if address is None)
    return next(own, None) or next(nameless, articles[0])


def _license(node: Node) -> str | None:
    """Its address, or its name."""
    stated = node.get("license")
    if isinstance(stated, dict):
        stated = stated.get("url") or stated.get("@id") or stated.get("name")
    return next(iter(_texts(stated)), None)


def _address(node: Node) -> str | None:
    for name in ("url", "mainEntityOfPage", "@id"):
        value = node.get(name)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str) and value.startswith(("http://", "https://", "/")):
            return html.unescape(value)
    return None


def _crumbs(node: Node, headline: str | None) -> tuple[str, ...]:
    """The names of a breadcrumb in its order, without the home page and the article itself."""
    items = node.get("itemListElement")
    steps = [each for each in (items if isinstance(items, list) else [items]) if isinstance(each, dict)]
    steps.sort(key=_position)
    named = [(name, url) for name, url in map(_step, steps) if name]
    return tuple(name for name, url in named if name != headline and not (url and _is_home(url)))


def _position(step: Node) -> float:
    position = step.get("position")
    try:
        return float(position) if isinstance(position, int | float | str) else 0.0
    except ValueError:
        return 0.0


def _step(step: Node) -> tuple[str | None, str | None]:
    item = step.get("item")
    inner = item if isinstance(item, dict) else {}
    name = next(iter(_texts(step.get("name") or inner.get("name"))), None)
    url = item if isinstance(item, str) else inner.get("@id") or inner.get("url")
    return name, url if isinstance(url, str) else None


def _is_home(url: str) -> bool:
    return url == "/" or identify(url).kind == AddressKind.HOME


def _languages(value: Json) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        yield from _texts((each.get("alternateName") or each.get("name")) if isinstance(each, dict) else each)


def _truth(value: Json) -> bool | None:
    word = str(value).lower()
    return True if word in TRUE else False if word in FALSE else None


def _strings(value: Json) -> tuple[str, ...]:
    return tuple(each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _texts(value: Json) -> tuple[str, ...]:
    """Strings that say something, unescaped; also those under `@value`, and names."""
    values = value if isinstance(value, list) else [value]
    strings = (each.get("@value") or each.get("name") if isinstance(each, dict) else each for each in values)
    return tuple(text for each in strings if isinstance(each, str) and (text := html.unescape(each).strip()))
