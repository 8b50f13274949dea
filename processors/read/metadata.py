"""What a page declares of its article: meta elements, JSON-LD, links and microdata, each field in a fixed order.

One look at the tree gathers everything; the fields are then read from it. The order of a field's sources is that of its
property below, and each value bears the source that it came from.
"""

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urljoin

from lxml.html import HtmlElement

from dongtin.events import Provenance
from processors.read.json_ld import LinkedData, read_json_ld
from processors.read.reading import Said

TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title")
DESCRIPTIONS = ("og:description", "description", "twitter:description", "dc.description", "dcterms.description")
PUBLISHED = (
    "article:published_time", "article:published", "og:article:published_time", "datepublished", "pubdate",
    "publishdate", "publish-date", "publication_date", "parsely-pub-date", "sailthru.date",
    "cxenseparse:recs:publishtime", "citation_publication_date", "dcterms.issued", "dc.date.issued", "dcterms.created",
    "dc.date", "dcterms.date", "date",
)  # fmt: skip
MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified", "dcterms.modified")
AUTHORS = ("article:author", "author", "dc.creator", "dcterms.creator", "byl", "parsely-author", "sailthru.author")
SECTIONS = ("article:section", "og:article:section", "parsely-section", "cxenseparse:category")
KEYWORDS = ("news_keywords", "keywords", "article:tag", "og:article:tag")
LANGUAGES = ("og:locale", "content-language", "language", "dc.language", "dcterms.language")
LICENSES = ("dcterms.license", "dc.rights.license", "cc:license")
TIERS = {"free": True, "locked": False, "metered": False}
OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2}|[+-]\d{2})\s*$", re.IGNORECASE)
"""At the end of a time that says its zone."""
MOST_VALUES = 200
"""Of one name; a page that declares more says nothing with them."""
NOT_FOUND = re.compile(r"\b404\b")
NAMING = ("property", "name", "itemprop", "http-equiv")
"""Attributes of a meta element that say what its content is."""
LINKS = ("canonical", "license")


@dataclass(frozen=True)
class Declared:
    """What the page declares, by name in lower case."""

    metas: Mapping[str, Sequence[str]] = field(default_factory=dict)
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)
    items: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Microdata: itemprop → values."""
    linked: LinkedData = field(default_factory=lambda: read_json_ld(()))
    language_of_root: str | None = None
    title: str | None = None
    base: str | None = None

    @property
    def headlines(self) -> Iterator[Said]:
        """JSON-LD, then meta elements, then microdata, then the title without the site's name."""
        yield from self._linked("headline", self.linked.headline)
        yield from (Said(self._without_site(each.value), each.source) for each in self._metas(TITLES))
        yield from self._items("headline")
        if self.title:
            yield Said(self._without_site(self.title), Provenance.META)

    @property
    def descriptions(self) -> Iterator[Said]:
        """Meta elements, then JSON-LD, then microdata."""
        yield from self._metas(DESCRIPTIONS)
        yield from self._linked("description", self.linked.description)
        yield from self._items("description")

    @property
    def published(self) -> Iterator[Said]:
        """JSON-LD with an offset, then meta elements, then JSON-LD without one, then microdata."""
        yield from self._dates(
            "date_published", self.linked.date_published, PUBLISHED, ("datepublished", "datecreated")
        )

    @property
    def modified(self) -> Iterator[Said]:
        """See `published`."""
        yield from self._dates("date_modified", self.linked.date_modified, MODIFIED, ("datemodified",))

    @property
    def authors(self) -> list[Said]:
        """All authors of the first source that names any: JSON-LD, meta elements, microdata. Addresses are no names."""
        linked = [said for name in self.linked.authors for said in self._linked("authors", name)]
        metas = [[said for said in self._metas((name,)) if "://" not in said.value] for name in AUTHORS]
        return next(filter(None, (linked, *metas)), list(self._items("author")))

    @property
    def sections(self) -> list[Said]:
        """The breadcrumb of JSON-LD, else its section, else meta elements; from the outside in."""
        linked = [said for name in self.linked.section for said in self._linked("section", name)]
        return linked or next(filter(None, (list(self._metas((name,))) for name in SECTIONS)), [])

    @property
    def keywords(self) -> list[Said]:
        """`news_keywords`, else `keywords`, else tags, else JSON-LD."""
        for name in KEYWORDS:
            if found := [part for said in self._metas((name,)) for part in _parted(said)]:
                return found
        return [
            part for each in self.linked.keywords for said in self._linked("keywords", each) for part in _parted(said)
        ]

    @property
    def language(self) -> Said | None:
        """The root's `lang`, else JSON-LD, else meta elements."""
        root = (Said(self.language_of_root, Provenance.META),) if self.language_of_root else ()
        return next(iter((*root, *self._linked("language", self.linked.language), *self._metas(LANGUAGES))), None)

    @property
    def canonical(self) -> Said | None:
        """`rel=canonical`, else og:url, else JSON-LD."""
        addresses = [Said(url, Provenance.META) for url in self.links.get("canonical", ())]
        return next(iter((*addresses, *self._metas(("og:url",)), *self._linked("url", self.linked.url))), None)

    @property
    def is_accessible_for_free(self) -> tuple[bool, Provenance] | None:
        """JSON-LD, else the content tier of a meta element."""
        if self.linked.is_accessible_for_free is not None:
            return self.linked.is_accessible_for_free, self._source("is_accessible_for_free")
        tiers = (TIERS.get(said.value.lower()) for said in self._metas(("article:content_tier",)))
        tier = next((tier for tier in tiers if tier is not None), None)
        return None if tier is None else (tier, Provenance.META)

    @property
    def license(self) -> str | None:
        """`rel=license`, else JSON-LD, else meta elements."""
        linked = (self.linked.license,) if self.linked.license else ()
        return next(iter((*self.links.get("license", ()), *linked, *(s.value for s in self._metas(LICENSES)))), None)

    @property
    def robots(self) -> tuple[str, ...]:
        """What `meta[name=robots]` says."""
        return tuple(self.metas.get("robots", ()))

    @property
    def tdm_reservation(self) -> str | None:
        """TDMRep."""
        return next(iter(self.metas.get("tdm-reservation", ())), None)

    @property
    def tdm_policy(self) -> str | None:
        """TDMRep."""
        return next(iter(self.metas.get("tdm-policy", ())), None)

    @cached_property
    def shows_article(self) -> bool:
        """Whether anything in the head says that this is an article."""
        kinds = {kind.lower() for kind in self.metas.get("og:type", ())}
        return self.linked.is_article or "article" in kinds or any(name in self.metas for name in PUBLISHED[:3])

    @cached_property
    def shows_no_article(self) -> bool:
        """Whether anything in the head says that this is something else, or that nothing is there."""
        return not self.shows_article and ("og:type" in self.metas or bool(NOT_FOUND.search(self.title or "")))

    def absolute(self, url: str, page: str | None) -> str:
        """An address of the page, joined to its base."""
        if url.startswith(("https://", "http://")):
            return url
        try:
            return urljoin(urljoin(page or "", self.base or ""), url)
        except ValueError:
            return url

    def _dates(self, name: str, linked: str | None, metas: Iterable[str], items: Iterable[str]) -> Iterator[Said]:
        with_offset = linked is not None and OFFSET.search(linked) is not None
        if with_offset:
            yield from self._linked(name, linked)
        yield from self._metas(metas)
        if not with_offset:
            yield from self._linked(name, linked)
        for item in items:
            yield from self._items(item)

    def _metas(self, names: Iterable[str]) -> Iterator[Said]:
        for name in names:
            for value in self.metas.get(name, ()):
                yield Said(value, Provenance.META)

    def _items(self, name: str) -> Iterator[Said]:
        for value in self.items.get(name, ()):
            yield Said(value, Provenance.MICRODATA)

    def _linked(self, name: str, value: str | None) -> Iterator[Said]:
        if value:
            yield Said(value, self._source(name))

    def _source(self, name: str) -> Provenance:
        return Provenance.JSON_LD_REPAIRED if name in self.linked.repaired else Provenance.JSON_LD

    def _without_site(self, title: str) -> str:
        """A title without the site's name at its end; a dash inside of a headline stays."""
        for site in (*self.metas.get("og:site_name", ()), *self.metas.get("application-name", ())):
            head, mark, tail = title.rpartition(site) if site else ("", "", "")
            if mark and not tail.strip() and (cut := head.rstrip(" -–—|·»:")) and cut != head.rstrip():
                return cut
        return title


