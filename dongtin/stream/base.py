"""What a stage is, and what runs it: the same stage code runs on Kafka and in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dongtin.codec import require_known
from dongtin.errors import DecodeError
from dongtin.events import Fate
from dongtin.record import Message, Record
from dongtin.topics import Topic


@dataclass(frozen=True)
class Outcome:
    """What became of a page: counted once, with one word."""

    key: str
    fate: Fate
    detail: str | None = None
    """One line for a person: the reason of a rejection, the error of a quarantine, the change of an article."""


@dataclass
class Result:
    """What a stage makes of some messages."""

    records: list[Record] = field(default_factory=list)
    """To be written, in this order, in one transaction with the messages' offsets."""
    outcomes: list[Outcome] = field(default_factory=list)
    """One for each page."""


class Tables(Protocol):
    """The compacted topics that a stage keeps as state, for one partition: last value of each key."""

    def get(self, topic: Topic, key: str) -> bytes | None:
        """The last value of a key, this batch's own writes included; None where there is none or it was deleted."""

    def scan(self, topic: Topic, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All keys that begin with `prefix`, sorted by their UTF-8 bytes, with their last values."""

    def put(self, record: Record) -> None:
        """Take a record of this batch into account; it lasts only when the batch is committed."""


def table_value(message: Message) -> bytes | None:
    """What a table takes of a record that came by an input: nothing of one that this version cannot read."""
    try:
        require_known(message.headers)
    except DecodeError:
        return None
    return message.value


class Stage(Protocol):
    """A pure function from messages to records, with the state that it reads."""

    @property
    def name(self) -> str:
        """Of the stage and its consumer group: `normalizer`."""

    @property
    def inputs(self) -> tuple[Topic, ...]:
        """Topics that it consumes; partition p of each belongs to one worker."""

    @property
    def tables(self) -> tuple[Topic, ...]:
        """Topics that it keeps as state. One that is an input too is applied before `process` sees its messages."""

    @property
    def outputs(self) -> tuple[Topic, ...]:
        """Topics that it writes."""

    @property
    def at_once(self) -> int:
        """How many messages `process` takes at most: 1 where each may take long."""

    def expect(self, messages: Sequence[Message]) -> None:
        """These very messages come next, in this order, as far as can be told; with none, nothing expected comes.

        A stage may begin with them, or not: what `process` gives is the same.
        """

    def process(self, messages: Sequence[Message], tables: Tables) -> Result:
        """The records that the messages of one partition give. Deterministic; what it fails on, it quarantines."""


class Acknowledgement(Protocol):
    """Called once for each record that was sent, with None when it is safe in the topic, else with the error."""

    def __call__(self, error: Exception | None) -> None:
        """Take the outcome; may be called from another thread."""


class Sink(Protocol):
    """Where records are put without a transaction: spiders and `replay --to kafka`."""

    def send(self, record: Record, done: Acknowledgement) -> None:
        """Queue a record. Raises RecordTooLarge at once; every other outcome goes to `done`."""

    def close(self, timeout_s: float) -> None:
        """Wait for what is in flight, at most so long, and leave."""


class Follower(Protocol):
    """A topic as it comes, from positions that its user keeps."""

    def poll(self, timeout_s: float) -> list[Message]:
        """What has come, at most some hundreds; waits so long for the first. Blocks."""

    def is_caught_up(self) -> bool:
        """Whether everything was given that was there when following began."""

    def close(self) -> None:
        """Leave."""
