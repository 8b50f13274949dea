"""A record on its way to a topic, and one that came from there: what every stream carries, in Kafka or in memory."""

from dataclasses import dataclass
from functools import cached_property

from dongtin.topics import Topic

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Record:
    """A record to be written. `value` None is a tombstone."""

    topic: Topic
    key: bytes | None
    """The id's UTF-8 bytes; None only where a quarantined message came without one."""
    value: bytes | None
    headers: Headers
    partition_key: bytes
    """The id that chooses the partition, for tombstones too."""

    @cached_property
    def size(self) -> int:
        """Bytes of key, value and headers, not less than the producer measures against `max.message.bytes`."""
        overhead = 70
        headers = sum([4 * len(name) + len(value) + 10 for name, value in self.headers])  # a letter has 4 bytes at most
        return overhead + len(self.key or b"") + len(self.value or b"") + headers


@dataclass(frozen=True)
class Message:
    """A record that was read: bytes as they came, decoded nowhere on the way."""

    topic: Topic
    partition: int
    partition_count: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int | None = None
    """Of the record, milliseconds since 1970; None on a stream that keeps none."""
