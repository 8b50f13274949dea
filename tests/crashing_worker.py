"""A worker without Kafka: a stage on logs in memory, its state on disk, and a crash wherever a test wants one.

A turn is that of `dongtin.stream.kafka.worker`: process, commit outputs and positions together, keep the state. The
process that comes after a crash catches up from the compacted topics to their ends, as the Kafka one does.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from dongtin.record import Message, Record
from dongtin.stream.base import Outcome, Stage
from dongtin.stream.memory import MemoryStream
from dongtin.stream.state import Entry, PartitionState
from dongtin.topics import Topic

IN_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of its own is made there
"""Where there is one, it spares thousands of fsyncs: a crash of the process is told here, not one of the machine."""


class Crash(Enum):
    BEFORE_COMMIT = "outputs, state and positions of the batch are lost together, and its messages come again"
    AFTER_COMMIT = "the batch is committed, and the cache has not kept it"


@dataclass
class Turn:
    messages: list[Message] = field(default_factory=list)
    """In the order in which they were processed."""
    outcomes: list[Outcome] = field(default_factory=list)
    written: list[Message] = field(default_factory=list)
    """What the stage wrote, in order; empty, like the rest, where the turn was lost."""


class CrashingWorker:
    def __init__(self, stage: Stage, partitions: int = 2) -> None:
        self.stage = stage
        self.logs: dict[Topic, list[Message]] = defaultdict(list)
        """All that was ever committed to each topic."""
        self.positions: dict[tuple[Topic, int], int] = defaultdict(int)
        self.restored: dict[tuple[Topic, int], int] = defaultdict(int)
        """Where each table stood at the last start: an input's may be ahead of its position."""
        self._partitions = partitions
        self._stream = MemoryStream(partitions)
        self._folder = TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None)
        self._states: dict[int, PartitionState] = {}

    def append(self, record: Record) -> Message:
        self._stream.append(record)
        (message,) = self._stream.take(record.topic)
        self.logs[record.topic].append(message)
        return message

    def waiting(self, topic: Topic, at: int) -> list[Message]:
        return [each for each in self._log(topic, at) if each.offset >= self.positions[topic, at]]

    def turn(self, most: int, crash: Crash | None = None) -> Turn:
        """One batch, of at most so many messages of each partition of each input."""
        turn, records = Turn(), list[Record]()
        for at in range(self._partitions):
            for topic in self.stage.inputs:
                for chunk in _chunks(self.waiting(topic, at)[:most], self.stage.at_once):
                    state = self._state(at)
                    for message in chunk if topic in self.stage.tables else ():
                        state.take(_entry(message))
                    result = self.stage.process(chunk, state)
                    turn.messages += chunk
                    turn.outcomes += result.outcomes
                    records += result.records
        if crash is Crash.BEFORE_COMMIT:
            self.restart()
            return Turn()
        turn.written = [self.append(record) for record in records]
        for message in turn.messages:
            self.positions[message.topic, message.partition] = message.offset + 1
        if crash is Crash.AFTER_COMMIT:
            self.restart()
        else:
            self._keep([*turn.messages, *turn.written])
        return turn

    def restart(self, *, cache_lost: bool = False) -> None:
        """End the process, whatever it had not kept, and start the next."""
        self.close_states()
        if cache_lost:
            for file in Path(self._folder.name).iterdir():
                file.unlink()

    def close(self) -> None:
        self.close_states()
        self._folder.cleanup()

    def close_states(self) -> None:
        for state in self._states.values():
            state.close()
        self._states.clear()

    def _log(self, topic: Topic, at: int) -> list[Message]:
        return [message for message in self.logs[topic] if message.partition == at]

    def _state(self, at: int) -> PartitionState:
        if at not in self._states:
            state = self._states[at] = PartitionState(Path(self._folder.name) / f"{at}.sqlite")
            for topic in self.stage.tables:
                log = self._log(topic, at)
                position = state.position(topic, "the only one", 0, len(log))
                state.restore(map(_entry, log[position:]), {topic: len(log)})
                self.restored[topic, at] = len(log)
        return self._states[at]

    def _keep(self, messages: Sequence[Message]) -> None:
        entries: dict[int, list[Entry]] = defaultdict(list)
        for message in messages:
            if message.topic in self.stage.tables:
                entries[message.partition].append(_entry(message))
        for at, its in entries.items():
            self._state(at).commit(its)


def _entry(message: Message) -> Entry:
    return Entry(message.topic, message.key or b"", message.value, message.offset)


def record_of(message: Message) -> Record:
    """A message as it was written, for another stream of the same topics."""
    return Record(message.topic, message.key, message.value, message.headers, message.key or b"")


def same(messages: Sequence[Message]) -> list[tuple[Topic, int, bytes | None, bytes | None, object]]:
    """What two runs must have in common, byte for byte."""
    return [(each.topic, each.partition, each.key, each.value, each.headers) for each in messages]


def _chunks(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    for start in range(0, len(messages), size):
        yield messages[start : start + size]
