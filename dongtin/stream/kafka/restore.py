"""Bringing a partition's state up to its topics before its first message is processed."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import structlog
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from dongtin.codec import require_known
from dongtin.errors import DecodeError, TopicMismatch
from dongtin.stream.base import Stage
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.state import Entry, PartitionState
from dongtin.topics import Topic

log = structlog.get_logger(__name__)

TELL_EVERY_S = 5


def incarnations(cluster: Cluster, topics: tuple[Topic, ...]) -> dict[Topic, str]:
    """Topic → its id on the cluster."""
    with cluster.admin() as admin:
        described = {
            each["name"]: each for each in admin.describe_topics([cluster.full_name(topic) for topic in topics])
        }
    return {topic: str(described[cluster.full_name(topic)].get("topic_id")) for topic in topics}


def restore(
    cluster: Cluster,
    stage: Stage,
    partitions: Mapping[int, Path],
    progress: Callable[[str], None],
) -> dict[int, PartitionState]:
    """The states of some partitions, caught up. Called after the group has given them to this worker.

    Raises TopicMismatch where a later version has written to a table of the stage's own: to go on without it would be
    to forget what it says. (What comes by an input is quarantined there.)

    Whatever the former owner can still commit was written by then and lies below the high watermark, which is read
    first, with a read_uncommitted consumer; the state is read committed up to it, which waits for open transactions.
    """
    started = time.monotonic()
    states = {at: PartitionState(path) for at, path in partitions.items()}
    if not stage.tables or not states:
        return states
    ids = incarnations(cluster, stage.tables)
    wanted = {TopicPartition(cluster.full_name(topic), at): topic for topic in stage.tables for at in states}
    watermarks = cluster.consumer(isolation_level="read_uncommitted")
    ends, starts = watermarks.end_offsets(list(wanted)), watermarks.beginning_offsets(list(wanted))
    watermarks.close()
    behind = {}
    for at, topic in wanted.items():
        position = states[at.partition].position(topic, ids[topic], starts[at], ends[at])
        if position < ends[at]:
            behind[at] = position
    total = sum(ends[at] - position for at, position in behind.items())
    if behind:
        own = frozenset(stage.tables) - frozenset(stage.inputs)
        _catch_up(cluster, wanted, own, states, behind, ends, progress)
    log.info("state restored", partitions=sorted(states), records=total, seconds=round(time.monotonic() - started, 2))
    return states


def _catch_up(
    cluster: Cluster,
    wanted: Mapping[TopicPartition, Topic],
    own: frozenset[Topic],
    states: Mapping[int, PartitionState],
    behind: dict[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    progress: Callable[[str], None],
) -> None:
    consumer = cluster.consumer(max_poll_records=5000)
    consumer.assign(list(behind))
    for at, position in behind.items():
        consumer.seek(at, position)
    told = time.monotonic()
    while behind:
        batch = consumer.poll(timeout_ms=200)
        for at, records in batch.items():
            topic = wanted[at]
            entries = _entries(topic, records, refuse=topic in own)
            states[at.partition].restore(entries, {topic: records[-1].offset + 1})
        for at in [at for at in behind if consumer.position(at) >= ends[at]]:
            states[at.partition].restore((), {wanted[at]: consumer.position(at)})
            del behind[at]
            consumer.pause(at)
        left = sum(ends[at] - consumer.position(at) for at in behind)
        if batch or not left:
            progress(f"restore, {left} records left")
        if time.monotonic() - told > TELL_EVERY_S:
            log.info("state is being restored", records_left=left)
            told = time.monotonic()
    consumer.close()


def _entries(topic: Topic, records: Iterable[ConsumerRecord], *, refuse: bool) -> Iterator[Entry]:
    for record in records:
        value = record.value
        try:
            require_known(record.headers)
        except DecodeError as error:
            if refuse:
                where = f"{topic.name}-{record.partition}@{record.offset}"
                raise TopicMismatch(f"{where}: {error}: a later dongtin wrote it") from error
            value = None
        yield Entry(topic, record.key or b"", value, record.offset)
