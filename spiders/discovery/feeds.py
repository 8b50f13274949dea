"""Feeds: RSS 2.0 and before, RSS 1.0, Atom."""

import re
from collections.abc import Iterator
from datetime import datetime

from dongtin.errors import CutPlace, UnreadablePlace
from spiders.discovery.dates import moment
from spiders.discovery.elements import Element, Elements
from spiders.discovery.finding import Collected, Findings
from spiders.discovery.links import absolute
from spiders.discovery.markup import attributes
from spiders.discovery.text import utf8

ROOTS = frozenset(("rss", "rdf", "feed"))
RECORDS = frozenset(("item", "entry"))
PUBLISHED = ("pubdate", "published", "issued", "date")
MODIFIED = ("updated", "modified")
PAUSES = frozenset(("ttl", "updateperiod", "updatefrequency"))
LEAVES = PAUSES | {"link", "guid", *PUBLISHED, *MODIFIED}
CHANNELS = ("channel", "feed", "rdf")
DAY_S = 86_400.0
PERIODS_S = {
    "hourly": 3_600.0,
    "daily": DAY_S,
    "weekly": 7 * DAY_S,
    "monthly": 30 * DAY_S,
    "yearly": 365 * DAY_S,
}
NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def feed(body: bytes, content_type: str | None, url: str, now: datetime) -> Findings:
    """The articles of a feed. Raises UnreadablePlace for what is none, and CutPlace where no entry is whole."""
    return feed_findings(utf8(body, content_type), url, now)


def feed_findings(markup: bytes, url: str, now: datetime) -> Findings:
    """As `feed`, of what is in UTF-8 already."""
    elements = Elements(markup, url, RECORDS, LEAVES)
    articles, entries = Collected(), 0
    pauses: dict[str, str] = {}
    for element in elements:
        elements.require_root(ROOTS, "a feed")
        if element.name in RECORDS:
            entries += 1
            published, modified = _first_time(element, PUBLISHED, now), _first_time(element, MODIFIED, now)
            articles.add(_address(element), modified=modified, published=published)
        elif element.name in PAUSES and element.parent in CHANNELS:
            pauses.setdefault(element.name, element.text)
    elements.require_root(ROOTS, "a feed")
    if elements.is_cut and not len(articles):
        raise CutPlace("a feed that is cut before the end of its first entry")
    if entries and not len(articles):
        raise UnreadablePlace("a feed whose entries have no addresses")
    return Findings(articles.all(), ttl_s=_ttl_s(pauses), is_cut=elements.is_cut)


def _address(entry: Element) -> str | None:
    """The address of an entry's article: its link, else a link to its alternate, else a guid that is one."""
    return next((url for url in _addresses(entry) if url), None)


def _addresses(entry: Element) -> Iterator[str | None]:
    for link in entry.own("link"):
        if link.text:
            yield absolute(link.base, link.text)
    for link in (each for each in entry.children if each.name == "link"):
        said = attributes(link.raw, "rel", "href")
        if said.get("rel", "alternate").strip().lower() == "alternate":
            yield absolute(link.base, said.get("href"))
    for guid in entry.own("guid"):
        if attributes(guid.raw, "ispermalink").get("ispermalink", "true").strip().lower() != "false":
            yield absolute("", guid.text)
    yield absolute("", attributes(entry.raw, "rdf:about").get("rdf:about"))


def _first_time(entry: Element, names: tuple[str, ...], now: datetime) -> datetime | None:
    """The first of these times that can be read, by the order of the names; of other namespaces too, as dc:date."""
    texts = (each.text for name in names for each in entry.children if each.name == name)
    return next((told for text in texts if (told := moment(text, now))), None)


def _ttl_s(said: dict[str, str]) -> float | None:
    """Minutes of `ttl`, else a period and how often in it (RSS 1.0 syndication module), a day at most."""
    if (minutes := _number(said.get("ttl"))) is not None:
        return min(minutes * 60, DAY_S)
    if "updateperiod" not in said and "updatefrequency" not in said:
        return None
    period_s = PERIODS_S.get(said.get("updateperiod", "daily").lower())
    frequency = _number(said.get("updatefrequency", "1"))
    return min(period_s / frequency, DAY_S) if period_s and frequency else None


def _number(text: str | None) -> float | None:
    """A number above zero."""
    return float(text) or None if text and NUMBER.fullmatch(text) else None
