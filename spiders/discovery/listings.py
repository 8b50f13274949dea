"""Category pages, and the fragments that hold their further pages: `/timelinelist/{zone}/{page}.htm`."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from dongtin.publishers import AddressKind, identify
from spiders.discovery.dates import moment
from spiders.discovery.finding import Collected, Findings
from spiders.discovery.links import Base, absolute
from spiders.discovery.tags import Tag, tags
from spiders.discovery.text import utf8

ITEM_CLASS = "box-category-item"
TIME_CLASSES = ("time-ago", "box-category-time")
ZONE_ID = "hdZoneId"
MOST_LINKS = 10_000
"""Later ones of a page are passed over."""
ZONE = re.compile(r"[0-9]{1,12}")


def listing(body: bytes, content_type: str | None, url: str, now: datetime) -> Findings:
    """The articles of a category page or of a fragment of one, and its zone; an empty fragment shows none.

    Links to articles in `.box-category-item`, where there are any, else all of the page. Raises UnreadablePlace for
    what is no text.
    """
    page = _Page(url, now)
    for tag in tags(utf8(body, content_type)):
        page.take(tag)
    return page.findings()


@dataclass
class _Item:
    """An entry of the list that is not over yet."""

    element: str
    depth: int = 1
    """Elements of its name that are open in it, itself included."""
    links: list[str] = field(default_factory=list)
    published: datetime | None = None


class _Page:
    def __init__(self, url: str, now: datetime) -> None:
        self._base, self._now = Base(url), now
        self._links_left = MOST_LINKS
        self._item: _Item | None = None
        self._in_items, self._on_page = Collected(), Collected()
        self._zone: str | None = None

    def take(self, tag: Tag) -> None:
        """The next tag."""
        if tag.is_end:
            self._end(tag)
            return
        if ITEM_CLASS.encode() in tag.raw and ITEM_CLASS in tag.attributes("class").get("class", "").split():
            self._end_item()
            self._item = _Item(tag.name)
        elif self._item and tag.name == self._item.element:
            self._item.depth += 1
        match tag.name:
            case "a":
                self._link(tag)
            case "input":
                said = tag.attributes("id", "value")
                if said.get("id") == ZONE_ID and ZONE.fullmatch(value := said.get("value", "").strip()):
                    self._zone = self._zone or value
            case "base":
                self._base.declare(tag.attributes("href").get("href"))
            case _ if self._item and not self._item.published:
                self._item.published = moment(_time(tag), self._now)

    def findings(self) -> Findings:
        """What the page showed."""
        self._end_item()
        articles = self._in_items if len(self._in_items) else self._on_page
        return Findings(articles.all(), zone=self._zone)

    def _link(self, tag: Tag) -> None:
        self._links_left -= 1
        url = absolute(self._base.url, tag.attributes("href").get("href")) if self._links_left >= 0 else None
        if url and identify(url).kind == AddressKind.ARTICLE:
            self._on_page.add(url)
            if self._item:
                self._item.links.append(url)

    def _end(self, tag: Tag) -> None:
        if self._item and tag.name == self._item.element:
            self._item.depth -= 1
            if not self._item.depth:
                self._end_item()

    def _end_item(self) -> None:
        if self._item:
            for place, url in enumerate(self._item.links):
                # The first link is that of the entry, its time too; others lead to what belongs to it.
                self._in_items.add(url, published=None if place else self._item.published)
        self._item = None


def _time(tag: Tag) -> str | None:
    """The time that an element says: `<span class="time-ago" title="2025-01-17T19:58:00">`, `<time datetime="…">`."""
    if tag.name == "time":
        said = tag.attributes("datetime", "title")
        return said.get("datetime") or said.get("title")
    if b"title" in tag.raw.lower():
        said = tag.attributes("class", "title")
        if any(name in TIME_CLASSES for name in said.get("class", "").split()):
            return said.get("title")
    return None
