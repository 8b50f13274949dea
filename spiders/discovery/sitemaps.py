"""Sitemaps and their indexes, in XML, as plain text and as feeds: what sitemaps.org allows, gzip too."""

import re
from datetime import datetime

from dongtin.errors import CutPlace, UnreadablePlace
from spiders.discovery.dates import moment
from spiders.discovery.elements import Element, Elements
from spiders.discovery.feeds import ROOTS as FEED_ROOTS
from spiders.discovery.feeds import feed_findings
from spiders.discovery.finding import Collected, Findings
from spiders.discovery.links import absolute
from spiders.discovery.text import utf8

ROOTS = frozenset(("urlset", "sitemapindex"))
RECORDS = frozenset(("url", "sitemap", "news"))
LEAVES = frozenset(("loc", "lastmod", "publication_date"))
LINE = re.compile(rb"^[ \t]*+(https?://\S++)", re.IGNORECASE | re.MULTILINE)


def sitemap(body: bytes, content_type: str | None, url: str, now: datetime) -> Findings:
    """The addresses of a sitemap as articles, those of an index as places.

    Raises UnreadablePlace for what is neither, and CutPlace where no entry is whole.
    """
    markup = utf8(body, content_type)
    if markup and not markup.startswith(b"<"):
        return _plain(markup)
    elements = Elements(markup, url, RECORDS, LEAVES)
    articles, places, entries = Collected(), Collected(), 0
    for element in elements:
        if elements.root not in ROOTS:
            break
        entries += element.name in ("url", "sitemap")
        modified = moment(_text(element, "lastmod"), now)
        if element.name == "url":
            articles.add(_location(element), modified=modified, published=_published(element, now))
        elif element.name == "sitemap":
            places.add(_location(element), modified=modified)
    if elements.root in FEED_ROOTS:
        return feed_findings(markup, url, now)
    elements.require_root(ROOTS, "a sitemap")
    if elements.is_cut and not len(articles) and not len(places):
        raise CutPlace("a sitemap that is cut before the end of its first entry")
    if entries and not len(articles) and not len(places):
        raise UnreadablePlace("a sitemap whose entries have no addresses")
    return Findings(articles.all(), places.all(), is_cut=elements.is_cut)


def _plain(text: bytes) -> Findings:
    """One address a line."""
    articles = Collected()
    for line in LINE.finditer(text.replace(b"\r", b"\n")):
        articles.add(absolute("", line[1].decode("utf-8", "replace")))
    if not len(articles):
        raise UnreadablePlace("text without any address where a sitemap was expected")
    return Findings(articles.all())


def _location(entry: Element) -> str | None:
    return next((url for each in entry.own("loc") if (url := absolute(each.base, each.text))), None)


def _text(entry: Element, name: str) -> str | None:
    return next((each.text for each in entry.own(name) if each.text), None)


def _published(entry: Element, now: datetime) -> datetime | None:
    """The publication date of Google's news extension."""
    dates = (_text(each, "publication_date") for each in entry.children if each.name == "news")
    return next((told for text in dates if (told := moment(text, now))), None)
