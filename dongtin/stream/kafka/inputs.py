"""What a worker reads: its share of its stage's inputs, the most urgent first."""

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import (
    IllegalStateError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    UnknownTopicOrPartitionError,
)
from kafka.structs import ConsumerGroupMetadata

from dongtin.errors import OffsetsLost
from dongtin.record import Message
from dongtin.stream.kafka.messages import message_of
from dongtin.stream.kafka.slot import Slot
from dongtin.topics import Topic

log = structlog.get_logger(__name__)


class WholeRangeAssignor(RangePartitionAssignor):  # type: ignore[misc]  # kafka-python has no types
    """Partition p of every input to the same member, and no input left out.

    Where the leader of the group has not heard of a topic yet, kafka-python 3.0.12 assigns its partitions to nobody,
    and does not look again. Here the leader fails, and is started again.
    """

    @classmethod
    def assign(cls, cluster: Any, members: Any) -> Any:
        """See `RangePartitionAssignor.assign`."""
        for topic in {topic for member in members for topic in member.metadata.topics}:
            if not cluster.partitions_for_topic(topic):
                raise UnknownTopicOrPartitionError(f"no metadata of {topic} when its partitions were to be assigned")
        return super().assign(cluster, members)


class Inputs(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """The inputs of a slot, of which the first is the most urgent: another is read only while the first has no lag.

    The slot is a member of its group for all of them, and reads the first as that member. The others are read by a
    consumer without a group, which follows the member's assignment: so a large answer of theirs keeps no urgent record
    waiting. (To pause and resume them in one consumer would not do: where a partition is paused in the middle of an
    answer, kafka-python 3.0.12 keeps its records back until the next answer, and none comes where nothing is new.)

    A rebalance goes on in kafka-python's own thread, also between two polls. After one, whatever is in hand is dropped
    and every partition is read anew from its committed position: nothing of an earlier assignment is ever committed
    under a later generation.
    """

    def __init__(self, slot: Slot, counts: Mapping[Topic, int]) -> None:
        """`counts`: how many partitions each input has."""
        self._slot, self._limits, self._counts = slot, slot.limits, counts
        self._topics = {slot.cluster.full_name(topic): topic for topic in slot.stage.inputs}
        self._first = slot.stage.inputs[0]
        self._waiting: dict[Topic, deque[Message]] = {topic: deque() for topic in slot.stage.inputs}
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._settled = self._fresh = False
        self._last_other = 0.0
        reading = {
            "auto_offset_reset": "none",  # latest: a position that is lost is told
            "fetch_max_bytes": self._limits.fetch_bytes,  # 52428800
            "max_poll_records": self._limits.batch_records,  # 500
        }
        self._member: KafkaConsumer = slot.cluster.consumer(
            group_id=slot.group,
            group_instance_id=slot.identity,
            partition_assignment_strategy=[WholeRangeAssignor],
            session_timeout_ms=int(self._limits.session_s * 1000),  # 45000
            heartbeat_interval_ms=1000,  # 3000
            max_poll_interval_ms=120_000,  # 300000: it is the rebalance timeout too
            **reading,
        )
        self._other: KafkaConsumer | None = slot.cluster.consumer(**reading) if len(self._topics) > 1 else None
        self._ends = self._find_ends() if slot.until_drained else {}
        for name in self._topics:
            self._member.partitions_for_topic(name)  # the leader of the group needs it
        self._member.subscribe(list(self._topics), listener=self)

    def poll(self) -> ConsumerGroupMetadata | None:
        """Take what has come; gives the membership that it belongs to, or None while there is none.

        Waits for a record only where nothing in hand may be processed. Raises OffsetsLost.
        """
        batch = self._ask(self._member, self._patience_s())
        metadata = self._member.group_metadata()
        # In this order: a rebalance that comes later than this makes the broker refuse the metadata taken before it.
        if self._fresh or not self._settled:
            self._begin_anew()
            return None
        self._take(batch)
        if self._other and self._assigned and not self.in_hand:
            self._take(found := self._ask(self._other, 0))
            self._last_other = time.monotonic() if found else self._last_other
        # A broker would accept offsets of no member unfenced.
        return metadata if metadata.generation_id >= 0 and metadata.member_id else None

    def next(self) -> tuple[Topic, deque[Message]] | None:
        """The input whose turn it is, and what is in hand of it, to be taken from its left; None where nothing is."""
        found = next(((topic, messages) for topic, messages in self._waiting.items() if messages), None)
        return None if found is None or (found[0] != self._first and self._first_has_lag()) else found

    @property
    def in_hand(self) -> int:
        """How many records wait for their transaction."""
        return sum(map(len, self._waiting.values()))

    @property
    def partitions(self) -> set[int]:
        """The partitions whose records and state are this slot's; none while a rebalance goes on."""
        return {at.partition for at in self._assigned}

    def drained(self) -> bool:
        """Whether all that is this slot's has been taken up to the ends at the start, and nothing is in hand.

        A member of the group with nothing assigned has no part in it: others own every partition.
        """
        taken = all(self._has_reached(at, self._ends.get(at, 0)) for at in self._assigned)
        return self._slot.until_drained and not self.in_hand and taken

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002  # kafka-python's words
        """A rebalance begins: another worker may own any of them next."""
        self._settled = False

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:  # noqa: ARG002  # kafka-python's words
        """Another worker owns them."""
        self._settled = False

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """A rebalance ends. The less urgent inputs are never read by the member."""
        self._member.pause(*(at for at in assigned if self._topics[at.topic] != self._first))
        self._fresh = self._settled = True

    def _patience_s(self) -> float:
        if self.next():
            return 0
        # What the other consumer asked for may come any moment.
        return 0.01 if time.monotonic() - self._last_other < 1 else self._limits.poll_s

    def _ask(self, consumer: KafkaConsumer, patience_s: float) -> dict[TopicPartition, list[ConsumerRecord]]:
        """Poll a consumer, at most for so long and for as many records as there is room for: one at least."""
        room = max(1, self._limits.batch_records - self.in_hand)
        try:
            batch: dict[TopicPartition, list[ConsumerRecord]] = consumer.poll(int(patience_s * 1000), room)
        except NoOffsetForPartitionError:  # of a fresh assignment, which is given its positions after this poll
            return {}
        except OffsetOutOfRangeError as error:
            self._lost(consumer, error.args[0])
            return {}
        return batch

    def _take(self, batch: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Into the hand, partition by partition."""
        for at in sorted(batch, key=lambda at: at.partition):
            topic = self._topics[at.topic]
            self._waiting[topic].extend(message_of(record, topic, self._counts[topic]) for record in batch[at])

    def _begin_anew(self) -> None:
        """Drop what is in hand; once the rebalance is over, read what is assigned from its committed positions."""
        for messages in self._waiting.values():
            messages.clear()
        self._assigned = frozenset()
        if not self._settled:
            return
        self._fresh = False
        assigned = frozenset(self._member.assignment())
        others = [at for at in assigned if self._topics[at.topic] != self._first]
        if self._other:
            self._other.assign(others)
        for at in assigned:
            committed = self._member.committed(at)
            for consumer in {self._member, self._reader(at)}:  # the member asks until each of its partitions has one
                if committed is None:
                    consumer.seek_to_beginning(at)
                else:
                    consumer.seek(at, committed)
        self._assigned = assigned

    def _reader(self, at: TopicPartition) -> KafkaConsumer:
        return self._member if self._other is None or self._topics[at.topic] == self._first else self._other

    def _lost(self, consumer: KafkaConsumer, positions: Mapping[TopicPartition, int]) -> None:
        """Raise OffsetsLost: records were deleted before they were read, or the topic is another one than it was."""
        starts = consumer.beginning_offsets(list(positions))
        ends = consumer.end_offsets(list(positions))
        lost = ", ".join(
            f"{at.topic}-{at.partition}: position {position}, but the log holds {starts[at]} to {ends[at]}"
            for at, position in positions.items()
        )
        if not self._slot.accept_loss:
            raise OffsetsLost(f"{lost}; records were lost. Go on from the log's start with --accept-loss")
        log.warning("records were lost", where=lost)
        consumer.seek_to_beginning(*positions)

    def _first_has_lag(self) -> bool:
        """Whether records of the first input wait in Kafka, as far as the last answers tell."""
        first = [at for at in self._assigned if self._topics[at.topic] == self._first]
        return not all(self._has_reached(at, None) for at in first)

    def _has_reached(self, at: TopicPartition, end: int | None) -> bool:
        """Whether everything before an offset has been taken, markers of transactions included.

        None: before the end of the log, as far as the last answer tells.
        """
        reader = self._reader(at)
        try:
            end = reader.highwater(at) if end is None else end
            return end is not None and int(reader.position(at)) >= end
        except (AssertionError, IllegalStateError, NoOffsetForPartitionError):  # a rebalance has just begun
            return False

    def _find_ends(self) -> dict[TopicPartition, int]:
        cluster = self._slot.cluster
        partitions = [at for topic in self._topics.values() for at in cluster.partitions(topic, self._counts[topic])]
        ends: dict[TopicPartition, int] = self._member.end_offsets(partitions)
        return ends
