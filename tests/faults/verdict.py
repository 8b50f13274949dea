"""What a run must have come to, judged from the topics alone and without the engine.

The pages are replayed one after the other in this process, in the order of their partition's log: each record of the
normalizer must be there once, byte for byte, and those of a key in this order. Stories are told anew from the articles.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition
from setup_on_kafka import read_committed

from dongtin.codec import canonical, decode_parts, parse, source
from dongtin.events import Article, Membership
from dongtin.record import Headers, Message, Record
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.messages import message_of
from dongtin.stream.memory import MemoryTables
from dongtin.topics import (
    ARTICLES,
    MEMBERS,
    PAGES,
    PAGES_BACKFILL,
    QUARANTINE,
    REVISIONS,
    STORIES,
    TOPICS,
    Topic,
)
from processors.pipeline import Look, Normalizer
from processors.stories import Linker, membership, tell

Log = Mapping[Topic, Sequence[Message]]
"""All records of the topics as a read_committed consumer sees them, partition by partition, in order."""
Effect = tuple[bytes, bytes | None, Headers]
"""Key, value and headers of a record."""

EXPLANATIONS = ("__connect.errors.exception.message", "__connect.errors.exception.stacktrace")
"""Headers that tell how a process ended, in words that are no promise."""
TOLD = 200
"""Characters of a finding."""


@dataclass
class Verdict:
    """What was found wrong, a line each; nothing where the run kept its promises."""

    lost: list[str] = field(default_factory=list)
    """Records that should be there and are not."""
    doubled: list[str] = field(default_factory=list)
    """Records that are there and should not be, or not so often."""
    gaps: list[str] = field(default_factory=list)
    """Articles whose revisions are not 1, 2, 3 … in this order."""
    wrong: list[str] = field(default_factory=list)
    """Another order than that of the pages, a story that is not that of its articles, and what else is wrong."""

    @property
    def passed(self) -> bool:
        return not any(getattr(self, each.name) for each in fields(self))

    def add(self, other: "Verdict") -> None:
        """Take over what another found."""
        for each in fields(self):
            getattr(self, each.name).extend(getattr(other, each.name))

    def __str__(self) -> str:
        parts = []
        for each in fields(self):
            if found := getattr(self, each.name):
                parts += [f"{len(found)} {each.name}:", *(f"  {line[:TOLD]}" for line in found[:10])]
        return "\n".join(parts) or "as it should be"


def read_log(servers: str, prefix: str, topics: Iterable[Topic] = TOPICS) -> dict[Topic, list[Message]]:
    """What a read_committed consumer sees of the topics, when no transaction is open before their ends of now.

    A zombie that was told to stop leaves one behind, which hides what others committed until it times out.
    """
    counts = Cluster((servers,), prefix).partition_counts(topics)
    names = {topic.full_name(prefix): topic for topic in counts}
    log: dict[Topic, list[Message]] = {topic: [] for topic in counts}
    for record in read_committed(servers, list(names), settled=True):
        topic = names[record.topic]
        log[topic].append(message_of(record, topic, counts[topic]))
    return log


def judge(log: Log, prefix: str, look: Look) -> Verdict:
    """Whether each page of the log had its effect once, and the stories are those of the articles."""
    verdict = Verdict()
    expected = defaultdict(list)
    for record in replay([*log[PAGES], *log[PAGES_BACKFILL]], prefix, look):
        expected[record.topic].append(effect(record))
    for topic in Normalizer.outputs:
        _compare(topic, expected[topic], list(map(effect, log[topic])), verdict)
    _judge_revisions(log[REVISIONS], verdict)
    _judge_stories(log, verdict)
    return verdict


def replay(pages: Iterable[Message], prefix: str, look: Look) -> Iterator[Record]:
    """The records that the pages give, when each is processed once, in this order."""
    stage = Normalizer(source(prefix, Normalizer.name), look)
    tables: dict[int, MemoryTables] = defaultdict(MemoryTables)
    for page in pages:
        yield from stage.process([page], tables[page.partition]).records


def effect(record: Record | Message) -> Effect:
    """What is compared of a record."""
    headers = record.headers
    if record.topic == QUARANTINE:
        headers = tuple((name, value) for name, value in headers if name not in EXPLANATIONS)
    return record.key or b"", record.value, headers


def _compare(topic: Topic, expected: list[Effect], found: list[Effect], verdict: Verdict) -> None:
    lost, doubled = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    verdict.lost += [_tell(topic, each) for each in lost.elements()]
    verdict.doubled += [_tell(topic, each) for each in doubled.elements()]
    if not lost and not doubled:
        should, are = _by_key(expected), _by_key(found)
        verdict.wrong += [f"{topic.name}: other order of {key!r}" for key in should if should[key] != are[key]]


def _judge_revisions(revisions: Iterable[Message], verdict: Verdict) -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for each in revisions:
        article_id, _, number = (each.key or b"").decode().rpartition("@")
        numbers[article_id].append(int(number))
    verdict.gaps += [
        f"{article_id}: revisions {found}"
        for article_id, found in numbers.items()
        if found != list(range(1, len(found) + 1))
    ]


def _judge_stories(log: Log, verdict: Verdict) -> None:
    """By the articles as they stand; what the linker wrote on the way depends on its batches, but never repeats."""
    standing = [decode_parts(each.value, each.headers).data for each in _latest(log[ARTICLES]).values()]
    memberships = [membership(article) for article in standing if isinstance(article, Article)]
    stories: dict[str, list[Membership]] = defaultdict(list)
    for article, member in zip((each for each in standing if isinstance(each, Article)), memberships, strict=True):
        stories[article.story_id].append(member)
    members = {key: each.value for key, each in _latest(log[MEMBERS]).items() if each.value is not None}
    told = {f"{story_id}|{member.article_id}".encode(): member for story_id, each in stories.items() for member in each}
    if members.keys() != told.keys() or any(parse(Membership, members[key]) != told[key] for key in told):
        verdict.wrong.append("members.v1 is not what the articles say")
    expected = {story_id.encode(): canonical(tell(story_id, each)) for story_id, each in stories.items()}
    latest = {key: each.value for key, each in _latest(log[STORIES]).items() if each.value is not None}
    verdict.lost += [f"stories.v1: {key.decode()}" for key in expected.keys() - latest.keys()]
    verdict.wrong += [f"stories.v1: {key.decode()} has no member" for key in latest.keys() - expected.keys()]
    verdict.wrong += [
        f"stories.v1: {key.decode()} is not what its articles say"
        for key in expected.keys() & latest.keys()
        if expected[key] != latest[key]
    ]
    for key, versions in _by_key(list(map(effect, log[STORIES]))).items():
        verdict.doubled += [
            f"stories.v1: {key.decode()} twice in a row" for one, next_ in pairwise(versions) if one[1] == next_[1]
        ]


def judge_caches(state: Path, prefix: str, log: Log) -> list[str]:
    """What is wrong in the local caches of workers that have ended, a line each.

    One may be behind its topics, but up to the position that it claims it has to hold what they say, and nothing else.
    """
    wrong = []
    topics = {topic.name: topic for stage in (Normalizer, Linker) for topic in stage.tables}
    for path in sorted(state.rglob(f"{prefix}/*/*.sqlite")):
        with closing(sqlite3.connect(path)) as database:
            positions = dict(database.execute("SELECT topic, position FROM positions"))
            held = {
                (name, key): value for name, key, value in database.execute("SELECT topic, key, value FROM records")
            }
        told = {
            (name, each.key): each.value
            for name, position in positions.items()
            for each in log[topics[name]]
            if each.partition == int(path.stem) and each.offset < position
        }
        if differing := [at for at in held.keys() | told.keys() if held.get(at) != told.get(at)]:
            wrong.append(f"{path.parent.name}/{path.name} at {positions} differs in {differing[:3]}")
    return wrong


def behind(servers: str, prefix: str) -> list[str]:
    """Where the groups have not committed all that is in their input topics, a line each; the first group first."""
    return _behind(servers, prefix, Normalizer.name, _ends(servers, prefix, Normalizer.inputs)) or _behind(
        # Not the ends of the partitions: there is what a transaction wrote that is no record.
        servers,
        prefix,
        Linker.name,
        _ends_of_records(read_log(servers, prefix, Linker.inputs), prefix),
    )


def _ends(servers: str, prefix: str, topics: Iterable[Topic]) -> dict[TopicPartition, int]:
    consumer = KafkaConsumer(bootstrap_servers=servers)
    try:
        names = [topic.full_name(prefix) for topic in topics]
        partitions = [TopicPartition(name, at) for name in names for at in consumer.partitions_for_topic(name)]
        ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
        return ends
    finally:
        consumer.close()


def _ends_of_records(log: Log, prefix: str) -> dict[TopicPartition, int]:
    return {
        TopicPartition(topic.full_name(prefix), each.partition): each.offset + 1
        for topic, messages in log.items()
        for each in messages
    }


def _behind(servers: str, prefix: str, stage: str, ends: Mapping[TopicPartition, int]) -> list[str]:
    consumer = KafkaConsumer(bootstrap_servers=servers, group_id=prefix + stage, enable_auto_commit=False)
    try:
        positions = {at: consumer.committed(at, timeout_ms=5000) or 0 for at in ends}
    finally:
        consumer.close()
    return [
        f"{stage}: {at.topic}-{at.partition} at {positions[at]} of {end}"
        for at, end in ends.items()
        if positions[at] < end
    ]


def _latest(messages: Iterable[Message]) -> dict[bytes, Message]:
    return {each.key or b"": each for each in messages}


def _by_key(effects: Iterable[Effect]) -> dict[bytes, list[Effect]]:
    found = defaultdict(list)
    for each in effects:
        found[each[0]].append(each)
    return found


def _tell(topic: Topic, each: Effect) -> str:
    key, value, headers = each
    identity = dict(headers).get("ce_id", b"").decode(errors="replace")
    return f"{topic.name}: {key!r} {identity} {(value or b'')[:60]!r}"
