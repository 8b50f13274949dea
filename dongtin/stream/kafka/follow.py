"""Following a topic from positions that somebody else keeps: no group, all partitions, what was committed."""

from collections.abc import Mapping

from dongtin.record import Message
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.messages import message_of
from dongtin.topics import Topic

MOST_AT_ONCE = 500


class KafkaFollower:
    """See `dongtin.stream.base.Follower`. Raises BrokerUnavailable and TopicMismatch when made."""

    def __init__(self, cluster: Cluster, topic: Topic, positions: Mapping[int, int]) -> None:
        self._topic = topic
        self._partitions = cluster.partitions(topic, cluster.partition_counts([topic])[topic])
        self._consumer = cluster.consumer(max_poll_records=MOST_AT_ONCE)  # 500
        with cluster.reachable():
            self._consumer.assign(self._partitions)
            first = self._consumer.beginning_offsets(self._partitions)
            self._ends = self._consumer.end_offsets(self._partitions)
            for at in self._partitions:
                kept = positions.get(at.partition, -1)
                # A compacted topic says the same from its beginning; a position beyond its end is of another topic.
                self._consumer.seek(at, kept if first[at] <= kept <= self._ends[at] else first[at])

    def poll(self, timeout_s: float) -> list[Message]:
        """See `Follower.poll`."""
        found = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        count = len(self._partitions)
        return [message_of(record, self._topic, count) for records in found.values() for record in records]

    def is_caught_up(self) -> bool:
        """See `Follower.is_caught_up`."""
        return all(self._consumer.position(at) >= self._ends[at] for at in self._partitions)

    def close(self) -> None:
        """See `Follower.close`."""
        self._consumer.close()
