"""A stream in memory that behaves like Kafka: partitions, offsets, committed positions, compacted tables."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator

from dongtin.record import Message, Record
from dongtin.stream.base import Outcome, Stage, table_value
from dongtin.topics import PARTITIONS, Topic, partition


class MemoryTables:
    """Tables of one partition, kept whole in memory; see `dongtin.stream.base.Tables`."""

    def __init__(self) -> None:
        self._values: dict[Topic, dict[str, bytes]] = defaultdict(dict)
        self._keys: dict[Topic, list[str]] = defaultdict(list)

    def get(self, topic: Topic, key: str) -> bytes | None:
        """See `Tables.get`."""
        return self._values[topic].get(key)

    def scan(self, topic: Topic, prefix: str) -> Iterator[tuple[str, bytes]]:
        """See `Tables.scan`. Code points sort as their UTF-8 bytes do."""
        keys = self._keys[topic]
        for at in range(bisect_left(keys, prefix), len(keys)):
            if not keys[at].startswith(prefix):
                return
            yield keys[at], self._values[topic][keys[at]]

    def put(self, record: Record) -> None:
        """See `Tables.put`."""
        self.apply(record.topic, record.key, record.value)

    def apply(self, topic: Topic, raw_key: bytes | None, value: bytes | None) -> None:
        """Set or, with None, delete the value of a key."""
        key = (raw_key or b"").decode(errors="replace")
        values, keys = self._values[topic], self._keys[topic]
        if value is None:
            if values.pop(key, None) is not None:
                del keys[bisect_left(keys, key)]
            return
        if key not in values:
            insort(keys, key)
        values[key] = value


class MemoryStream:
    """Topics in memory, until their records are taken."""

    def __init__(self, partitions: int = PARTITIONS) -> None:
        self.partitions = partitions
        self._logs: dict[Topic, list[Message]] = defaultdict(list)
        self._ends: dict[tuple[Topic, int], int] = defaultdict(int)
        self._positions: dict[tuple[str, Topic, int], int] = defaultdict(int)
        self._tables: dict[tuple[str, int], MemoryTables] = defaultdict(MemoryTables)

    def append(self, record: Record) -> None:
        """Write a record to the partition of its partition key."""
        at = partition(record.partition_key, self.partitions)
        offset = self._ends[record.topic, at]
        self._ends[record.topic, at] += 1
        self._logs[record.topic].append(
            Message(record.topic, at, self.partitions, offset, record.key, record.value, record.headers)
        )

    def take(self, topic: Topic) -> list[Message]:
        """All records of a topic in the order of their writing, which are then forgotten here."""
        return self._logs.pop(topic, [])

    def run(self, stage: Stage) -> list[Outcome]:
        """Let a stage process all that it has not yet seen; gives the fates of the pages."""
        outcomes: list[Outcome] = []
        for topic in stage.inputs:
            fresh: dict[int, list[Message]] = defaultdict(list)
            for message in self._logs[topic]:
                if message.offset >= self._positions[stage.name, topic, message.partition]:
                    fresh[message.partition].append(message)
            for at, messages in sorted(fresh.items()):
                tables = self._tables[stage.name, at]
                if topic in stage.tables:
                    for message in messages:
                        tables.apply(topic, message.key, table_value(message))
                result = stage.process(messages, tables)
                for record in result.records:
                    self.append(record)
                self._positions[stage.name, topic, at] = messages[-1].offset + 1
                outcomes += result.outcomes
        return outcomes
