"""One pass over the twin: all that is published is found, each once, whatever is killed on the way."""

import random
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from crawl.run import SPIDERS, Crawl, Limits, crawl, kill
from setup_on_kafka import PATIENCE_S

from tests.site.content import Content
from tests.site.politeness import forbidden, of_publisher, pauses_s
from tests.site.settings import WorldSettings
from tests.site.web import Web

pytestmark = pytest.mark.kafka

STILL = WorldSettings(seed=5, articles=40, history=1.0, history_days=5, archive=0, span_h=1.0)
"""A world in which all has happened: time stands, as far as a test can tell."""


def published(made: Crawl) -> set[str]:
    return made.site.world.published(made.site.pace.now())


def standing(made: Crawl) -> set[str]:
    world, now = made.site.world, made.site.pace.now()
    return {id_ for id_ in world.published(now) if isinstance(world.stand(id_, now), Content)}


def test_all_that_stands_is_found_once(tmp_path: Path, kafka: str, topic_prefix: str) -> None:
    with crawl(tmp_path, kafka, topic_prefix, STILL) as made:
        made.one_pass()
        pages = made.pages()
        found = {key for key, page in pages if page.status == 200}
        assert not standing(made) - found
        assert not found - published(made)
        assert max(Counter(key for key, _ in pages).values()) == 1
        assert {page.lane for _, page in pages} == {"live"}
        assert {page.discovery for _, page in pages} >= {"feed", "translation"}


def test_what_was_found_is_not_asked_for_again(tmp_path: Path, kafka: str, topic_prefix: str) -> None:
    with crawl(tmp_path, kafka, topic_prefix, STILL) as made:
        made.one_pass()
        before = len(made.pages())
        made.one_pass()
        assert len(made.pages()) == before


def test_a_kill_costs_no_more_than_the_pages_in_flight(tmp_path: Path, kafka: str, topic_prefix: str) -> None:
    chance = random.Random(11)
    limits = Limits(delay_s=0.03)
    with crawl(tmp_path, kafka, topic_prefix, STILL, limits=limits) as made:
        kills = 0
        for spider in SPIDERS:
            for _ in range(3):
                process = made.start(spider, "-a", "once=yes")
                enough = len(made.site.requests()) + chance.randrange(15, 40)
                while process.poll() is None and len(made.site.requests()) < enough:
                    time.sleep(0.005)
                kills += process.poll() is None
                kill(process)
        made.one_pass()
        assert kills >= 4
        assert standing(made) <= {key for key, _ in made.pages()}
        asked = Counter(
            (each.host, each.path) for each in made.site.requests() if each.status == 200 and is_article(each.path)
        )
        # Asked for, or fetched and not yet acknowledged.
        assert sum(asked.values()) - len(asked) <= kills * 2 * limits.at_once


def is_article(path: str) -> bool:
    return not path.endswith((".xml", ".rss", ".txt", "rss.html")) and "/timelinelist/" not in path


def test_no_request_is_closer_than_the_delay_or_forbidden(tmp_path: Path, kafka: str, topic_prefix: str) -> None:
    robots = "User-agent: *\nDisallow: /the-thao\nCrawl-delay: 0.1\n"
    world = replace(STILL, articles=12, robots=(("thanhnien.vn", robots),))
    with crawl(tmp_path, kafka, topic_prefix, world) as made:
        # A section that is forbidden is told, and is no success.
        assert made.start("thanhnien", "-a", "once=yes").wait(PATIENCE_S) == 1
        asked = of_publisher(made.site.requests(), "thanhnien.vn")
        assert len(asked) > 30
        assert not forbidden(asked, Web(made.site.world))
        # The first answer of robots.txt is what tells of the delay.
        assert min(pauses_s(asked)[1:]) >= 0.1
