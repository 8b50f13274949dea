"""kafka-python's records as ours."""

from kafka.consumer.fetcher import ConsumerRecord

from dongtin.record import Message
from dongtin.topics import Topic


def message_of(record: ConsumerRecord, topic: Topic, partition_count: int) -> Message:
    """A record that was read, as it came."""
    return Message(
        topic=topic,
        partition=record.partition,
        partition_count=partition_count,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple((str(name), bytes(value or b"")) for name, value in record.headers or ()),
        timestamp_ms=record.timestamp if record.timestamp is not None and record.timestamp >= 0 else None,
    )
