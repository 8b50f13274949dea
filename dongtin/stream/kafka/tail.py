"""Reading a topic as any consumer would, outside of a group: what was committed, as it comes."""

from collections.abc import Iterator

from dongtin.record import Message
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.messages import message_of
from dongtin.topics import Topic


def read(cluster: Cluster, topic: Topic, *, from_beginning: bool, until_end: bool) -> Iterator[Message]:
    """The records of a topic, from its start or from now on, for ever or up to the end that it has now."""
    partitions = cluster.partitions(topic, cluster.partition_counts([topic])[topic])
    consumer = cluster.consumer()
    try:
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        if from_beginning:
            consumer.seek_to_beginning(*partitions)
        else:
            for at in partitions:
                consumer.seek(at, ends[at])
        while not (until_end and all(consumer.position(at) >= ends[at] for at in partitions)):
            for at, records in consumer.poll(timeout_ms=500).items():
                for record in records:
                    if not until_end or record.offset < ends[at]:
                        yield message_of(record, topic, len(partitions))
    finally:
        consumer.close()
