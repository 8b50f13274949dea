"""Records that were polled and wait for their transaction: one lane for each input, the most urgent first."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from dongtin.record import Message
from dongtin.stream.kafka.messages import message_of
from dongtin.topics import Topic


class Lanes:
    """What is in hand of each input of a stage, in the order of the stage's inputs.

    A stage with two inputs reads the second only while nothing of the first waits: a back-fill never keeps a live page
    waiting for longer than the transaction that it came into.
    """

    def __init__(self, topics: Mapping[str, Topic], counts: Mapping[Topic, int]) -> None:
        """`topics`: full name → topic, most urgent first; `counts`: how many partitions each has."""
        self._topics, self._counts = topics, counts
        self._waiting: dict[Topic, deque[Message]] = {topic: deque() for topic in topics.values()}

    def __bool__(self) -> bool:
        """Whether anything is in hand."""
        return any(self._waiting.values())

    def add(self, batch: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Take the records of a poll, partition by partition, each in order."""
        for at in sorted(batch, key=lambda at: at.partition):
            topic = self._topics[at.topic]
            self._waiting[topic].extend(message_of(record, topic, self._counts[topic]) for record in batch[at])

    def forget(self, partitions: Collection[int]) -> None:
        """Drop what belongs to partitions that are no longer ours, or are read anew from their committed position."""
        for topic, messages in self._waiting.items():
            self._waiting[topic] = deque(each for each in messages if each.partition not in partitions)

    def holds(self, topic: Topic) -> bool:
        """Whether anything of an input is in hand."""
        return bool(self._waiting[topic])

    def next(self) -> tuple[Topic, deque[Message]]:
        """The most urgent input of which something is in hand, and what that is: to be taken from its left."""
        return next((topic, messages) for topic, messages in self._waiting.items() if messages)
