import pytest

from spiders.budget import budget
from spiders.places import Place
from spiders.publishers.thanhnien import ThanhnienSpider
from spiders.publishers.vietnam import VietnamSpider
from spiders.ways import Feed, FeedDirectory, Listings, Ways

FEED = Ways("a.vn", (Feed("https://a.vn/a.rss"),), ())


def test_a_place_costs_its_looks() -> None:
    assert budget(FEED, (), None, 110, 0).total == pytest.approx(24 * 3600 / 121)
    slow = Ways("a.vn", (Feed("https://a.vn/a.rss", 1100),), ())
    assert budget(slow, (), None, 110, 0).total == pytest.approx(24 * 3600 / 1210)


def test_places_that_were_found_cost_too_each_once() -> None:
    ways = Ways("a.vn", (FeedDirectory("https://a.vn/rss.html", 600),), ())
    feed = Place("https://a.vn/a.rss", "https://a.vn/rss.html", "feed")
    only = budget(ways, (), None, 120, 0).places
    assert budget(ways, (feed, feed, *ways.ways[0].places()), None, 120, 0).places == pytest.approx(only + 86400 / 660)


def test_a_section_costs_the_page_that_is_turned_too() -> None:
    ways = Ways("a.vn", (Listings("https://a.vn", 1000, sections=("/a.htm",)),), ())
    assert budget(ways, (), None, 120, 0).places == pytest.approx(2 * 86400 / 1100)


def test_an_article_is_fetched_and_looked_at_three_times_and_more_where_it_changes() -> None:
    found = budget(Ways("a.vn", (), ()), (), None, 120, 100)
    assert (found.articles, found.visits, found.translations) == (100, pytest.approx(354), 0)


def test_translations_are_those_that_are_wanted() -> None:
    ways = Ways("a.vn", (), ("en", "ja", "ko"))
    counts = [budget(ways, (), wanted, 120, 100).translations for wanted in (None, ("en",), ())]
    assert counts == [pytest.approx(354), pytest.approx(118), 0]


def test_no_site_without_translations_is_asked_for_any() -> None:
    assert budget(FEED, (), ("en",), 120, 100).translations == 0


def test_both_sites_take_about_half_a_request_a_second() -> None:
    totals = [
        budget(spider.ways(), (), None, 120, spider.usual.articles_a_day).total
        for spider in (ThanhnienSpider, VietnamSpider)
    ]
    assert 45_000 < sum(totals) < 52_000
