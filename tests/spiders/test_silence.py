from datetime import datetime, timedelta
from pathlib import Path

import pytest
from crawl_parts import DAY, HOUR, MINUTE, Opened, SetClock, answer, id_of, thanhnien
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from dongtin.events import Lane
from dongtin.publishers.address import VIETNAM_TIME
from spiders.frontier import Fact
from spiders.silence import Alarm, Usual, silence

USUAL = Usual(articles_a_day=300, gap_by_day_s=10 * MINUTE, gap_by_night_s=HOUR)


def at(hour: int, minute: int = 0, day: int = 8) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=VIETNAM_TIME)


def test_the_usual_gap_is_another_by_night() -> None:
    gaps = {hour: USUAL.gap_s(at(hour)) for hour in (0, 4, 5, 12, 23)}
    assert gaps == {0: HOUR, 4: HOUR, 5: 600, 12: 600, 23: 600}
    assert USUAL.gap_s(at(5) - timedelta(seconds=1)) == HOUR


@pytest.mark.parametrize(
    ("since", "until", "gaps"),
    [
        (at(12), at(12, 30), 3),
        (at(1), at(4), 3),
        (at(4, 30), at(5, 10), 1.5),
        (at(23, 50), at(1, day=9), 2),
        (at(23), at(5, 30, day=9), 6 + 5 + 3),
        (at(12), at(12), 0),
        (at(13), at(12), 0),
    ],
)
def test_time_is_measured_in_gaps_of_its_own_hours(since: datetime, until: datetime, gaps: float) -> None:
    assert USUAL.gaps(since, until) == pytest.approx(gaps)


@given(st.lists(st.floats(0, 300 * DAY), min_size=3, max_size=3))
def test_the_gaps_of_two_times_add_up(moments: list[float]) -> None:
    first, second, third = (at(0) + timedelta(seconds=moment) for moment in sorted(moments))
    parts = USUAL.gaps(first, second) + USUAL.gaps(second, third)
    assert USUAL.gaps(first, third) == pytest.approx(parts)


def test_who_was_quiet_all_night_is_not_silent_at_five() -> None:
    last = at(3).timestamp()
    assert not silence(USUAL, last, 0, at(5, 9)).is_silent
    assert silence(USUAL, last, 0, at(5, 11)).is_silent


def test_before_the_first_article_time_counts_from_the_beginning_of_the_crawl() -> None:
    began = at(12).timestamp()
    assert not silence(USUAL, None, began, at(12, 30)).is_silent
    assert silence(USUAL, None, began, at(12, 31)).is_silent


class Crawl:
    """The alarm of a crawl, and its restarts."""

    def __init__(self, folder: Path, moment: datetime) -> None:
        self.clock = SetClock(moment)
        self.opened = Opened(folder)
        self.start()

    def start(self) -> None:
        self.opened = self.opened.again()
        self.alarm = Alarm(self.opened.frontier, USUAL, self.clock)
        self.alarm.begin()

    def go_on(self, seconds: float) -> list[tuple[str, str]]:
        """What is told until then, looking once a minute."""
        with capture_logs() as told:
            for _ in range(int(seconds // 60)):
                self.clock.go_on(60)
                self.alarm.look()
        return [(line["log_level"], line["event"]) for line in told]

    def article(self, number: int) -> None:
        frontier = self.opened.frontier
        frontier.find(thanhnien(number), "feed", Lane.LIVE, self.clock.seconds)
        visits = frontier.due(self.clock.seconds, 10)
        visit = next(visit for visit in visits if visit.article_id == id_of(thanhnien(number)))
        frontier.answered(visit, [answer(visit)], self.clock.seconds)


BEGINS, ENDS = ("warning", "publisher is silent"), ("warning", "publisher is heard again")


def test_a_silence_is_told_in_one_line_and_its_end_in_another(tmp_path: Path) -> None:
    crawl = Crawl(tmp_path, at(12))
    crawl.article(1)
    assert crawl.go_on(30 * MINUTE) == []
    assert crawl.go_on(5 * HOUR) == [BEGINS]
    crawl.article(2)
    assert crawl.go_on(25 * MINUTE) == [ENDS]
    assert crawl.go_on(10 * MINUTE) == [BEGINS]


def test_a_crawl_that_was_away_is_not_a_silence_of_the_publisher(tmp_path: Path) -> None:
    crawl = Crawl(tmp_path, at(12))
    crawl.article(1)
    crawl.clock.go_on(DAY)
    with capture_logs() as told:
        crawl.start()
    assert told == []
    assert crawl.go_on(30 * MINUTE) == []
    assert crawl.go_on(2 * MINUTE) == [BEGINS]


def test_a_clock_that_was_ahead_makes_nobody_silent_for_ever_nor_heard(tmp_path: Path) -> None:
    crawl = Crawl(tmp_path, at(12))
    crawl.clock.go_on(365 * DAY)
    crawl.article(1)
    crawl.go_on(MINUTE)
    crawl.clock.go_on(-365 * DAY)
    crawl.opened.frontier.bound(crawl.clock.seconds)
    assert BEGINS in crawl.go_on(2 * HOUR)
    last = crawl.clock.seconds + 365 * DAY
    assert not silence(USUAL, last, at(12).timestamp(), at(12, 10)).is_silent
    assert silence(USUAL, last, at(12).timestamp(), at(18)).is_silent


def test_a_crawl_that_is_killed_all_the_time_still_hears_the_silence(tmp_path: Path) -> None:
    crawl = Crawl(tmp_path, at(12))
    told: list[tuple[str, str]] = []
    for _ in range(8):
        told += crawl.go_on(5 * MINUTE)
        crawl.start()
    assert BEGINS in told


def test_of_whom_nobody_knows_what_is_usual_is_never_silent(tmp_path: Path) -> None:
    clock = SetClock(at(12))
    frontier = Opened(tmp_path).frontier
    alarm = Alarm(frontier, None, clock)
    with capture_logs() as told:
        alarm.begin()
        clock.go_on(30 * DAY)
        alarm.look()
    assert told == []
    assert frontier.fact(Fact.LAST_CRAWLED) == clock.seconds
