"""The judge of the fault runs sees what it is there to see: a run without fault passes, each single error is found."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from faults.load import Load
from faults.reading import look
from faults.verdict import judge, judge_caches

from dongtin.codec import source
from dongtin.record import Message
from dongtin.stream.memory import MemoryStream
from dongtin.stream.state import Entry, PartitionState
from dongtin.topics import (
    ARTICLE_STATE,
    ARTICLES,
    MEMBERS,
    PAGES,
    PAGES_BACKFILL,
    REJECTED,
    REVISIONS,
    STORIES,
    TOPICS,
    Topic,
)
from processors.pipeline import Normalizer
from processors.stories import Linker

PREFIX = "judged."
OUTPUTS = (ARTICLES, REVISIONS, ARTICLE_STATE, MEMBERS, REJECTED)
Log = dict[Topic, list[Message]]


@pytest.fixture(scope="module")
def good() -> Log:
    """What the topics hold after a run, in the order of the partitions as a consumer reads them."""
    stream, pages = MemoryStream(4), iter(Load(7))
    normalizer, linker = Normalizer(source(PREFIX, "normalizer"), look), Linker(source(PREFIX, "linker"))
    for _ in range(20):
        for record in islice(pages, 50):
            stream.append(record)
        stream.run(normalizer)
        stream.run(linker)
    log = {topic: stream.take(topic) for topic in TOPICS}
    return {topic: sorted(messages, key=lambda each: each.partition) for topic, messages in log.items()}


def test_a_run_without_fault_passes(good: Log) -> None:
    assert all(good[topic] for topic in (*OUTPUTS, STORIES, PAGES, PAGES_BACKFILL))
    assert str(judge(good, PREFIX, look)) == "as it should be"


def altered(good: Log, topic: Topic, change: Callable[[list[Message]], list[Message]]) -> Log:
    return good | {topic: change(list(good[topic]))}


@pytest.mark.parametrize("topic", OUTPUTS, ids=lambda topic: topic.short_name)
def test_one_lost_record_is_found(good: Log, topic: Topic) -> None:
    verdict = judge(altered(good, topic, lambda messages: messages[:5] + messages[6:]), PREFIX, look)
    assert len(verdict.lost) == 1
    assert not verdict.doubled


@pytest.mark.parametrize("topic", OUTPUTS, ids=lambda topic: topic.short_name)
def test_one_doubled_record_is_found(good: Log, topic: Topic) -> None:
    verdict = judge(altered(good, topic, lambda messages: [*messages, messages[3]]), PREFIX, look)
    assert len(verdict.doubled) == 1
    assert not verdict.lost


@pytest.mark.parametrize("topic", [*OUTPUTS, STORIES], ids=lambda topic: topic.short_name)
def test_one_changed_byte_is_found(good: Log, topic: Topic) -> None:
    last = max(at for at, each in enumerate(good[topic]) if each.value is not None)

    def change(messages: list[Message]) -> list[Message]:
        messages[last] = replace(messages[last], value=(messages[last].value or b"").replace(b"0", b"1", 1) + b" ")
        return messages

    assert not judge(altered(good, topic, change), PREFIX, look).passed


def test_a_whole_page_without_effect_is_found(good: Log) -> None:
    """As where a transaction is lost, but its offsets are not."""
    whole = good[PAGES][0]
    log = dict(good)
    for topic in OUTPUTS:
        of_page = [each for each in good[topic] if each.key and each.key.split(b"@")[0] == whole.key]
        log[topic] = [each for each in good[topic] if each not in of_page[:1]]
    verdict = judge(log, PREFIX, look)
    assert verdict.lost
    assert verdict.gaps


def test_a_page_that_came_twice_in_effect_is_found(good: Log) -> None:
    """As where it is processed anew on top of its own effect: the numbers have no gap, and it is wrong all the same."""
    updated = next(each for each in good[REVISIONS] if (each.key or b"").endswith(b"@2"))
    again = replace(updated, key=(updated.key or b"")[:-1] + b"3")
    verdict = judge(altered(good, REVISIONS, lambda messages: [*messages, again]), PREFIX, look)
    assert verdict.doubled


def test_a_gap_is_found(good: Log) -> None:
    verdict = judge(
        altered(good, REVISIONS, lambda messages: [each for each in messages if not (each.key or b"").endswith(b"@2")]),
        PREFIX,
        look,
    )
    assert verdict.gaps


def test_two_revisions_in_the_wrong_order_are_found(good: Log) -> None:
    def swap(messages: list[Message]) -> list[Message]:
        later = next(at for at, each in enumerate(messages) if (each.key or b"").endswith(b"@2"))
        first = next(at for at, each in enumerate(messages) if each.key == (messages[later].key or b"")[:-1] + b"1")
        messages[first], messages[later] = messages[later], messages[first]
        return messages

    verdict = judge(altered(good, REVISIONS, swap), PREFIX, look)
    assert verdict.gaps
    assert not verdict.lost


def test_states_in_the_wrong_order_are_found(good: Log) -> None:
    verdict = judge(altered(good, ARTICLE_STATE, lambda messages: messages[::-1]), PREFIX, look)
    assert verdict.wrong
    assert not verdict.lost
    assert not verdict.doubled


def test_a_missing_a_repeated_and_an_old_story_are_found(good: Log) -> None:
    stories = [each for each in good[STORIES] if each.value is not None]
    changed = next(each for at, each in enumerate(stories) if each.key in {later.key for later in stories[at + 1 :]})
    alone = next(each for each in stories if [one.key for one in good[STORIES]].count(each.key) == 1)
    without = judge(altered(good, STORIES, lambda messages: [each for each in messages if each != alone]), PREFIX, look)
    assert without.lost
    twice = judge(altered(good, STORIES, lambda messages: [*messages, alone]), PREFIX, look)
    assert twice.doubled
    old = judge(altered(good, STORIES, lambda messages: [*messages, changed]), PREFIX, look)
    assert old.wrong


def test_a_story_that_outlives_its_members_is_found(good: Log) -> None:
    verdict = judge(
        altered(good, STORIES, lambda messages: [each for each in messages if each.value is not None]), PREFIX, look
    )
    assert verdict.wrong


@pytest.fixture
def cache(good: Log, tmp_path: Path) -> Path:
    """The cache of a normalizer's partition, somewhat behind."""
    states = [each for each in good[ARTICLE_STATE] if each.partition == 2]
    end = len(states) - 5
    path = tmp_path / PREFIX / "normalizer" / "2.sqlite"
    state = PartitionState(path)
    state.position(ARTICLE_STATE, "incarnation", 0, end)
    entries = [Entry(each.topic, each.key or b"", each.value, each.offset) for each in states[:end]]
    state.restore(entries, {ARTICLE_STATE: end})
    state.close()
    return path


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("SELECT 1", 0),
        ("UPDATE records SET value = x'7b7d' WHERE key = (SELECT min(key) FROM records)", 1),
        ("DELETE FROM records WHERE key = (SELECT min(key) FROM records)", 1),
        ("UPDATE positions SET position = position + 5", 1),
    ],
    ids=["as it should be", "another value", "a value less", "ahead of what it holds"],
)
def test_a_cache_that_differs_from_its_topic_is_found(
    good: Log, cache: Path, tmp_path: Path, harm: str, found: int
) -> None:
    with sqlite3.connect(cache) as database:
        database.execute(harm)
    database.close()
    assert len(judge_caches(tmp_path, PREFIX, good)) == found
