"""A worker's place in its consumer group: which partitions are its own, and under which generation."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import NoOffsetForPartitionError, UnknownTopicOrPartitionError
from kafka.structs import ConsumerGroupMetadata

from dongtin.stream.kafka.slot import Slot

POLL_S = 3600
LEAST_WAIT_S = 0.05
"""Between two looks at the coordinator that is to answer."""


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


@dataclass(frozen=True, eq=False)
class Assignment:
    """What the group gave to this member, until the next rebalance. Two are never equal."""

    metadata: ConsumerGroupMetadata
    """Under which offsets are committed: the broker refuses it as soon as the group has gone on."""
    partitions: frozenset[TopicPartition]


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Joins the group of a slot, and stays in it, in a thread of its own; fetches nothing.

    The thread polls without end: kafka-python 3.0.12 forgets a join that is completed between two polls, and the member
    would wait for its assignment for ever. What is read is read elsewhere, so that nothing else has to wait here.
    """

    def __init__(self, slot: Slot, topics: Iterable[str]) -> None:
        """`topics`: full names."""
        self._consumer: KafkaConsumer = slot.cluster.consumer(
            group_id=slot.group,
            group_instance_id=slot.identity,
            partition_assignment_strategy=[WholeRangeAssignor],
            session_timeout_ms=int(slot.limits.session_s * 1000),  # 45000
            heartbeat_interval_ms=1000,  # 3000
            max_poll_interval_ms=120_000,  # 300000: it is the rebalance timeout too
        )
        self._assignment: Assignment | None = None
        self._error: BaseException | None = None
        _wait_between_looks(self._consumer)
        self._consumer.subscribe(list(topics), listener=self)
        # What the leader of the group has not heard of before it joins makes it join a second time.
        self._consumer.topics()
        threading.Thread(target=self._stay, name="membership", daemon=True).start()

    def assignment(self) -> Assignment | None:
        """The one that holds now; None while there is none. Raises what ended the membership."""
        if self._error:
            raise self._error
        return self._assignment

    def committed(self, at: TopicPartition) -> int | None:
        """The group's position in a partition, once every transaction that may still move it has ended."""
        offset: int | None = self._consumer.committed(at)
        return offset

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002  # kafka-python's words
        """A rebalance begins: another worker may own any of them next."""
        self._assignment = None

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:  # noqa: ARG002  # kafka-python's words
        """Another worker owns them."""
        self._assignment = None

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """A rebalance ends."""
        partitions = frozenset(assigned)
        self._consumer.pause(*partitions)
        self._assignment = Assignment(self._consumer.group_metadata(), partitions)

    def _stay(self) -> None:
        while True:
            try:
                self._consumer.poll(POLL_S * 1000)
            except NoOffsetForPartitionError as error:  # where to begin is the reader's matter
                self._consumer.seek_to_beginning(*error.args[0])
            except BaseException as error:  # noqa: BLE001  # told in the main thread, which ends the process
                self._error = error
                return


def _wait_between_looks(consumer: KafkaConsumer) -> None:
    """While a heartbeat is overdue, because its broker does not answer, kafka-python 3.0.12 polls without any pause, on
    a whole processor core for as long as a session lasts."""
    coordinator = consumer._coordinator  # noqa: SLF001  # nothing public comes between two rounds of a poll
    due_s = coordinator.time_to_next_poll
    coordinator.time_to_next_poll = lambda: max(due_s(), LEAST_WAIT_S)
