"""Putting records on Kafka without a transaction: for spiders and saved documents. At least once, bounded, in order."""

import contextlib
import threading
import time

from kafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)

from dongtin.errors import ConfigurationError, RecordTooLarge
from dongtin.record import Record
from dongtin.stream.base import Acknowledgement
from dongtin.stream.kafka.cluster import Cluster
from dongtin.topics import Topic, partition

DELIVERY_TIMEOUT_S = 120
REFUSALS = (
    ClusterAuthorizationFailedError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)
"""No record that the topic's own limit lets through meets one where the set-up is right."""


class KafkaSink:
    """A sink on Kafka. Raises BrokerUnavailable and TopicMismatch when made, so that nothing is begun in vain.

    kafka-python's producer has no bound of its own: `send` waits while `in_flight` records are unacknowledged.
    """

    def __init__(self, cluster: Cluster, topics: tuple[Topic, ...], in_flight: int = 200) -> None:
        self._cluster = cluster
        self._counts = cluster.partition_counts(topics)
        self._producer = cluster.producer(
            delivery_timeout_ms=DELIVERY_TIMEOUT_S * 1000,  # 120000
            batch_size=1_048_576,  # a page of 150 KB would be a batch by itself
        )
        self._free = threading.BoundedSemaphore(in_flight)
        self._failed: Exception | None = None

    def send(self, record: Record, done: Acknowledgement) -> None:
        """See `Sink.send`."""
        if record.size > record.topic.max_bytes:
            raise RecordTooLarge(f"{record.size:,} bytes for {record.topic.name}")
        if self._failed:
            # An idempotent producer that was refused one record answers every later one with the same error.
            done(self._failed)
            return
        self._free.acquire()
        try:
            future = self._producer.send(
                self._cluster.full_name(record.topic),
                key=record.key,
                value=record.value,
                headers=list(record.headers),
                partition=partition(record.partition_key, self._counts[record.topic]),
            )
        except MessageSizeTooLargeError as error:
            self._free.release()
            raise RecordTooLarge(str(error)) from error
        except KafkaError as error:
            self._settle(_told(error, record), done)
            return
        future.add_callback(lambda _metadata: self._settle(None, done))
        future.add_errback(lambda error: self._settle(_told(error, record), done))

    def close(self, timeout_s: float) -> None:
        """See `Sink.close`."""
        deadline = time.monotonic() + timeout_s
        with contextlib.suppress(KafkaError):
            if timeout_s:
                self._producer.flush(timeout_s)
        with contextlib.suppress(KafkaError):
            self._producer.close(timeout=max(deadline - time.monotonic(), 1))

    def _settle(self, error: Exception | None, done: Acknowledgement) -> None:
        self._failed = self._failed or error
        self._free.release()
        done(error)


def _told(error: Exception, record: Record) -> Exception:
    """What a record failed on; what every other will fail on too is a wrong set-up."""
    if isinstance(error, REFUSALS):
        return ConfigurationError(
            f"{record.topic.name}: Kafka refuses a record of {record.size:,} bytes: {type(error).__name__}"
        )
    return error
