"""The loop of a crawl: what is given next, and what becomes of the answers. Time is set, the web is told."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest
from crawl_parts import DAY, HOUR, MINUTE, NOON, Opened, SetClock, answer, id_of, message, state, thanhnien, vietnam

from dongtin.errors import CutPlace, UnreadablePlace
from dongtin.events import Lane
from dongtin.publishers import identify
from spiders.frontier import Answer, Visit, day_of
from spiders.intake import Languages
from spiders.outcomes import AddressOutcome, PlaceOutcome
from spiders.places import Place
from spiders.plan import AWAY_AFTER, Cadence, Plan, Reply
from spiders.ways import DatedSitemaps, Feed, FeedDirectory, Listings, Way

T = TypeVar("T")
NOW = NOON.timestamp()
SITE = "https://thanhnien.vn"
FEED = Feed(f"{SITE}/rss/home.rss")
DATED = DatedSitemaps(
    f"{SITE}/sitemap.xml",
    shard=r"/sitemaps/sitemaps-(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<first>\d+)-(?P<last>\d+)\.xml",
)
LISTINGS = Listings(SITE, sections=("/thoi-su.htm",))
ONE_PASS = Cadence(120, 4, is_one_pass=True)
NO_TRANSLATIONS = Languages()
NEVER_S = 0.05
"""What has not come by then does not come."""


def feed_of(*urls: str) -> bytes:
    items = "".join(f"<item><link>{url}</link></item>" for url in urls)
    return f"<rss><channel>{items}</channel></rss>".encode()


def index_of(*urls: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f"<sitemapindex>{entries}</sitemapindex>".encode()


def sitemap_of(*urls: str) -> bytes:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return f"<urlset>{entries}</urlset>".encode()


def listing_of(*urls: str, zone: str = "") -> bytes:
    links = "".join(f'<div class="box-category-item"><a href="{url}">Tin</a></div>' for url in urls)
    return f'<html><body><input id="hdZoneId" value="{zone}">{links}</body></html>'.encode()


def reply(body: bytes = b"", fresh_s: float | None = None, etag: str | None = '"1"') -> Reply:
    return Reply(body, "text/html" if b"<html" in body else "text/xml", etag, None, fresh_s)


def article(number: int, day: str = "260708", slug: str = "tin-moi") -> str:
    return f"{SITE}/{slug}-185{day}11300{number:04}.htm"


@dataclass
class Crawl:
    """A plan on a file, with a web of places: address → what stands there."""

    folder: Path
    web: dict[str, bytes]
    ways: tuple[Way, ...] = (FEED,)
    cadence: Cadence = ONE_PASS
    languages: Languages = NO_TRANSLATIONS
    publisher: str = "thanhnien.vn"

    def __post_init__(self) -> None:
        self.clock = SetClock()
        self.opened = Opened(self.folder, self.publisher)
        self.plan = self._plan()
        self.looked: list[str] = []
        self.visited: list[Visit] = []

    def restart(self, cadence: Cadence | None = None) -> None:
        self.opened = self.opened.again()
        self.cadence = cadence or self.cadence
        self.plan = self._plan()
        self.looked, self.visited = [], []

    def _plan(self) -> Plan:
        file = self.opened
        return Plan(file.frontier, file.places, self.ways, self.languages, self.clock, self.cadence)

    async def one_pass(self) -> None:
        """Everything that is due, one after the other."""
        self.plan.begin()
        async for task in self.plan.visits():
            await self.do(task)

    async def do(self, task: Visit | Place) -> None:
        if isinstance(task, Visit):
            self.visited.append(task)
            self.plan.answered(task, [answer(task)], AddressOutcome.FETCHED)
            return
        self.looked.append(task.url)
        if task.url not in self.web:
            self.plan.unread(task, PlaceOutcome.BAD_STATUS, "status 403")
            return
        try:
            await self.plan.read(task, reply(self.web[task.url]))
        except CutPlace as error:
            self.plan.unread(task, AddressOutcome.CUT, str(error))
        except UnreadablePlace as error:
            self.plan.unread(task, PlaceOutcome.UNREADABLE, str(error))

    def counts(self) -> dict[str, int]:
        rows = self.opened.database.execute("SELECT * FROM counts WHERE day = ?", (day_of(self.clock.seconds),))
        return {row["word"]: row["number"] for row in rows}

    @property
    def urls(self) -> list[str]:
        return [visit.url for visit in self.visited]


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def crawl(tmp_path: Path) -> Callable[..., Crawl]:
    return lambda web, **given: Crawl(tmp_path, web, **given)


Made = Callable[..., Crawl]


def test_one_pass_looks_in_every_place_fetches_what_it_found_and_ends(crawl: Made) -> None:
    one = crawl({FEED.url: feed_of(article(1), article(2), article(1, slug="ten-khac"))})
    run(one.one_pass())
    assert one.looked == [FEED.url]
    assert sorted(visit.article_id for visit in one.visited) == [id_of(thanhnien(1)), id_of(thanhnien(2))]
    assert one.counts() == {"found": 2, "new": 2, "fetched": 2, "place/read": 1}
    assert one.plan.intake.found == 2


def test_the_next_pass_asks_for_nothing_that_is_done(crawl: Made) -> None:
    one = crawl({FEED.url: feed_of(article(1))})
    run(one.one_pass())
    one.restart()
    one.clock.go_on(10 * MINUTE)
    run(one.one_pass())
    assert (one.looked, one.visited, one.plan.intake.found) == ([FEED.url], [], 0)


def test_what_was_on_its_way_in_a_crash_is_asked_for_again(crawl: Made) -> None:
    one = crawl({FEED.url: feed_of(article(1), article(2))})

    async def crash_with_the_second() -> None:
        one.plan.begin()
        async for task in one.plan.visits():
            if one.visited:
                return
            await one.do(task)

    run(crash_with_the_second())
    first = one.urls
    one.restart()
    run(one.one_pass())
    assert sorted(first + one.urls) == [article(1), article(2)]


def test_strangers_are_counted_and_never_asked_for(crawl: Made) -> None:
    strangers = ["https://vnexpress.net/tin-123.html", "http://127.0.0.1/tin-185260708113000001.htm"]
    one = crawl(
        {
            FEED.url: feed_of(article(1), *strangers, f"{SITE}/thoi-su.htm"),
            DATED.url: index_of("https://evil.example/sitemaps/sitemaps-2026-7-6-10.xml"),
        },
        ways=(FEED, DATED),
    )
    run(one.one_pass())
    assert sorted(one.looked) == sorted([FEED.url, DATED.url])
    assert one.urls == [article(1)]
    assert (one.counts()["foreign"], one.counts()["place/foreign"]) == (2, 1)


def test_a_place_that_cannot_be_read_is_no_empty_one(crawl: Made) -> None:
    one = crawl({FEED.url: b"<!doctype html><html><body>403</body></html>"}, ways=(FEED, DATED))
    run(one.one_pass())
    assert one.counts() == {"place/unreadable": 1, "place/bad_status": 1}
    assert one.opened.places.next_due() == NOW + 120
    one.web |= {FEED.url: feed_of(article(1)), DATED.url: index_of()}
    one.clock.go_on(120)
    one.restart()
    run(one.one_pass())
    assert one.urls == [article(1)]


def test_of_a_place_that_is_cut_what_is_whole_counts_and_the_rest_is_asked_for_again(crawl: Made) -> None:
    whole = feed_of(article(1), article(2))
    one = crawl({FEED.url: whole[: whole.index(b"<item>", 20)]}, cadence=Cadence(60, 4, is_one_pass=True))
    run(one.one_pass())
    assert one.urls == [article(1)]
    assert one.counts()["place/cut"] == 1
    assert "place/read" not in one.counts()
    # As soon as one that is whole, and not under the condition that what was sent has changed.
    assert one.opened.places.next_due() == NOW + 60
    one.web[FEED.url] = whole
    one.clock.go_on(60)
    assert one.opened.places.due(one.clock.seconds, 1)[0].etag is None
    one.restart()
    run(one.one_pass())
    assert one.urls == [article(2)]


def test_a_cut_sitemap_of_the_past_is_not_done_with(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2025-1-11-15.xml"
    urls = [article(number, "250114") for number in (1, 2)]
    whole = sitemap_of(*urls)
    cadence = replace(ONE_PASS, window="2025-01-14/2025-01-15")
    one = crawl({DATED.url: index_of(shard), shard: whole[: whole.rindex(b"<url>")]}, ways=(DATED,), cadence=cadence)
    run(one.one_pass())
    assert one.urls == urls[:1]
    one.web[shard] = whole
    one.clock.go_on(120)
    one.restart()
    run(one.one_pass())
    assert one.urls == urls[1:]
    assert one.opened.places.count(cadence.window) == 0


def test_places_leave_addresses_their_turns(crawl: Made) -> None:
    """However many places are due, and however slowly they are looked at."""
    ways = tuple(Feed(f"{SITE}/rss/{number}.rss") for number in range(6))
    one = crawl({way.url: feed_of() for way in ways}, ways=ways, cadence=Cadence(60, 4))
    for number in range(3):
        one.opened.frontier.find(thanhnien(number), "feed", Lane.LIVE, NOW)
    one.plan.begin()

    async def work() -> list[type]:
        kinds: list[type] = []
        async for task in one.plan.visits():
            kinds.append(type(task))
            await one.do(task)
            # Slower than all of them want to be looked at.
            one.clock.go_on(30)
            if len(kinds) == 8:
                break
        return kinds

    assert run(work()) == [Place, Visit] * 3 + [Place] * 2


def test_a_directory_does_not_take_a_place_from_the_way_that_begins_there(crawl: Made) -> None:
    directory = FeedDirectory(f"{SITE}/rss.html")
    page = f'<html><body><a href="{FEED.url}">a</a><a href="{SITE}/rss/the-thao.rss">b</a></body></html>'.encode()
    web = {directory.url: page, FEED.url: feed_of(), f"{SITE}/rss/the-thao.rss": feed_of()}
    one = crawl(web, ways=(directory, FEED), cadence=Cadence(60, 4, is_one_pass=True))
    run(one.one_pass())
    rows = one.opened.database.execute("SELECT url, way FROM places").fetchall()
    assert {row["url"]: row["way"] for row in rows} == {
        directory.url: directory.url, FEED.url: FEED.url, f"{SITE}/rss/the-thao.rss": directory.url,
    }  # fmt: skip


@pytest.mark.parametrize("dots", ["/pub/../", "/pub/%2e%2E/", "/./"])
def test_places_are_asked_for_without_dot_segments(crawl: Made, dots: str) -> None:
    shard = f"{SITE}{dots}sitemaps/sitemaps-2026-7-6-10.xml"
    one = crawl({DATED.url: index_of(shard)}, ways=(DATED,))
    run(one.one_pass())
    assert one.looked == [DATED.url, f"{SITE}/sitemaps/sitemaps-2026-7-6-10.xml"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (index_of(f"{SITE}/sitemaps/of-today.xml"), "none of which fits the pattern"),
        (sitemap_of(article(1)), "a sitemap where an index"),
    ],
)
def test_an_index_that_leads_nowhere_is_not_read(crawl: Made, body: bytes, why: str) -> None:
    one = crawl({DATED.url: body}, ways=(DATED,))
    with pytest.raises(UnreadablePlace, match=why):
        run(one.plan.read(next(iter(DATED.places())), reply(body)))
    run(one.one_pass())
    assert one.counts() == {"place/unreadable": 1}


def test_an_index_in_the_place_of_a_sitemap_is_not_read(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2026-7-6-10.xml"
    one = crawl({DATED.url: index_of(shard), shard: index_of(f"{SITE}/sitemaps/part.xml")}, ways=(DATED,))
    run(one.one_pass())
    assert one.counts() == {"place/read": 1, "place/unreadable": 1}


def test_a_place_that_is_gone_is_asked_for_ever_more_seldom_unless_its_way_begins_there(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2026-7-6-10.xml"
    one = crawl({DATED.url: index_of(shard)}, ways=(FEED, DATED))
    run(one.one_pass())
    waits = {}
    for place in (Place(FEED.url, FEED.url, "feed"), Place(shard, DATED.url, "shard")):
        for _ in range(12):
            one.plan.unread(place, PlaceOutcome.GONE, "status 404")
        row = one.opened.database.execute("SELECT next_visit FROM places WHERE url = ?", (place.url,)).fetchone()
        waits[place.role] = row["next_visit"] - NOW
    assert waits == {"feed": HOUR / 2, "shard": DAY}


def test_addresses_that_are_refused_again_say_nothing_of_the_site(crawl: Made) -> None:
    one = crawl({}, cadence=Cadence(120, 10), ways=())
    bad = [thanhnien(number) for number in range(AWAY_AFTER + 2)]
    for address in bad:
        one.opened.frontier.find(address, "feed", Lane.LIVE, NOW)
        one.opened.frontier.failed(id_of(address), NOW)
    one.clock.go_on(HOUR)

    async def work() -> None:
        given, following = await taken(one.plan, len(bad))
        following.cancel()
        for visit in given:
            assert isinstance(visit, Visit)
            one.plan.failed(visit, AddressOutcome.BAD_STATUS)
        one.opened.frontier.find(thanhnien(99), "feed", Lane.LIVE, NOW)
        (last,), more = await taken(one.plan, 1)
        more.cancel()
        assert isinstance(last, Visit)

    run(work())
    rows = one.opened.database.execute("SELECT failures FROM addresses WHERE failures > 0").fetchall()
    assert [row["failures"] for row in rows] == [2] * len(bad)


def test_an_address_in_whose_place_another_article_answers_is_done(crawl: Made) -> None:
    one = crawl({}, ways=())
    one.opened.frontier.find(thanhnien(1), "feed", Lane.LIVE, NOW)
    (visit,) = one.opened.frontier.due(NOW, 2)
    other = Answer(id_of(thanhnien(2)), f"{SITE}/khac-185260708113000002.htm", 200)
    one.plan.answered(visit, [other], AddressOutcome.FETCHED)
    assert one.opened.frontier.due(NOW, 2) == []
    assert one.opened.frontier.next_due() == NOW + HOUR


def test_a_listing_is_turned_through_what_is_new_and_no_further(crawl: Made) -> None:
    page = f"{SITE}/timelinelist/1854/{{}}.htm"
    web = {
        f"{SITE}/thoi-su.htm": listing_of(article(1), zone="1854"),
        page.format(1): listing_of(article(1), article(2)),
        page.format(2): listing_of(article(2), article(3)),
        page.format(3): listing_of(article(3)),
        page.format(4): listing_of(article(4)),
    }
    one = crawl(web, ways=(LISTINGS,))
    run(one.one_pass())
    assert one.looked == [f"{SITE}/thoi-su.htm", *map(page.format, (1, 2, 3))]
    assert one.urls == [article(number) for number in (1, 2, 3)]


def test_a_backfill_fetches_the_articles_of_its_days_in_their_lane_and_nothing_else(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2025-1-{{}}.xml"
    urls = [article(1, f"2501{day}") for day in (11, 13, 14, 20, 21, 22)]
    web = {
        DATED.url: index_of(shard.format("6-10"), shard.format("11-15"), shard.format("16-20"), shard.format("21-25")),
        shard.format("11-15"): sitemap_of(*urls[:3]),
        shard.format("16-20"): sitemap_of(urls[3]),
        shard.format("21-25"): sitemap_of(*urls[4:]),
    }
    cadence = replace(ONE_PASS, window="2025-01-14/2025-01-21")
    one = crawl(web, ways=(FEED, DATED), cadence=cadence)
    one.opened.frontier.find(thanhnien(9), "feed", Lane.LIVE, NOW)
    run(one.one_pass())
    assert one.looked[0] == DATED.url
    assert sorted(one.looked[1:]) == [shard.format(days) for days in ("11-15", "16-20", "21-25")]
    # An article may come out the day after it got its id.
    assert sorted(one.urls) == urls[1:5]
    assert {visit.lane for visit in one.visited} == {Lane.BACKFILL}
    one.restart()
    run(one.one_pass())
    assert (len(one.looked), one.visited) == (4, [])


def test_a_backfill_that_was_killed_is_finished_by_the_live_crawl_after_its_own_work(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2025-1-11-15.xml"
    web = {DATED.url: index_of(shard), shard: sitemap_of(article(1, "250114")), FEED.url: feed_of(article(1))}
    one = crawl(web, ways=(FEED, DATED), cadence=replace(ONE_PASS, window="2025-01-14/2025-01-15"))

    async def killed_after_the_index() -> None:
        one.plan.begin()
        async for task in one.plan.visits():
            await one.do(task)
            return

    run(killed_after_the_index())
    one.restart(ONE_PASS)
    run(one.one_pass())
    assert one.urls == [article(1), article(1, "250114")]
    assert [visit.lane for visit in one.visited] == [Lane.LIVE, Lane.BACKFILL]


async def taken(plan: Plan, number: int) -> tuple[list[Visit | Place], "asyncio.Task[Visit | Place]"]:
    """So many tasks, and the wait for the next."""
    tasks = plan.visits()
    given = [await anext(tasks) for _ in range(number)]
    return given, asyncio.ensure_future(anext(tasks))


async def comes_not(waiting: "asyncio.Future[T]") -> bool:
    await asyncio.wait([waiting], timeout=NEVER_S)
    return not waiting.done()


def test_no_more_is_on_its_way_than_is_allowed(crawl: Made) -> None:
    one = crawl({}, cadence=Cadence(120, 2), ways=())
    for number in range(4):
        one.opened.frontier.find(thanhnien(number), "feed", Lane.LIVE, NOW)

    async def work() -> None:
        (first, second), third = await taken(one.plan, 2)
        assert await comes_not(third)
        assert isinstance(first, Visit)
        one.plan.answered(first, [answer(first)], AddressOutcome.FETCHED)
        assert await asyncio.wait_for(third, 30) not in (first, second)

    run(work())


def test_what_becomes_due_while_it_rests_is_given_without_being_asked_for(crawl: Made) -> None:
    one = crawl({}, cadence=Cadence(120, 4), ways=())

    async def work() -> None:
        _, first = await taken(one.plan, 0)
        assert await comes_not(first)
        one.plan.learn([message(thanhnien(), state(thanhnien(), seen=NOW - HOUR))], "t")
        visit = await asyncio.wait_for(first, 30)
        assert isinstance(visit, Visit)
        assert visit.article_id == id_of(thanhnien())

    run(work())


def test_what_is_heard_of_goes_before_what_was_seen_to_be_due(crawl: Made) -> None:
    one = crawl({}, cadence=Cadence(120, 4), ways=())
    for number in range(4):
        one.opened.frontier.find(thanhnien(number), "sitemap", Lane.BACKFILL, NOW)

    async def work() -> None:
        tasks = one.plan.visits()
        assert isinstance(await anext(tasks), Visit)
        one.plan.learn([message(thanhnien(9), state(thanhnien(9), seen=NOW - HOUR))], "t")
        visit = await anext(tasks)
        assert isinstance(visit, Visit)
        assert visit.article_id == id_of(thanhnien(9))

    run(work())


def test_a_site_that_is_away_is_left_alone_and_no_address_suffers_for_it(crawl: Made) -> None:
    one = crawl({}, cadence=Cadence(120, 10), ways=())
    numbers = range(AWAY_AFTER + 2)
    for number in numbers:
        one.opened.frontier.find(thanhnien(number), "feed", Lane.LIVE, NOW)

    async def work() -> None:
        given, following = await taken(one.plan, AWAY_AFTER + 1)
        following.cancel()
        for visit in given:
            assert isinstance(visit, Visit)
            one.plan.failed(visit, AddressOutcome.TIMEOUT)
        _, more = await taken(one.plan, 0)
        assert await comes_not(more)
        more.cancel()

    run(work())
    rows = one.opened.database.execute("SELECT failures FROM addresses").fetchall()
    assert sum(row["failures"] for row in rows) == AWAY_AFTER - 1


def test_places_that_are_gone_are_no_site_that_is_away(crawl: Made) -> None:
    ways = tuple(Feed(f"{SITE}/rss/{number}.rss") for number in range(AWAY_AFTER + 2))
    one = crawl({}, cadence=Cadence(120, 10), ways=ways)
    one.plan.begin()

    async def work() -> None:
        given, following = await taken(one.plan, AWAY_AFTER + 1)
        following.cancel()
        for place in given:
            assert isinstance(place, Place)
            one.plan.unread(place, PlaceOutcome.GONE, "status 404")
        (last,), more = await taken(one.plan, 1)
        more.cancel()
        assert isinstance(last, Place)

    run(work())


def test_a_publisher_that_wants_to_be_left_alone_is_and_what_was_due_stays_due(crawl: Made) -> None:
    one = crawl({}, cadence=Cadence(120, 10), ways=())
    for number in range(2):
        one.opened.frontier.find(thanhnien(number), "feed", Lane.LIVE, NOW)

    async def work() -> None:
        (visit,), more = await taken(one.plan, 1)
        more.cancel()
        assert one.plan.held(visit, time.time() + 3600)
        _, more = await taken(one.plan, 0)
        assert await comes_not(more)
        more.cancel()

    run(work())
    assert len(one.opened.frontier.due(NOW, 10)) == 2


def test_a_place_is_left_alone_for_as_long_as_it_asks_within_an_hour(crawl: Made) -> None:
    one = crawl({}, cadence=Cadence(120, 4))
    one.plan.begin()

    async def pause(body: bytes, fresh_s: float | None) -> float:
        one.opened.places.begin(FEED.places())
        (place,) = one.opened.places.due(NOW, 1)
        await one.plan.read(place, reply(body, fresh_s))
        due = one.opened.places.next_due()
        assert due is not None
        return (due - NOW) / 1.2

    async def work() -> None:
        ttl = b"<rss><channel><ttl>10</ttl></channel></rss>"
        assert await pause(feed_of(), None) <= 120
        assert 600 / 1.2 <= await pause(ttl, None) <= 600
        assert 900 / 1.2 <= await pause(feed_of(), 900) <= 900
        assert 900 / 1.2 <= await pause(ttl, 900) <= 900
        assert 3600 / 1.2 <= await pause(feed_of(), 10 * DAY) <= 3600

    run(work())


def test_a_place_that_has_not_changed_keeps_its_validators(crawl: Made) -> None:
    one = crawl({FEED.url: feed_of(article(1))})
    run(one.one_pass())
    one.opened.places.begin(FEED.places())
    (place,) = one.opened.places.due(NOW, 1)
    assert place.etag == '"1"'
    one.plan.unchanged(place, reply(etag=None))
    one.opened.places.begin(FEED.places())
    assert one.opened.places.due(NOW, 1)[0].etag == '"1"'
    assert one.counts()["place/unchanged"] == 1


TRANSLATED = ("en", "ja", "ko")


@pytest.mark.parametrize(
    ("declared", "wanted", "found"),
    [
        ((), None, TRANSLATED),
        (("en", "fr"), None, ("en", "fr")),
        (("en", "fr"), ("ja",), ("ja",)),
        ((), ("en", "de"), ("en", "de")),
        (("en",), (), ()),
    ],
)
def test_translations_are_those_that_are_wanted_else_declared_else_known(
    crawl: Made, declared: Iterable[str], wanted: tuple[str, ...] | None, found: tuple[str, ...]
) -> None:
    one = crawl({}, publisher="vietnam.vn", languages=Languages(TRANSLATED, wanted), ways=(), cadence=Cadence(120, 4))
    others = ["https://www.vietnam.vn/en/tin-khac", "https://www.vietnam.vn/tin-moi", "https://evil.example/en/tin-moi"]
    shown = [*others, *(f"https://www.vietnam.vn/{each}/tin-moi" for each in declared)]
    one.plan.translations(vietnam(), Lane.LIVE, shown)
    visits = one.opened.frontier.due(NOW + HOUR, 50)
    assert sorted(visit.article_id for visit in visits) == sorted(id_of(vietnam(language=each)) for each in found)
    assert {visit.discovery for visit in visits} <= {"translation"}


def test_translations_that_are_guessed_are_given_time_to_come(crawl: Made) -> None:
    one = crawl({}, publisher="vietnam.vn", languages=Languages(TRANSLATED), ways=(), cadence=Cadence(120, 4))
    one.plan.translations(vietnam(), Lane.LIVE, ())
    assert one.opened.frontier.next_due() == NOW + 10 * MINUTE


def test_translations_of_the_past_are_of_the_past(crawl: Made) -> None:
    one = crawl({}, publisher="vietnam.vn", languages=Languages(TRANSLATED), ways=())
    one.plan.translations(vietnam(), Lane.BACKFILL, ())
    assert {visit.lane for visit in one.opened.frontier.due(NOW, 10)} == {Lane.BACKFILL}


@pytest.mark.parametrize("languages", [Languages(), Languages(TRANSLATED)])
def test_a_translation_has_no_translations(crawl: Made, languages: Languages) -> None:
    one = crawl({}, publisher="vietnam.vn", languages=languages, ways=())
    page = vietnam(language="en" if languages.known else "vi")
    one.plan.translations(page, Lane.LIVE, ["https://www.vietnam.vn/ja/tin-moi"])
    assert one.opened.frontier.next_due() is None


def test_changes_and_withdrawals_are_counted(crawl: Made) -> None:
    one = crawl({}, ways=())
    one.opened.frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
    visit = one.opened.frontier.due(NOW, 1)[0]
    one.plan.answered(visit, [Answer(visit.article_id, visit.url, 200)], AddressOutcome.FETCHED)
    one.plan.learn([message(thanhnien(), state(thanhnien(), content, seen=NOW)) for content in "aab"], "t")
    assert one.counts()["changed"] == 1


# What the clock and the disk may do.


def test_places_and_addresses_that_a_clock_ahead_has_planned_are_looked_at_soon(crawl: Made) -> None:
    one = crawl({FEED.url: feed_of(article(1))}, cadence=Cadence(120, 4))
    one.clock.go_on(400 * DAY)

    async def look() -> None:
        one.plan.begin()
        async for task in one.plan.visits():
            await one.do(task)
            if isinstance(task, Visit):
                return

    run(look())
    one.clock.go_on(-400 * DAY)
    one.restart()
    one.plan.begin()
    due = one.plan.next_due()
    assert due is not None
    assert due <= NOW + 2 * DAY


@pytest.mark.parametrize("cadence", [ONE_PASS, Cadence(120, 4)])
def test_a_full_disk_ends_the_crawl_and_what_was_kept_is_there(crawl: Made, cadence: Cadence) -> None:
    one = crawl({FEED.url: feed_of(*(article(number) for number in range(1000)))}, cadence=cadence)

    async def work() -> None:
        one.plan.begin()
        database = one.opened.database
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")
        async for task in one.plan.visits():
            await one.do(task)

    run(asyncio.wait_for(work(), 60))
    assert str(one.plan.failure) == "database or disk is full"
    one.restart(ONE_PASS)
    run(one.one_pass())
    assert one.plan.failure is None
    assert len({visit.article_id for visit in one.visited}) == 1000


def test_a_file_that_another_holds_ends_the_crawl_at_once_and_nothing_is_half_written(crawl: Made) -> None:
    one = crawl({FEED.url: feed_of(article(1))})
    one.plan.begin()
    one.opened.database.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(one.folder / "thanhnien.vn.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def work() -> None:
        async for task in one.plan.visits():
            await one.do(task)
            other.execute("ROLLBACK")
            # Too late: part of it may be missing.
            one.plan.translations(thanhnien(2), Lane.LIVE, ())
            one.plan.unread(next(iter(FEED.places())), PlaceOutcome.GONE, "status 404")

    run(asyncio.wait_for(work(), 60))
    assert str(one.plan.failure) == "database is locked"
    one.restart()
    assert one.counts() == {}
    run(one.one_pass())
    assert one.urls == [article(1)]


def test_a_clock_that_is_set_back_while_it_crawls_keeps_nothing_away(crawl: Made) -> None:
    one = crawl({FEED.url: feed_of(article(1))}, cadence=Cadence(60, 4))
    one.plan.begin()

    async def work() -> list[Visit | Place]:
        done: list[Visit | Place] = []
        one.clock.go_on(300 * DAY)
        async for task in one.plan.visits():
            await one.do(task)
            done.append(task)
            if len(done) == 2:
                one.clock.go_on(-300 * DAY)
            if len(done) == 3:
                break
        return done

    async def goes_on() -> list[Visit | Place]:
        crawled = asyncio.ensure_future(work())
        while not crawled.done():
            await asyncio.sleep(0.01)
            one.clock.go_on(MINUTE)
        return crawled.result()

    run(asyncio.wait_for(goes_on(), 60))
    assert one.clock.seconds < NOW + 3 * DAY


def test_a_pass_tries_again_what_failed_before(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2025-1-11-15.xml"
    urls = [article(number, "250114") for number in (1, 2)]
    one = crawl({DATED.url: index_of(shard)}, ways=(DATED,), cadence=replace(ONE_PASS, window="2025-01-14/2025-01-15"))
    run(one.one_pass())
    one.web[shard] = sitemap_of(*urls)
    one.restart()

    async def with_a_failure() -> None:
        one.plan.begin()
        async for task in one.plan.visits():
            if isinstance(task, Visit) and task.url == urls[0]:
                one.plan.failed(task, AddressOutcome.TIMEOUT)
            else:
                await one.do(task)

    run(with_a_failure())
    assert one.urls == urls[1:]
    one.restart()
    run(one.one_pass())
    assert one.urls == urls[:1]


def test_a_pass_looks_in_every_place_however_lately_it_was_looked_at(crawl: Made) -> None:
    directory, sport = FeedDirectory(f"{SITE}/rss.html"), f"{SITE}/rss/the-thao.rss"
    web = {directory.url: f'<html><body><a href="{sport}">a</a></body></html>'.encode(), sport: feed_of()}
    one = crawl(web, ways=(directory,))
    run(one.one_pass())
    one.web[sport] = feed_of(article(1))
    one.clock.go_on(MINUTE)
    one.restart()
    run(one.one_pass())
    assert one.urls == [article(1)]


def test_a_back_fill_by_itself_fetches_what_a_live_crawl_left(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2025-1-11-15.xml"
    url = article(1, "250114")
    web = {DATED.url: index_of(shard), shard: sitemap_of(url)}
    one = crawl(web, ways=(DATED,), cadence=replace(ONE_PASS, window="2025-01-14/2025-01-15"))
    one.opened.frontier.find(identify(url), "feed", Lane.LIVE, NOW)
    run(one.one_pass())
    assert [(visit.url, visit.lane) for visit in one.visited] == [(url, Lane.BACKFILL)]


def test_a_back_fill_may_begin_with_the_calendar(crawl: Made) -> None:
    shard = f"{SITE}/sitemaps/sitemaps-2025-1-16-20.xml"
    window = "0001-01-01/9999-12-31"
    web = {DATED.url: index_of(shard), shard: sitemap_of(article(1, day="250117"))}
    one = crawl(web, ways=(DATED,), cadence=Cadence(120, 4, is_one_pass=True, window=window))
    run(one.one_pass())
    assert [visit.article_id for visit in one.visited] == ["thanhnien.vn/185250117113000001"]
