"""The ways in which publishers show their articles: a class for each, and a spider's record names those of its site.

A way owns places. It says which there are, reads what one shows, and says which other places that makes worth a look.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar
from urllib.parse import quote, urljoin

from dongtin.errors import ConfigurationError, UnreadablePlace
from spiders.discovery import Findings, feed, feed_directory, listing, require_days, shard_window, sitemap
from spiders.places import Place
from spiders.silence import Usual

QUARTER_S, HOUR_S, DAY_S = 900.0, 3600.0, 86400.0
LIVE_DAYS = 7
"""How far back today's crawl reaches by itself: as long as an article is looked at again (`spiders.schedule`)."""


@dataclass(frozen=True)
class Look:
    """What a look at a place gave."""

    place: Place
    findings: Findings
    fresh: int
    """Articles of the last days in it that nobody knew."""
    now: datetime


@dataclass(frozen=True)
class Way(ABC):
    """A way of discovery."""

    url: str
    """Where it begins."""
    every_s: float | None = None
    """Between two looks at a place, seconds; None: as often as `DONGTIN_POLL_S` says."""

    discovery: ClassVar[str]
    """How its articles were found: the word in their page events."""
    led_to: ClassVar[float] = 0
    """About so many further places are looked at with each look at one that is looked at by itself."""

    def places(self) -> Iterator[Place]:
        """Where it begins."""
        yield Place(self.url, self.url, self.discovery)

    @abstractmethod
    def read(self, place: Place, body: bytes, content_type: str | None, now: datetime) -> Findings:
        """What a place shows. Raises UnreadablePlace."""

    def further(self, look: Look) -> Iterable[tuple[Place, bool]]:
        """Places to take note of, and whether each is to be looked at."""
        del look
        return ()

    def again_s(self, place: Place) -> float | None:
        """Between two looks at a place, seconds; 0: as often as `DONGTIN_POLL_S` says; None: not by itself."""
        return (self.every_s or 0) if place.role == self.discovery else None


class Feed(Way):
    """An RSS or Atom feed."""

    discovery = "feed"

    def read(self, place: Place, body: bytes, content_type: str | None, now: datetime) -> Findings:
        """See `Way.read`."""
        return feed(body, content_type, place.url, now)


class FeedDirectory(Feed):
    """A page that names feeds."""

    def places(self) -> Iterator[Place]:
        """See `Way.places`."""
        yield Place(self.url, self.url, "directory")

    def read(self, place: Place, body: bytes, content_type: str | None, now: datetime) -> Findings:
        """See `Way.read`."""
        if place.role == "directory":
            return feed_directory(body, content_type, place.url, now)
        return super().read(place, body, content_type, now)

    def further(self, look: Look) -> Iterable[tuple[Place, bool]]:
        """See `Way.further`."""
        return ((Place(each.url, self.url, "feed"), True) for each in look.findings.places)

    def again_s(self, place: Place) -> float | None:
        """See `Way.again_s`."""
        return DAY_S if place.role == "directory" else self.every_s or QUARTER_S


class NewsSitemap(Way):
    """A sitemap of the newest articles."""

    discovery = "news-sitemap"

    def read(self, place: Place, body: bytes, content_type: str | None, now: datetime) -> Findings:
        """See `Way.read`."""
        return _articles(sitemap(body, content_type, place.url, now))


