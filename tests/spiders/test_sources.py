"""`dongtin sources`, on files as spiders leave them, and while one works with them."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crawl_parts import HOUR, NOON, Opened, SetClock, answer, id_of, state, thanhnien, url_of

from dongtin.cli.publishers import spiders_named
from dongtin.errors import ConfigurationError
from dongtin.events import ArticleStatus, Lane
from dongtin.settings import Settings
from spiders.frontier import Visit
from spiders.outcomes import AddressOutcome, PlaceOutcome, place_word
from spiders.places import Place
from spiders.politeness import folder_of
from spiders.publishers.thanhnien import ThanhnienSpider
from spiders.robots_file import Known, Verdict, keep
from spiders.schedule import Rank
from spiders.silence import Alarm
from spiders.sources import Queue, source
from spiders.store import VERSION

NOW = NOON.timestamp()
WAYS = ThanhnienSpider.ways()
FEED = Place("https://thanhnien.vn/rss/home.rss", "https://thanhnien.vn/rss/home.rss", "feed")


def opened(folder: Path) -> Opened:
    return Opened(folder / "dongtin.frontier")


def settings(folder: Path) -> Settings:
    return Settings(state_dir=folder)


def crawled(folder: Path, now: float) -> Opened:
    """A crawl with an article that was fetched and read, one that is due, one of the past, and a feed."""
    file = opened(folder)
    frontier = file.frontier
    Alarm(frontier, WAYS.usual, SetClock(datetime.fromtimestamp(now, UTC))).begin()
    for number in (1, 2):
        frontier.find(thanhnien(number), "feed", Lane.LIVE, now)
    frontier.find(thanhnien(3), "sitemap", Lane.BACKFILL, now)
    visit = Visit(id_of(thanhnien(1)), url_of(thanhnien(1)), "feed", Lane.LIVE)
    frontier.answered(visit, [answer(visit)], now)
    frontier.count(AddressOutcome.FETCHED, now)
    frontier.count(AddressOutcome.TIMEOUT, now, 2)
    frontier.count(place_word(PlaceOutcome.BAD_STATUS), now)
    file.places.find(FEED, now, is_due=True)
    file.places.was_read(FEED, now, 120, None, None)
    file.places.failed(FEED, now + 1)
    return file


def test_a_publisher_that_was_never_crawled_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = source(WAYS, settings(tmp_path), NOON)
    assert (found.was_crawled, found.is_silent, found.known) == (False, False, 0)
    assert found.budget.total > 1000
    assert list(tmp_path.iterdir()) == []


def test_it_tells_what_stands_in_the_file_while_a_spider_works_with_it(tmp_path: Path) -> None:
    file = crawled(tmp_path, NOW)
    with file.frontier.together():  # a write that is not done yet
        file.frontier.find(thanhnien(4), "feed", Lane.LIVE, NOW)
        found = source(WAYS, settings(tmp_path), NOON)
    assert (found.last_article, found.last_crawled, found.is_silent) == (NOW, NOW, False)
    assert found.known == 3
    assert found.queues == {
        Rank.NEW: Queue(1, 0),
        Rank.AGAIN: Queue(0, 1),
        Rank.TRANSLATION: Queue(0, 0),
        Rank.BACKFILL: Queue(1, 0),
    }
    assert found.today == {"fetched": 1, "timeout": 2, "place/bad_status": 1, "new": 1}
    (place,) = found.places
    assert (place.url, place.last_read, place.failures) == (FEED.url, NOW, 1)


def test_it_tells_what_robots_txt_means(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, WAYS.publisher)
    folder.mkdir(parents=True)
    asked = Known("https://thanhnien.vn/robots.txt", WAYS.publisher)
    keep(folder, asked.answered(200, None, 5.0, time.time()), b"User-agent: *\nCrawl-delay: 5\n")
    other = replace(asked, url="https://thethao.thanhnien.vn/robots.txt")
    keep(folder, other.failed(503, "status 503", time.time()), b"")
    known, failed = source(WAYS, settings(tmp_path), NOON).robots
    assert (known.verdict, known.status, known.why) == (Verdict.RULES, 200, None)
    assert (failed.verdict, failed.status, failed.why) == (Verdict.UNREACHABLE, 503, "status 503")


def test_yesterday_s_counts_are_not_today_s(tmp_path: Path) -> None:
    crawled(tmp_path, NOW - 24 * HOUR)
    assert source(WAYS, settings(tmp_path), NOON).today == {}


def test_the_budget_goes_by_the_articles_of_the_last_days(tmp_path: Path) -> None:
    file = opened(tmp_path)
    for before, number in ((0, 999), (1, 100), (2, 200), (9, 999)):
        file.frontier.count("new", NOW - before * 24 * HOUR, number)
    assert source(WAYS, settings(tmp_path), NOON).budget.articles == 150


def test_silent_is_who_has_been_quiet_for_three_usual_gaps(tmp_path: Path) -> None:
    crawled(tmp_path, NOW)
    gap_s = WAYS.usual.gap_by_day_s if WAYS.usual else 0
    quiet, silent = (
        source(WAYS, settings(tmp_path), datetime.fromtimestamp(NOW + 3 * gap_s + more, UTC)) for more in (0, 1)
    )
    assert (quiet.is_silent, silent.is_silent) == (False, True)
    assert silent.quiet_gaps == pytest.approx(3, abs=0.01)


def test_a_file_of_another_version_is_told(tmp_path: Path) -> None:
    file = crawled(tmp_path, NOW)
    file.database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(ConfigurationError, match="of version"):
        source(WAYS, settings(tmp_path), NOON)


def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path) -> None:
    crawled(tmp_path, NOW).database.close()
    path = tmp_path / "dongtin.frontier" / "thanhnien.vn.sqlite"
    path.write_bytes(b"torn" * 5000)
    with pytest.raises(ConfigurationError, match="not a database"):
        source(WAYS, settings(tmp_path), NOON)
    assert path.read_bytes() == b"torn" * 5000


def test_what_the_workers_found_is_in_the_counts_of_a_day(tmp_path: Path) -> None:
    file = crawled(tmp_path, NOW)
    file.frontier.learn(id_of(thanhnien(1)), state(thanhnien(1), seen=NOW), NOW)
    gone = state(thanhnien(1), seen=NOW + 1, status=ArticleStatus.WITHDRAWN)
    assert file.frontier.learn(id_of(thanhnien(1)), gone, NOW + 1).withdrawn == 1


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dongtin", "sources", *arguments],
        env=os.environ | {"DONGTIN_STATE_DIR": str(folder)},
        capture_output=True,
        text=True,
    )


def test_the_command_tells_of_a_crawl_and_ends_with_0(tmp_path: Path) -> None:
    file = crawled(tmp_path, time.time())
    told = run(tmp_path, "thanhnien")
    assert (told.returncode, told.stderr) == (0, "")
    for words in ("last new article", "2 timeout", "1 bad status", FEED.url, "requests a day"):
        assert words in told.stdout
    assert "vietnam.vn" not in told.stdout
    file.database.close()


def test_the_command_ends_with_1_where_a_publisher_is_silent(tmp_path: Path) -> None:
    crawled(tmp_path, time.time() - 24 * HOUR).database.close()
    told = run(tmp_path, "--format", "json")
    assert told.returncode == 1
    assert told.stderr == "dongtin: silent: thanhnien.vn\n"
    found = {source["publisher"]: source for source in json.loads(told.stdout)}
    known = found.pop("thanhnien.vn")
    assert (known["is_silent"], known["was_crawled"]) == (True, True)
    assert "vietnam.vn" in found
    assert {(each["is_silent"], each["was_crawled"]) for each in found.values()} == {(False, False)}
    assert known["addresses"]["new"] == {"due": 1, "planned": 0}


def test_the_command_says_where_nothing_was_ever_crawled(tmp_path: Path) -> None:
    told = run(tmp_path)
    assert told.returncode == 0
    assert told.stdout.count("nothing was ever crawled here") == len(spiders_named(()))


def test_the_command_tells_where_the_folder_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / ("a" * 300)):
        told = run(folder)
        assert (told.returncode, told.stdout) == (2, "")
        assert len(told.stderr.splitlines()) == 1
        assert "Traceback" not in told.stderr


def test_who_may_only_read_reads_a_file_that_nobody_works_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = crawled(tmp_path, NOW)
    file.database.close()
    (path,) = (tmp_path / "dongtin.frontier").iterdir()
    monkeypatch.setattr("os.access", lambda *_: False)
    assert source(WAYS, settings(tmp_path), NOON).known == 3
    # Nothing was made beside it.
    assert list(path.parent.iterdir()) == [path]


def test_the_command_refuses_whom_it_does_not_know(tmp_path: Path) -> None:
    told = run(tmp_path, "nobody")
    assert told.returncode == 2
    assert f"'nobody' is none of {', '.join(spider.name for spider in spiders_named(()))}" in told.stderr
