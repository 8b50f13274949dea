"""What a worker reads: its share of its stage's inputs, the most urgent first."""

import time
from collections import deque
from collections.abc import Mapping

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from dongtin.errors import OffsetsLost
from dongtin.record import Message
from dongtin.stream.kafka.loss import bounds, told
from dongtin.stream.kafka.membership import Assignment, Membership
from dongtin.stream.kafka.messages import message_of
from dongtin.stream.kafka.slot import Slot
from dongtin.topics import Topic

log = structlog.get_logger(__name__)

SOON_S = 0.01
"""How long to wait for an urgent record while another input, which had records a moment ago, may have more."""


class Inputs:
    """The inputs of a slot, of which the first is the most urgent: another is read only while the first has no lag.

    Each is read by a consumer of its own, without a group, which follows the assignment of the slot's membership: so a
    large answer of one keeps no record of another waiting. (To pause and resume partitions in one consumer would not
    do: where one is paused in the middle of an answer, kafka-python 3.0.12 keeps its records back until the next answer
    comes, and none comes where nothing is new.)

    With a new assignment whatever is in hand is dropped, and every partition is read anew from its committed position:
    nothing is ever committed but under the generation that it was read in.
    """

    def __init__(self, slot: Slot, counts: Mapping[Topic, int]) -> None:
        """`counts`: how many partitions each input has."""
        self._slot, self._counts = slot, counts
        self._topics = {slot.cluster.full_name(topic): topic for topic in slot.stage.inputs}
        self._first = slot.stage.inputs[0]
        self._readers: dict[Topic, KafkaConsumer] = {
            topic: slot.cluster.consumer(
                auto_offset_reset="none",  # latest: a position that is lost is told
                fetch_max_bytes=slot.limits.fetch_bytes,  # 52428800
                max_poll_records=slot.limits.batch_records,  # 500
            )
            for topic in slot.stage.inputs
        }
        self._in_hand: dict[Topic, deque[Message]] = {topic: deque() for topic in slot.stage.inputs}
        self._followed: Assignment | None = None
        self._first_ends: dict[TopicPartition, int] = {}
        self._last_other = 0.0
        self._ends = self._find_ends() if slot.until_drained else {}
        self._membership = Membership(slot, self._topics)

    def poll(self) -> Assignment | None:
        """Take what has come; gives the assignment that it belongs to, or None while there is none.

        Waits for a record only where nothing in hand may be processed. Raises OffsetsLost.
        """
        assignment = self._membership.assignment()
        if assignment is not self._followed:
            self._follow(assignment)
        if assignment is None:
            time.sleep(SOON_S)
            return None
        for topic in self._readers:
            if not self._in_hand[topic]:
                self._take(topic, self._patience_s() if topic == self._first else 0)
        return assignment

    def next(self) -> tuple[Topic, deque[Message]] | None:
        """The input whose turn it is, and what is in hand of it, to be taken from its left; None where nothing is."""
        for topic, messages in self._in_hand.items():
            if messages:
                return (topic, messages) if topic == self._first or not self._first_has_lag() else None
        return None

    def drained(self) -> bool:
        """Whether all that is this slot's has been taken up to the ends at the start, and nothing is in hand.

        A member of the group with nothing assigned has no part in it: others own every partition.
        """
        if not self._slot.until_drained or self._followed is None or any(self._in_hand.values()):
            return False
        return all(self._reader(at).position(at) >= self._ends.get(at, 0) for at in self._followed.partitions)

    def _follow(self, assignment: Assignment | None) -> None:
        """Drop what is in hand, and read what is assigned from its committed positions, or from its start."""
        self._followed = None
        for messages in self._in_hand.values():
            messages.clear()
        partitions = assignment.partitions if assignment else frozenset()
        for topic, reader in self._readers.items():
            reader.assign([at for at in partitions if self._topics[at.topic] == topic])
        for at in partitions:
            reader, committed = self._reader(at), self._membership.committed(at)
            if committed is None:
                reader.seek_to_beginning(at)
            else:
                reader.seek(at, committed)
        first = self._readers[self._first]
        self._first_ends = first.end_offsets(list(first.assignment())) if first.assignment() else {}
        self._followed = assignment

    def _patience_s(self) -> float:
        if self.next():
            return 0
        return SOON_S if time.monotonic() - self._last_other < 1 else self._slot.limits.poll_s

    def _take(self, topic: Topic, patience_s: float) -> None:
        """Poll the reader of an input, at most for so long."""
        reader = self._readers[topic]
        if not reader.assignment():
            time.sleep(patience_s)
            return
        try:
            batch = reader.poll(int(patience_s * 1000))
        except OffsetOutOfRangeError as error:
            self._lost(reader, error.args[0])
            return
        for at in sorted(batch, key=lambda at: at.partition):
            self._in_hand[topic].extend(message_of(record, topic, self._counts[topic]) for record in batch[at])
        if batch and topic != self._first:
            self._last_other = time.monotonic()

    def _lost(self, reader: KafkaConsumer, positions: Mapping[TopicPartition, int]) -> None:
        """Raise OffsetsLost: records were deleted before they were read, or the topic is another one than it was."""
        lost = told(positions, bounds(reader, positions))
        if not self._slot.accept_loss:
            raise OffsetsLost(f"{lost}; records were lost. Go on from the log's start with --accept-loss")
        log.warning("records were lost", where=lost)
        reader.seek_to_beginning(*positions)

    def _first_has_lag(self) -> bool:
        """Whether records of the first input wait in Kafka, as far as the last answers tell.

        Of a partition without anything new since it was assigned there may be no answer: where the broker has it in a
        fetch session already, it leaves it out. So its end was asked for then.
        """
        reader = self._readers[self._first]
        return any(reader.position(at) < (reader.highwater(at) or end) for at, end in self._first_ends.items())

    def _reader(self, at: TopicPartition) -> KafkaConsumer:
        return self._readers[self._topics[at.topic]]

    def _find_ends(self) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = {}
        for topic, reader in self._readers.items():
            ends |= reader.end_offsets(self._slot.cluster.partitions(topic, self._counts[topic]))
        return ends