@dataclass(frozen=True)
class DatedSitemaps(Way):
    """A sitemap index whose sitemaps hold some days each; the only way into the past.

    Those of the last days are read again and again, an older one when it was read before and the index says that it
    has changed since.
    """

    discovery: ClassVar[str] = "sitemap"
    led_to: ClassVar[float] = 2  # that of today, and the one before it
    shard: str = ""
    """Pattern of a sitemap's address: see `spiders.discovery.shards`. Raises ConfigurationError for any other."""

    def __post_init__(self) -> None:
        try:
            require_days(self.shard)
        except ValueError as error:
            raise ConfigurationError(f"{self.url}: shard={self.shard!r}: {error}") from None

    def places(self) -> Iterator[Place]:
        """See `Way.places`."""
        yield Place(self.url, self.url, "index")

    def past(self, window: str) -> Place:
        """Where a back-fill begins; `window`: `2025-01-01/2025-01-31`."""
        return Place(self.url, self.url, "index", window)

    def read(self, place: Place, body: bytes, content_type: str | None, now: datetime) -> Findings:
        """See `Way.read`."""
        findings = sitemap(body, content_type, place.url, now)
        if place.role != "index":
            return _articles(findings)
        if findings.articles:
            raise UnreadablePlace("a sitemap where an index of sitemaps was expected")
        if findings.places and not any(self._days(each.url) for each in findings.places):
            raise UnreadablePlace(f"an index of sitemaps none of which fits the pattern, as {findings.places[0].url}")
        return findings

    def further(self, look: Look) -> Iterable[tuple[Place, bool]]:
        """See `Way.further`."""
        place = look.place
        if place.role != "index":
            return
        for each in look.findings.places:
            days = self._days(each.url)
            if days is None:
                continue
            modified = each.modified.timestamp() if each.modified else None
            if place.window:
                since, until = span(place.window)
                if days[0] <= until and days[1] >= since:
                    yield Place(each.url, self.url, "shard", place.window, modified=modified), True
            else:
                is_live = days[1] >= _live_since(look.now)
                yield Place(each.url, self.url, "shard", modified=modified), is_live

    def again_s(self, place: Place) -> float | None:
        """See `Way.again_s`."""
        return self.every_s or QUARTER_S if place.role == "index" and not place.window else None

    def _days(self, url: str) -> tuple[date, date] | None:
        return shard_window(url, re.compile(self.shard))


@dataclass(frozen=True)
class Listings(Way):
    """Sections of a site, newest articles first, in pages that shift while one turns them.

    A section is turned until a page shows nothing that is new, so that the overlap of two pages does no harm.
    """

    discovery: ClassVar[str] = "listing"
    led_to: ClassVar[float] = 1
    sections: tuple[str, ...] = ()
    """Their addresses, relative to `url`."""
    page: str = "/timelinelist/{zone}/{page}.htm"
    """Address of a page of a section, whose zone its own page names."""
    pages: int = 50
    """How many are turned at most: a calendar has no end."""

    def places(self) -> Iterator[Place]:
        """See `Way.places`."""
        for section in self.sections:
            yield Place(urljoin(self.url, section), self.url, "section")

    def read(self, place: Place, body: bytes, content_type: str | None, now: datetime) -> Findings:
        """See `Way.read`."""
        return listing(body, content_type, place.url, now)

    def further(self, look: Look) -> Iterable[tuple[Place, bool]]:
        """See `Way.further`."""
        place = look.place
        zone = place.zone or look.findings.zone
        if zone and look.fresh and place.page < self.pages:
            number = place.page + 1
            url = urljoin(self.url, self.page.format(zone=quote(zone, safe=""), page=number))
            yield Place(url, self.url, "page", zone=zone, page=number), True

    def again_s(self, place: Place) -> float | None:
        """See `Way.again_s`."""
        return self.every_s or HOUR_S if place.role == "section" else None


@dataclass(frozen=True)
class Ways:
    """Where one publisher shows its articles."""

    publisher: str
    """Its id."""
    ways: tuple[Way, ...]
    languages: tuple[str, ...]
    """Language segments of the translations that it is known to have."""
    usual: Usual | None = None
    """How it brings out its articles; None: nobody knows, and it is never silent."""


def span(window: str) -> tuple[date, date]:
    """The first and the last day of a back-fill: `2025-01-01/2025-01-31`."""
    since, until = window.split("/")
    return date.fromisoformat(since), date.fromisoformat(until)


def _articles(findings: Findings) -> Findings:
    """What a sitemap of articles shows. Raises UnreadablePlace for an index."""
    if findings.places:
        raise UnreadablePlace("an index of sitemaps where a sitemap of articles was expected")
    return findings


def _live_since(now: datetime) -> date:
    return (now - timedelta(days=LIVE_DAYS)).date()
