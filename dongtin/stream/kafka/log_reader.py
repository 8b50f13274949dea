"""Reading topics whole, outside of a group, from positions that the user keeps; what was committed, as it comes.

Where no broker answers any more it waits: kafka-python connects again by itself.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from dongtin.errors import OffsetsLost
from dongtin.record import Message
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.loss import bounds, told
from dongtin.stream.kafka.messages import message_of
from dongtin.stream.kafka.restore import incarnations
from dongtin.topics import Topic

log = structlog.get_logger(__name__)

LOOK_S = 60
"""So often it is looked for new partitions."""
FETCH_BYTES = 16_000_000
"""Of an answer, which is held in memory."""


@dataclass(frozen=True)
class Partition:
    """A partition of a topic, in its present incarnation."""

    topic: Topic
    number: int
    name: str
    """Of the topic, with its prefix."""
    topic_id: str
    """Kafka's own: another one after the topic was deleted and made anew."""


class Keeper(Protocol):
    """Who keeps the positions."""

    def position(self, at: Partition) -> int | None:
        """The offset to go on from; None for the start of the log. Asked once for each partition."""

    def began(self, offsets: Mapping[Partition, int]) -> None:
        """These partitions are read from there: for the first time, or after an accepted loss."""


class LogReader:
    """Reads all partitions of some topics. Raises BrokerUnavailable and TopicMismatch when made."""

    def __init__(self, cluster: Cluster, topics: tuple[Topic, ...], *, accept_loss: bool) -> None:
        self._cluster = cluster
        self._topics = {cluster.full_name(topic): topic for topic in topics}
        counts = cluster.partition_counts(topics)
        self._counts = {name: counts[topic] for name, topic in self._topics.items()}
        self._ids = {cluster.full_name(topic): id_ for topic, id_ in incarnations(cluster, topics).items()}
        self._accept_loss = accept_loss
        self._consumer: KafkaConsumer = cluster.consumer(
            auto_offset_reset="none",  # latest: a position that is lost is told
            fetch_max_bytes=FETCH_BYTES,  # 52428800
            metadata_max_age_ms=LOOK_S * 1000,  # 300000
        )
        self._ends: Mapping[TopicPartition, int] = {}
        self._look_at = time.monotonic() + LOOK_S

    def start(self, keeper: Keeper) -> None:
        """Go to the positions. Raises OffsetsLost where one lies outside of its log, and BrokerUnavailable."""
        self._keeper = keeper
        partitions = [TopicPartition(name, at) for name, count in self._counts.items() for at in range(count)]
        with self._cluster.reachable():
            self._ends = self._consumer.end_offsets(partitions)
        self._follow(partitions, {})

    def poll(self, timeout_s: float) -> Iterator[Message]:
        """What has come, each partition in order; at most waits for so long. Raises OffsetsLost."""
        self._look_for_partitions()
        try:
            batch = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        except OffsetOutOfRangeError as error:
            self._lost(error.args[0])
            return
        for at, records in batch.items():
            for record in records:
                yield message_of(record, self._topics[at.topic], self._counts[at.topic])

    def is_at_end(self) -> bool:
        """Whether it is where the logs ended when it started."""
        return all(self._consumer.position(at) >= end for at, end in self._ends.items())

    def close(self) -> None:
        """Let go of the brokers."""
        self._consumer.close()

    def _follow(self, new: list[TopicPartition], positions: dict[TopicPartition, int]) -> None:
        """Read new partitions too, and go on with the others from their positions."""
        known = {at: position for at in new if (position := self._keeper.position(self._partition(at))) is not None}
        self._consumer.assign([*positions, *new])
        for at, position in (positions | known).items():
            self._consumer.seek(at, position)
        self._begin({at: start for at, start in self._starts(new).items() if at not in known})
        if known:
            self._lost(known)

    def _starts(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        with self._cluster.reachable():
            starts: Mapping[TopicPartition, int] = self._consumer.beginning_offsets(partitions)
        return starts

    def _begin(self, starts: Mapping[TopicPartition, int]) -> None:
        """Read some partitions from where their logs start."""
        for at, start in starts.items():
            self._consumer.seek(at, start)
        self._keeper.began({self._partition(at): start for at, start in starts.items()})

    def _partition(self, at: TopicPartition) -> Partition:
        return Partition(self._topics[at.topic], at.partition, at.topic, self._ids[at.topic])

    def _look_for_partitions(self) -> None:
        """A topic may have got more partitions; they are read from their start."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_S
        found = {name: self._consumer.partitions_for_topic(name) or set() for name in self._topics}
        new = [
            TopicPartition(name, at) for name, each in found.items() for at in sorted(each) if at >= self._counts[name]
        ]
        if new:
            log.info("topics have more partitions", new=[f"{at.topic}-{at.partition}" for at in new])
            positions = {at: self._consumer.position(at) for at in self._consumer.assignment()}
            for at in new:
                self._counts[at.topic] = max(self._counts[at.topic], at.partition + 1)
            self._follow(new, positions)

    def _lost(self, positions: Mapping[TopicPartition, int]) -> None:
        """Raise OffsetsLost where one of some positions lies outside of its log, or go to the log's start.

        A position beyond the end is never accepted: what stands there now is not what followed.
        """
        logs = bounds(self._consumer, positions)
        outside = {at: (start, end) for at, (start, end) in logs.items() if not start <= positions[at] <= end}
        if not outside:
            return
        where = told(positions, outside)
        if any(positions[at] > end for at, (_, end) in outside.items()):
            raise OffsetsLost(
                f"{where}; the topic is another one than it was, or lost its end: it needs another folder"
            )
        if not self._accept_loss:
            raise OffsetsLost(f"{where}; records were lost. Go on from the log's start with --accept-loss")
        log.warning("records were lost", where=where)
        self._begin({at: start for at, (start, _) in outside.items()})
