from dataclasses import replace
from pathlib import Path

import pytest
from crawl_parts import DAY, HOUR, NOON, Opened

from spiders.places import JITTER, LONGEST_RETRY_S, RETRY_S, Place, Places

NOW = NOON.timestamp()
WAY = "https://thanhnien.vn/sitemap.xml"
FEED = Place("https://thanhnien.vn/rss/home.rss", "https://thanhnien.vn/rss/home.rss", "feed")
SHARD = Place("https://thanhnien.vn/sitemaps/sitemaps-2026-7-6-10.xml", WAY, "shard")
PAST = "2026-01-01/2026-01-31"


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


@pytest.fixture
def places(opened: Opened) -> Places:
    return opened.places


def urls(found: list[Place]) -> list[str]:
    return [place.url for place in found]


def test_a_new_place_is_due_at_once_and_stays_due_until_it_is_read(opened: Opened) -> None:
    opened.places.find(FEED, NOW, is_due=True)
    assert urls(opened.again().places.due(NOW, 10)) == [FEED.url]


def test_after_a_look_it_is_due_after_its_pause_with_some_jitter_upwards(places: Places) -> None:
    dues = set()
    for _ in range(20):
        places.begin([FEED])
        places.was_read(FEED, NOW, 100, None, None)
        due = places.next_due()
        assert due is not None
        dues.add(due - NOW)
        assert places.due(due - 0.01, 10) == []
        assert urls(places.due(due, 10)) == [FEED.url]
    assert 100 * JITTER[0] <= min(dues) < max(dues) <= 100 * JITTER[1]


def test_its_validators_are_those_of_the_last_answer(places: Places) -> None:
    places.find(FEED, NOW, is_due=True)
    places.was_read(FEED, NOW, 100, '"1"', "Wed, 08 Jul 2026 05:00:00 GMT")
    (place,) = places.due(NOW + HOUR, 10)
    assert (place.etag, place.last_modified) == ('"1"', "Wed, 08 Jul 2026 05:00:00 GMT")


def test_failures_are_tried_again_soon_and_then_each_half_hour(places: Places) -> None:
    places.find(FEED, NOW, is_due=True)
    now, waits = NOW, []
    for _ in range(8):
        places.failed(FEED, now)
        due = places.next_due()
        assert due is not None
        waits.append(due - now)
        now = due
    assert waits[:4] == [RETRY_S, 2 * RETRY_S, 4 * RETRY_S, 8 * RETRY_S]
    assert waits[-1] == LONGEST_RETRY_S
    places.was_read(FEED, now, 100, None, None)
    places.failed(FEED, now)
    assert places.next_due() == now + RETRY_S


def test_a_failure_keeps_the_validators(places: Places) -> None:
    places.find(FEED, NOW, is_due=True)
    places.was_read(FEED, NOW, 100, '"1"', None)
    places.failed(FEED, NOW + 200)
    assert places.due(NOW + HOUR, 1)[0].etag == '"1"'


def test_what_fails_again_and_again_is_asked_for_without_conditions(places: Places) -> None:
    places.find(FEED, NOW, is_due=True)
    places.was_read(FEED, NOW, 100, '"1"', "Wed, 08 Jul 2026 05:00:00 GMT")
    for _ in range(3):
        places.failed(FEED, NOW)
    (place,) = places.due(NOW + HOUR, 1)
    assert (place.etag, place.last_modified) == (None, None)


def test_what_fails_is_not_looked_at_sooner_because_it_is_named_again(places: Places) -> None:
    places.find(SHARD, NOW, is_due=True)
    places.failed(SHARD, NOW)
    places.find(replace(SHARD, modified=NOW + 1), NOW + 1, is_due=True)
    assert places.due(NOW + RETRY_S - 1, 10) == []
    assert urls(places.due(NOW + RETRY_S, 10)) == [SHARD.url]


@pytest.mark.parametrize(
    ("is_live", "modified", "is_looked_at"),
    [
        (True, NOW + HOUR, True),
        (True, NOW - HOUR, True),  # a date may mean its whole day
        (True, NOW - 2 * DAY, False),
        (True, None, True),
        (False, NOW + HOUR, True),
        (False, NOW - HOUR, False),
        (False, None, False),
    ],
)
def test_a_shard_is_read_again_where_it_can_have_changed(
    places: Places, is_live: bool, modified: float | None, is_looked_at: bool
) -> None:
    places.find(SHARD, NOW, is_due=True)
    places.was_read(SHARD, NOW, None, None, None)
    assert places.due(NOW + DAY, 10) == []
    places.find(replace(SHARD, modified=modified), NOW + DAY, is_due=is_live)
    assert bool(places.due(NOW + DAY, 10)) == is_looked_at


def test_an_old_shard_that_was_never_read_is_no_concern_of_today(places: Places) -> None:
    places.find(replace(SHARD, modified=NOW), NOW, is_due=False)
    assert places.next_due() is None


def test_pages_of_a_listing_and_of_a_backfill_are_forgotten_once_read(places: Places) -> None:
    page = Place("https://thanhnien.vn/timelinelist/1854/2.htm", "https://thanhnien.vn", "page", zone="1854", page=2)
    past = replace(SHARD, window=PAST)
    for place in (page, past):
        places.find(place, NOW, is_due=True)
        places.was_read(place, NOW, None, None, None)
        assert places.next_due() is None
        places.find(place, NOW, is_due=True)
        assert urls(places.due(NOW, 10)) == [place.url]
        places.was_read(place, NOW, None, None, None)


def test_a_backfill_has_places_of_its_own(places: Places) -> None:
    places.find(SHARD, NOW, is_due=True)
    places.was_read(SHARD, NOW, 100, '"1"', None)
    places.find(replace(SHARD, window=PAST), NOW, is_due=True)
    (place,) = places.due(NOW, 10, window=PAST)
    assert (place.window, place.etag) == (PAST, None)
    assert places.due(NOW, 10, window="2025-01-01/2025-01-02") == []
    assert places.next_due(window="2025-01-01/2025-01-02") is None
    assert [each.window for each in places.due(NOW + HOUR, 10)] == [PAST, ""]


def test_what_is_on_its_way_is_not_given_again(places: Places) -> None:
    places.find(FEED, NOW, is_due=True)
    places.find(SHARD, NOW, is_due=True)
    first, second = places.due(NOW, 2)
    assert places.due(NOW, 2, {first}) == [second]
    assert places.due(NOW, 1, {second}) == [first]
    assert places.due(NOW, 2, {first, second}) == []
    assert places.next_due({first, second}) is None
    assert places.next_due({first}) is not None


def test_what_is_begun_is_looked_at_however_lately_it_was(places: Places) -> None:
    places.find(FEED, NOW, is_due=True)
    places.was_read(FEED, NOW, 1000, '"1"', None)
    places.begin([FEED])
    (place,) = places.due(NOW, 10)
    assert place.etag == '"1"'


def test_places_of_ways_that_a_spider_no_longer_has_are_forgotten(places: Places) -> None:
    places.find(FEED, NOW, is_due=True)
    places.find(SHARD, NOW, is_due=True)
    places.keep_only([WAY])
    assert urls(places.due(NOW, 10)) == [SHARD.url]
    places.keep_only([])
    assert places.next_due() is None
