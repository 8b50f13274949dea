from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from crawl_parts import NOON

from spiders.discovery import Finding, Findings
from spiders.places import Place
from spiders.publishers.thanhnien import ThanhnienSpider
from spiders.publishers.vietnam import VietnamSpider
from spiders.ways import DatedSitemaps, Feed, FeedDirectory, Listings, Look, NewsSitemap, Way, span

SITE = "https://thanhnien.vn"
FEEDS = FeedDirectory(f"{SITE}/rss.html")
LISTINGS = Listings(SITE, sections=("/thoi-su.htm", "/the-gioi.htm"), pages=3)
(THANHNIEN,) = (way for way in ThanhnienSpider.discovery if isinstance(way, DatedSitemaps))
(VIETNAM,) = (way for way in VietnamSpider.discovery if isinstance(way, DatedSitemaps))


def shown(*urls: str, zone: str | None = None) -> Findings:
    return Findings(places=tuple(Finding(url, NOON) for url in urls), zone=zone)


def further(way: Way, place: Place, findings: Findings, fresh: int = 0) -> list[tuple[str, str, bool]]:
    """Address, role, and whether it is to be looked at."""
    found: Iterable[tuple[Place, bool]] = way.further(Look(place, findings, fresh, NOON))
    return [(each.url, each.role, is_due) for each, is_due in found]


def shard_of(first: int, last: int, month: int = 7, year: int = 2026) -> str:
    return f"{SITE}/sitemaps/sitemaps-{year}-{month}-{first}-{last}.xml"


def day_of(day: date) -> str:
    return f"https://www.vietnam.vn/sitemap/sitemap-post/{day.isoformat()}.xml"


@pytest.mark.parametrize("way", [Feed(f"{SITE}/rss/home.rss"), NewsSitemap(f"{SITE}/latest-news-sitemap.xml")])
def test_a_feed_and_a_news_sitemap_are_looked_at_as_often_as_the_setting_says(way: Way) -> None:
    (place,) = way.places()
    assert (place.url, way.again_s(place)) == (way.url, 0)
    assert further(way, place, shown("https://thanhnien.vn/a.rss")) == []


def test_a_record_may_name_another_pause() -> None:
    feed = Feed(f"{SITE}/rss/home.rss", 300)
    assert [feed.again_s(place) for place in feed.places()] == [300]


def test_a_directory_is_looked_at_each_day_and_its_feeds_each_quarter_of_an_hour() -> None:
    (directory,) = FEEDS.places()
    assert FEEDS.again_s(directory) == 86_400
    assert further(FEEDS, directory, shown(f"{SITE}/rss/a.rss", f"{SITE}/rss/b.rss")) == [
        (f"{SITE}/rss/a.rss", "feed", True),
        (f"{SITE}/rss/b.rss", "feed", True),
    ]
    assert FEEDS.again_s(Place(f"{SITE}/rss/a.rss", FEEDS.url, "feed")) == 900


def test_a_directory_is_read_as_one_and_its_feeds_as_feeds() -> None:
    (directory,) = FEEDS.places()
    page = b'<html><body><a href="/rss/thoi-su.rss">Feed</a></body></html>'
    assert [each.url for each in FEEDS.read(directory, page, "text/html", NOON).places] == [f"{SITE}/rss/thoi-su.rss"]
    feed = b"<rss><channel><item><link>https://thanhnien.vn/a-185260708113000368.htm</link></item></channel></rss>"
    found = FEEDS.read(Place(f"{SITE}/rss/thoi-su.rss", FEEDS.url, "feed"), feed, "text/xml", NOON)
    assert [each.url for each in found.articles] == ["https://thanhnien.vn/a-185260708113000368.htm"]


