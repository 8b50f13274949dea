"""Positions that lie outside of their logs: records were deleted before they were read, or the topic is another one."""

from collections.abc import Mapping

from kafka import KafkaConsumer, TopicPartition

Bounds = Mapping[TopicPartition, tuple[int, int]]
"""Where logs start and end."""


def bounds(consumer: KafkaConsumer, positions: Mapping[TopicPartition, int]) -> Bounds:
    """Of the logs that some positions are in."""
    starts, ends = consumer.beginning_offsets(list(positions)), consumer.end_offsets(list(positions))
    return {at: (starts[at], ends[at]) for at in positions}


def told(positions: Mapping[TopicPartition, int], logs: Bounds) -> str:
    """Which positions lie where, in a line."""
    return ", ".join(
        f"{at.topic}-{at.partition}: position {positions[at]}, but the log holds {start} to {end}"
        for at, (start, end) in logs.items()
    )