def read_metadata(root: HtmlElement, page_url: str | None, *, with_microdata: bool) -> Declared:
    """What the page of an address declares. `with_microdata` looks at every element, which costs."""
    metas: defaultdict[str, list[str]] = defaultdict(list)
    for meta in root.iter("meta"):
        attributes = dict(meta.items())
        content = attributes.get("content", "").strip()
        if content:
            text = html.unescape(content) if "&" in content else content
            for name in {attributes[naming] for naming in NAMING if naming in attributes}:
                if name and len(values := metas[name.strip().lower()]) < MOST_VALUES:
                    values.append(text)
    links: defaultdict[str, list[str]] = defaultdict(list)
    for link in root.iter("link"):
        href = (link.get("href") or "").strip()
        for name in (link.get("rel") or "").lower().split():
            if href and name in LINKS and len(links[name]) < MOST_VALUES:
                links[name].append(href)
    scripts = [each.text for each in root.iter("script") if "ld+json" in (each.get("type") or "").lower() and each.text]
    title, base = next(root.iter("title"), None), next(root.iter("base"), None)
    return Declared(
        metas=metas,
        links=links,
        items=_microdata(root) if with_microdata else {},
        linked=read_json_ld(scripts, page_url),
        language_of_root=(root.get("lang") or root.get("xml:lang") or "").strip() or None,
        title=" ".join((title.text or "").split()) or None if title is not None else None,
        base=base.get("href") if base is not None else None,
    )


def _microdata(root: HtmlElement) -> Mapping[str, Sequence[str]]:
    items: defaultdict[str, list[str]] = defaultdict(list)
    for element in root.iterfind(".//*[@itemprop]"):
        value = element.get("content") or element.get("datetime")
        if value is None and element.tag not in ("meta", "article", "div", "section"):
            value = " ".join("".join(map(str, element.itertext())).split())
        for name in (element.get("itemprop") or "").lower().split():
            if value and len(items[name]) < MOST_VALUES:
                items[name].append(value)
    for element in root.iter("time"):
        if element.get("pubdate") is not None and (value := element.get("datetime")):
            items["datepublished"].append(value)
    return items


def _parted(said: Said) -> Iterator[Said]:
    for part in re.split(r"[,;،、]", said.value):
        if text := part.strip():
            yield Said(text, said.source)
