"""What the workers found comes into the frontier, from any position, exactly as far as it was kept."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from crawl_parts import DAY, HOUR, NOON, Opened, SetClock, id_of, message, state, thanhnien, vietnam

from dongtin.errors import BrokerUnavailable
from dongtin.record import Message
from spiders import following
from spiders.following import Following, States
from spiders.frontier import Frontier
from spiders.intake import Languages
from spiders.plan import Cadence, Plan

T = TypeVar("T")
NOW = NOON.timestamp()
TOPIC = "t.article-state.v1"


class Topic:
    """Records by partition, as a broker keeps them."""

    def __init__(self) -> None:
        self.logs: dict[int, list[Message]] = {0: [], 1: []}
        self.refusals = self.failures = 0
        self.name = TOPIC

    @property
    def states(self) -> States:
        return States(lambda: self.name, self.follow)

    def add(self, partition: int, *messages: Message) -> None:
        self.logs[partition] += [replace(each, partition=partition) for each in messages]

    def follow(self, positions: Mapping[int, int]) -> "Follower":
        if self.refusals:
            self.refusals -= 1
            raise BrokerUnavailable("no Kafka answers")
        return Follower(self, positions)


class Follower:
    def __init__(self, topic: Topic, positions: Mapping[int, int]) -> None:
        self.topic = topic
        self.at = {partition: positions.get(partition, 0) for partition in topic.logs}
        self.ends = {partition: len(log) for partition, log in topic.logs.items()}
        self.is_closed = False

    def poll(self, timeout_s: float) -> list[Message]:
        assert not self.is_closed
        if self.topic.failures:
            self.topic.failures -= 1
            raise ConnectionError("the broker has other ideas")
        found: list[Message] = []
        for partition, log in self.topic.logs.items():
            found += log[self.at[partition] :][:2]
            self.at[partition] = min(self.at[partition] + 2, len(log))
        return found

    def is_caught_up(self) -> bool:
        return all(self.at[partition] >= end for partition, end in self.ends.items())

    def close(self) -> None:
        self.is_closed = True


class Crawl:
    """A plan that follows a topic, and its restarts."""

    def __init__(self, folder: Path, topic: Topic, publisher: str = "thanhnien.vn") -> None:
        self.opened = Opened(folder, publisher)
        self.topic = topic

    @property
    def frontier(self) -> Frontier:
        return self.opened.frontier

    def restart(self) -> None:
        self.opened = self.opened.again()

    def plan(self) -> Plan:
        return Plan(self.frontier, self.opened.places, (), Languages(), SetClock(), Cadence(120, 4))

    async def catch_up(self) -> None:
        follower = Following(self.topic.states, self.plan())
        await follower.catch_up()
        await follower.close()


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def test_an_empty_frontier_is_filled_from_the_topic(tmp_path: Path) -> None:
    topic = Topic()
    for number in range(5):
        article = thanhnien(number)
        topic.add(0, message(article, state(article, seen=NOW - number * 10), offset=number))
    topic.add(1, message(vietnam(), state(vietnam(), seen=NOW)))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    assert crawl.frontier.positions(TOPIC) == {0: 5, 1: 1}
    assert crawl.frontier.due(NOW, 10) == []
    due = [visit.article_id for visit in crawl.frontier.due(NOW + HOUR, 10)]
    assert due == [id_of(thanhnien(number)) for number in (4, 3, 2, 1, 0)]


def test_after_a_restart_it_goes_on_where_it_was(tmp_path: Path) -> None:
    topic = Topic()
    topic.add(0, message(thanhnien(1), state(thanhnien(1), seen=NOW - DAY), offset=0))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    crawl.restart()
    topic.logs[0][0] = message(thanhnien(9), state(thanhnien(9), seen=NOW), offset=0)  # is not read again
    topic.add(0, message(thanhnien(1), state(thanhnien(1), "b", seen=NOW), offset=1))
    run(crawl.catch_up())
    assert crawl.frontier.positions(TOPIC) == {0: 2}
    assert crawl.frontier.next_due() == NOW + HOUR


def test_a_topic_of_another_set_up_begins_anew(tmp_path: Path) -> None:
    topic = Topic()
    topic.add(0, message(thanhnien(), state(thanhnien(), seen=NOW)))
    crawl = Crawl(tmp_path, topic)
    crawl.frontier.keep_position("other.article-state.v1", 0, 7)
    run(crawl.catch_up())
    assert crawl.frontier.next_due() == NOW + HOUR


def test_a_topic_that_was_made_anew_is_read_from_its_start_however_far_it_has_grown(tmp_path: Path) -> None:
    topic = Topic()
    topic.add(0, *(message(thanhnien(number), state(thanhnien(number), seen=NOW), number) for number in range(3)))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    crawl.restart()
    topic.name, topic.logs = "t.article-state.v1, another", {0: [], 1: []}
    topic.add(
        0, *(message(thanhnien(number), state(thanhnien(number), seen=NOW), number - 10) for number in range(10, 16))
    )
    run(crawl.catch_up())
    known = crawl.opened.database.execute("SELECT count(*) FROM addresses").fetchone()[0]
    assert known == 3 + 6


def test_the_original_that_another_publisher_names_is_found(tmp_path: Path) -> None:
    topic = Topic()
    origin = "https://thanhnien.vn/tin-moi-185260708113000368.htm"
    topic.add(0, message(vietnam(language="en"), state(vietnam(language="en"), seen=NOW, origin_url=origin)))
    foreign = "https://vnexpress.net/tin-moi-4711.html"
    topic.add(1, message(vietnam("hai-tin"), state(vietnam("hai-tin"), seen=NOW, origin_url=foreign)))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    (visit,) = crawl.frontier.due(NOW, 10)
    assert (visit.url, visit.discovery, visit.lane) == (origin, "origin", "live")


def test_an_original_of_long_ago_is_of_the_past(tmp_path: Path) -> None:
    topic = Topic()
    origin = "https://thanhnien.vn/tin-moi-185250117194334368.htm"
    topic.add(0, message(vietnam(), state(vietnam(), seen=NOW, origin_url=origin)))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    assert [visit.lane for visit in crawl.frontier.due(NOW, 10)] == ["backfill"]


def test_a_tombstone_ends_the_visits_of_its_article_alone(tmp_path: Path) -> None:
    topic = Topic()
    for offset, number in enumerate((1, 2)):
        topic.add(0, message(thanhnien(number), state(thanhnien(number), seen=NOW), offset=offset))
    topic.add(0, message(thanhnien(1), None, offset=2))
    topic.add(1, message(vietnam(), None))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    assert [visit.article_id for visit in crawl.frontier.due(NOW + DAY, 10)] == [id_of(thanhnien(2))]


def test_what_cannot_be_read_is_passed_over_and_the_rest_goes_on(tmp_path: Path) -> None:
    topic = Topic()
    good = message(thanhnien(), state(thanhnien(), seen=NOW), offset=2)
    for offset, (key, value) in enumerate(((b"\xff", b"torn"), (good.key, b"{"))):
        topic.add(0, Message(good.topic, 0, 12, offset, key, value, good.headers))
    topic.add(0, good)
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    assert crawl.frontier.positions(TOPIC) == {0: 3}
    assert crawl.frontier.next_due() == NOW + HOUR


def test_it_waits_for_a_kafka_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "AGAIN_S", 0.001)
    topic = Topic()
    topic.refusals = 3
    topic.add(0, message(thanhnien(), state(thanhnien(), seen=NOW)))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    assert crawl.frontier.positions(TOPIC) == {0: 1}


def test_a_poll_that_fails_is_told_and_the_topic_is_followed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AGAIN_S", 0.001)
    monkeypatch.setattr(following, "POLL_S", 0.001)
    topic, crawl = Topic(), Crawl(tmp_path, Topic())
    topic.failures = 1  # while it catches up
    topic.add(0, message(thanhnien(), state(thanhnien(), seen=NOW)))

    async def follow() -> None:
        followed = Following(topic.states, crawl.plan())
        await followed.catch_up()
        followed.go_on()
        topic.failures = 3
        topic.add(0, message(thanhnien(2), state(thanhnien(2), seen=NOW), offset=1))
        while crawl.frontier.positions(TOPIC) != {0: 2}:
            await asyncio.sleep(0.001)
        await followed.close()

    run(follow())
    assert topic.failures == 0


def test_a_time_that_is_yet_to_come_is_now(tmp_path: Path) -> None:
    topic = Topic()
    topic.add(0, message(thanhnien(), state(thanhnien(), seen=NOW + 4000 * DAY)))
    crawl = Crawl(tmp_path, topic)
    run(crawl.catch_up())
    assert crawl.frontier.next_due() == NOW + HOUR
