"""A world is a function of its settings, and each place says what the world says."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urljoin

import pytest

from dongtin.publishers import AddressKind, identify
from tests.site.content import Content, Stand, Template
from tests.site.script import Kind
from tests.site.settings import WorldSettings
from tests.site.web import A_PAGE, THANHNIEN, VIETNAM, Web
from tests.site.world import World

SETTINGS = WorldSettings(seed=7, articles=120)
WORLD = World(SETTINGS)
WEB = Web(WORLD)
LATER = SETTINGS.origin + timedelta(hours=SETTINGS.span_h + 60)
MOMENTS = [SETTINGS.origin + timedelta(hours=hours) for hours in (0, 5, 17, 40, SETTINGS.span_h + 60)]
LOC = re.compile(r"<loc>([^<]*)</loc>")
HREF = re.compile(r'box-title-text" href="([^"]*)"')
FEED = "/rss/home.rss"
LINK = re.compile(r"<link>([^<]*)</link><description><!\[CDATA")


def text(host: str, path: str, at: datetime = LATER) -> str:
    answer = WEB.answer(host, path, at)
    assert answer.status == 200, path
    return answer.body.decode()


def standing(publisher: str, at: datetime, language: str | None = "vi") -> list[str]:
    return [each.content.url for each in WORLD.listed(at, publisher, language=language)]


def test_the_same_settings_give_the_same_world() -> None:
    again = Web(World(WorldSettings.from_json(SETTINGS.to_json())))
    assert again.world.happenings == WORLD.happenings
    for url in standing("thanhnien.vn", LATER)[:20]:
        path = url.removeprefix("https://thanhnien.vn")
        assert again.answer(THANHNIEN, path, LATER) == WEB.answer(THANHNIEN, path, LATER)


def test_another_seed_gives_another_world() -> None:
    other = World(replace(SETTINGS, seed=8))
    assert not {each.article_id for each in other.happenings} & {each.article_id for each in WORLD.happenings}


def test_every_kind_of_happening_and_template_occurs() -> None:
    assert {each.kind for each in WORLD.happenings} == set(Kind)
    shown = [each.stand for each in WORLD.happenings if isinstance(each.stand, Content)]
    assert {each.template for each in shown} == set(Template)


def test_ids_and_addresses_are_in_the_grammar() -> None:
    lengths = set()
    for happening in WORLD.happenings:
        if isinstance(happening.stand, Content):
            address = identify(happening.stand.url)
            assert address.kind == AddressKind.ARTICLE
            assert address.article_id == happening.article_id
            assert address.canonical_url == happening.stand.url
            lengths.add(len(happening.article_id.rpartition("/")[2]))
    assert {9, 10, 16, 17, 18} <= lengths


def test_an_article_is_never_gone_before_it_came_and_times_never_go_back() -> None:
    for id_ in WORLD.published(LATER + timedelta(days=30)):
        life = WORLD.life(id_)
        assert life[0].kind == Kind.PUBLISH
        assert all(one.at < other.at for one, other in pairwise(life)), id_


@pytest.mark.parametrize("at", MOMENTS)
def test_the_shards_hold_what_stands_there(at: datetime) -> None:
    for host, publisher in ((THANHNIEN, "thanhnien.vn"), (VIETNAM, "vietnam.vn")):
        shards = [
            each for each in LOC.findall(text(host, "/sitemap.xml", at)) if re.search(r"sitemaps-\d|sitemap-post", each)
        ]
        found = [url for each in shards for url in LOC.findall(text(host, each.removeprefix(f"https://{host}"), at))]
        assert sorted(found) == sorted(standing(publisher, at))


@pytest.mark.parametrize("at", MOMENTS)
def test_the_feeds_show_the_newest(at: datetime) -> None:
    assert LINK.findall(text(THANHNIEN, FEED, at)) == standing("thanhnien.vn", at)[:60]
    directory = re.findall(r'href="(/rss/[^"]*\.rss)"', text(THANHNIEN, "/rss.html", at))
    sections = {url for path in directory if path != "/rss/home.rss" for url in LINK.findall(text(THANHNIEN, path, at))}
    assert sections == set(standing("thanhnien.vn", at))


@pytest.mark.parametrize("at", MOMENTS)
def test_the_pages_of_a_listing_follow_each_other_to_an_empty_one(at: datetime) -> None:
    page = text(THANHNIEN, "/thoi-su.htm", at)
    zone = re.search(r'id="hdZoneId" value="(\d+)"', page)
    assert zone
    found: list[str] = []
    for number in range(1, 100):
        shown = re.findall(
            r'box-title-text" href="([^"]*)"', text(THANHNIEN, f"/timelinelist/{zone[1]}/{number}.htm", at)
        )
        assert len(shown) <= A_PAGE
        if not shown:
            break
        found += shown
    assert found
    assert found[0] in page
    in_section = [
        each.content.url
        for each in WORLD.listed(at, "thanhnien.vn")
        if each.content.section and each.content.section.slug.startswith("thoi-su")
    ]
    assert [f"https://thanhnien.vn{each}" for each in found] == in_section


def test_a_listing_shifts_as_new_articles_come() -> None:
    pages = {text(THANHNIEN, "/timelinehome/2.htm", at) for at in MOMENTS}
    assert len(pages) == len(MOMENTS)


def test_a_wrong_slug_and_an_old_one_lead_to_the_current_address() -> None:
    lives = [WORLD.life(each.article_id) for each in WORLD.corrections(SETTINGS.origin, LATER)]
    renamed = [(life[0].stand, each) for life in lives for each in life if _is_renamed(life[0].stand, each.stand)]
    assert renamed
    for first, happening in renamed:
        assert isinstance(first, Content)
        assert isinstance(happening.stand, Content)
        id_ = happening.article_id.rpartition("/")[2]
        for path in (first.url.removeprefix("https://thanhnien.vn"), f"/sai-ten-{id_}.htm"):
            answer = WEB.answer(THANHNIEN, path, happening.at)
            assert (answer.status, answer.location) == (301, happening.stand.url)


def _is_renamed(first: Stand, later: Stand) -> bool:
    return isinstance(first, Content) and isinstance(later, Content) and first.url != later.url


def test_a_translation_stands_there_some_minutes_after_its_page() -> None:
    for happening in WORLD.happened(SETTINGS.origin, LATER, Kind.PUBLISH):
        if happening.article_id.startswith("vietnam.vn/ja/"):
            original = happening.article_id.replace("/ja/", "/vi/")
            path = WORLD.url(happening.article_id, happening.at).removeprefix(f"https://{VIETNAM}")
            before, then = (WEB.answer(VIETNAM, path, happening.at - timedelta(seconds=each)) for each in (1, 0))
            assert (before.status, then.status) == (404, 200)
            assert timedelta(minutes=3) <= happening.at - WORLD.life(original)[0].at <= timedelta(minutes=20)


def test_mirrors_show_the_same_articles() -> None:
    path = next(each for each in standing("vietnam.vn", LATER)).removeprefix(f"https://{VIETNAM}")
    assert text("vjs.vietnam.vn", path).startswith(text(VIETNAM, path))
    assert WEB.answer("vietnam.vn", path, LATER).location == f"https://{VIETNAM}{path}"


def test_a_test_adds_to_the_script() -> None:
    text_id = next(iter(sorted(WORLD.expected_article_ids(SETTINGS.origin, "thanhnien.vn"))))
    added = replace(SETTINGS, extra=((5, text_id, "headline and add"), (10, text_id, "404"), (20, text_id, "return")))
    world = World(WorldSettings.from_json(added.to_json()))
    own = [each for each in world.life(text_id) if each.at > SETTINGS.origin]
    assert [each.kind for each in own] == [Kind.CORRECT, Kind.WITHDRAW, Kind.RETURN]
    assert own[0].changed_fields == ("body", "headline")
    assert [each for each in world.happenings if each.article_id != text_id] == [
        each for each in WORLD.happenings if each.article_id != text_id
    ]


def test_places_write_addresses_in_other_ways_of_the_same_articles() -> None:
    web = Web(World(replace(SETTINGS, spellings=True)))
    for host, path, form in (
        (THANHNIEN, FEED, LINK),
        (THANHNIEN, "/google-news-sitemap.xml", LOC),
        (VIETNAM, "/news-sitemap.xml", LOC),
        (THANHNIEN, "/timelinehome/1.htm", HREF),
    ):
        plain, written = (form.findall(each.answer(host, path, SETTINGS.origin).body.decode()) for each in (WEB, web))
        assert plain
        assert not set(plain) & set(written)
        base = f"https://{host}"
        assert [identify(urljoin(base, each)) for each in plain] == [identify(urljoin(base, each)) for each in written]


def test_shards_may_trail_behind_the_news() -> None:
    web = Web(World(replace(SETTINGS, shard_lag_min=60)))
    moment = SETTINGS.origin + timedelta(hours=9)
    day = next(each for each in LOC.findall(text(VIETNAM, "/sitemap.xml", moment)) if "2026-03-02" in each)
    path = day.removeprefix(f"https://{VIETNAM}")
    trailing = set(LOC.findall(web.answer(VIETNAM, path, moment).body.decode()))
    news = set(LOC.findall(web.answer(VIETNAM, "/news-sitemap.xml", moment).body.decode()))
    assert trailing < set(LOC.findall(text(VIETNAM, path, moment))) <= news