def test_of_the_dated_sitemaps_those_of_the_last_week_are_looked_at() -> None:
    (index,) = THANHNIEN.places()
    old, week, today = shard_of(21, 25, 6), shard_of(26, 30, 6), shard_of(6, 10)
    assert further(THANHNIEN, index, shown(old, week, today)) == [
        (old, "shard", False),
        (week, "shard", False),
        (today, "shard", True),
    ]
    assert further(THANHNIEN, index, shown(shard_of(1, 5))) == [(shard_of(1, 5), "shard", True)]


def test_of_daily_sitemaps_those_of_the_last_week_are_looked_at() -> None:
    (index,) = VIETNAM.places()
    days = [date(2026, 7, 8) - timedelta(days=before) for before in range(10)]
    due = [is_due for _, _, is_due in further(VIETNAM, index, shown(*map(day_of, days)))]
    assert due == [True] * 8 + [False] * 2


def test_other_sitemaps_of_an_index_are_left_alone() -> None:
    (index,) = VIETNAM.places()
    names = ("sitemap-page", "sitemap-tag/220001", "sitemap-post/2026-13-01", "sitemap-post/soon")
    assert further(VIETNAM, index, shown(*(f"https://www.vietnam.vn/sitemap/{name}.xml" for name in names))) == []


def test_a_shard_says_nothing_of_further_places_and_has_no_pause_of_its_own() -> None:
    shard = Place(shard_of(6, 10), THANHNIEN.url, "shard")
    assert further(THANHNIEN, shard, shown(shard_of(1, 5))) == []
    assert THANHNIEN.again_s(shard) is None


def test_a_backfill_looks_at_the_shards_of_its_days_alone_and_once() -> None:
    past = THANHNIEN.past("2025-01-14/2025-01-21")
    assert THANHNIEN.again_s(past) is None
    shards = [shard_of(first, first + 4, 1, 2025) for first in (6, 11, 16, 21, 26)]
    found = list(THANHNIEN.further(Look(past, shown(*shards), 0, NOON)))
    assert [(place.url, is_due) for place, is_due in found] == [(url, True) for url in shards[1:4]]
    assert {place.window for place, _ in found} == {"2025-01-14/2025-01-21"}


def test_a_section_is_turned_while_it_shows_what_is_new() -> None:
    section, _ = LISTINGS.places()
    assert section.url == f"{SITE}/thoi-su.htm"
    assert LISTINGS.again_s(section) == 3600
    assert further(LISTINGS, section, shown(zone="1854"), fresh=1) == [
        (f"{SITE}/timelinelist/1854/1.htm", "page", True)
    ]
    assert further(LISTINGS, section, shown(zone="1854"), fresh=0) == []
    assert further(LISTINGS, section, shown(zone=None), fresh=1) == []


def test_pages_are_turned_one_by_one_and_a_calendar_without_end_has_one() -> None:
    place = Place(f"{SITE}/timelinelist/1854/1.htm", SITE, "page", zone="1854", page=1)
    turned = [place]
    while found := [each for each, _ in LISTINGS.further(Look(turned[-1], shown(), 1, NOON))]:
        turned += found
    assert [each.page for each in turned] == [1, 2, 3]
    assert LISTINGS.again_s(place) is None


def test_a_zone_of_a_stranger_stays_in_its_place_of_the_address() -> None:
    section, _ = LISTINGS.places()
    ((url, _, _),) = further(LISTINGS, section, shown(zone="../x?y#z"), fresh=1)
    assert url == f"{SITE}/timelinelist/..%2Fx%3Fy%23z/1.htm"


def test_a_window_is_two_days() -> None:
    assert span("2025-01-14/2025-01-21") == (date(2025, 1, 14), date(2025, 1, 21))


@pytest.mark.parametrize("spider", [ThanhnienSpider, VietnamSpider])
def test_each_publisher_has_a_way_into_the_past_and_one_for_what_is_new(
    spider: type[ThanhnienSpider] | type[VietnamSpider],
) -> None:
    kinds = {type(way) for way in spider.discovery}
    assert {DatedSitemaps, NewsSitemap} <= kinds
    assert len({way.url for way in spider.discovery}) == len(spider.discovery)
