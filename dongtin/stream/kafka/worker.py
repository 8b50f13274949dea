"""The loop that runs a stage on Kafka, exactly once, crash-only.

One turn of the loop, and the order is the promise:

    poll → of which assignment? → restore new partitions → choose the most urgent input of which something is in hand
         → process, bounded by records, bytes and time
         → begin transaction → send outputs → check every future → send offsets → commit → keep the state

A commit alone does not prove that the records arrived: kafka-python can return from it although some were lost, so each
future is checked first. Whatever goes wrong, the process ends at once and the supervisor starts the same slot again
with the same transactional id, which settles what was in doubt before anything is read: nothing is rewound here.
"""

import gc
import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn

import structlog
from kafka import OffsetAndMetadata, TopicPartition
from kafka.errors import CommitFailedError, FencedInstanceIdError, KafkaError, ProducerFencedError
from kafka.structs import ConsumerGroupMetadata

from dongtin.errors import BrokerUnavailable, ConfigurationError, DongtinError, TopicMismatch
from dongtin.events import Fate
from dongtin.record import Message, Record
from dongtin.stream.base import Outcome, table_value
from dongtin.stream.kafka.inputs import Inputs
from dongtin.stream.kafka.membership import Assignment
from dongtin.stream.kafka.restore import restore
from dongtin.stream.kafka.slot import Slot
from dongtin.stream.kafka.watchdog import TAKEN, ExitCode, LostConnection, LostMembership, Watchdog, leave
from dongtin.stream.state import Entry, PartitionState
from dongtin.topics import SAME_PARTITION_COUNT, Topic, partition

log = structlog.get_logger(__name__)


def work(slot: Slot) -> NoReturn:
    """Run a stage until told to stop, or drained. Never returns: the process ends with an `ExitCode`."""
    watchdog = Watchdog(slot.limits.step_s, slot.limits.grace_s, slot.supervisor)
    try:
        require_folder(slot.state_dir)
        worker = Worker(slot, watchdog)
        logging.getLogger("kafka.net.connection").addHandler(LostConnection())
        logging.getLogger("kafka.coordinator.heartbeat").addHandler(LostMembership())
        gc.freeze()
        gc.set_threshold(20_000)  # 700: every page makes thousands of objects, and hardly a cycle
        worker.run()
    except ConfigurationError as error:
        leave(ExitCode.CONFIGURATION, str(error))
    except BrokerUnavailable as error:
        # Only where there was none from the beginning: a supervisor gives up on that, and on no other failure.
        leave(ExitCode.FAILED if watchdog.name.startswith("restore") else ExitCode.UNAVAILABLE, str(error))
    except CommitFailedError as error:
        leave(ExitCode.MEMBERSHIP_LOST, f"in {watchdog.name}: {error}")
    except BaseException as error:
        if is_displaced(error):
            leave(ExitCode.DISPLACED, f"{TAKEN}: in {watchdog.name}: {error}")
        if not isinstance(error, (KafkaError, DongtinError)):
            log.exception("worker fails")
        leave(ExitCode.FAILED, f"in {watchdog.name}: {type(error).__name__}: {error}")
    raise AssertionError("leave does not return")


def is_displaced(error: BaseException) -> bool:
    """Whether the broker knows of a newer member or producer of this one's name.

    Of a producer it may say so after a transaction's time-out too: that is longer than a supervisor takes a worker for
    one that has just started, which is what it counts. kafka-python tells it as the argument of another error as well.
    """
    return any(isinstance(each, (FencedInstanceIdError, ProducerFencedError)) for each in (error, *error.args))


def require_folder(path: Path) -> None:
    """Raise ConfigurationError where files cannot be kept in a folder: no new start would help."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise ConfigurationError(f"DONGTIN_STATE_DIR {path}: {error.strerror or error}") from error


@dataclass
class Batch:
    """What goes into one transaction."""

    messages: list[Message] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    size: int = 0
    """Bytes of the messages and of the records."""


class Worker:
    """A slot's inputs, producer and states."""

    def __init__(self, slot: Slot, watchdog: Watchdog) -> None:
        self._slot, self._watchdog, self._limits = slot, watchdog, slot.limits
        self._states: dict[int, PartitionState] = {}
        self._assignment: Assignment | None = None
        self._urgent_at = 0.0
        self._touched = 0.0
        slot.health_file.unlink(missing_ok=True)
        watchdog.step("connect")
        self._counts = self._partition_counts()
        self._producer = slot.cluster.producer(
            transactional_id=slot.identity,
            transaction_timeout_ms=int(self._limits.transaction_s * 1000),
            delivery_timeout_ms=int(self._limits.transaction_s * 1000) + 35_000,
            request_timeout_ms=15_000,  # 30000
            retry_backoff_ms=10,  # 100: the sender sleeps so long while the last transaction's markers are written
        )
        watchdog.step("init_transactions")
        self._producer.init_transactions()
        watchdog.step("join")
        self._inputs = Inputs(slot, self._counts)

    def run(self) -> None:
        """Turn after turn, until told to stop or drained."""
        log.info("worker starts", stage=self._slot.stage.name, slot=self._slot.name, group=self._slot.group)
        while not self._watchdog.stop.is_set():
            self._watchdog.step("poll")
            assignment = self._inputs.poll()
            if assignment is not self._assignment:
                self._forget()
                self._assignment = assignment
            if assignment:
                self._restore(assignment)
                self._ready()
                if found := self._inputs.next():
                    self._transact(self._process(*found), assignment.metadata)
                elif self._inputs.drained():
                    leave(ExitCode.STOPPED, "drained")
        leave(ExitCode.STOPPED, "told to stop")

    def _forget(self) -> None:
        """What another owner does meanwhile is not in the cache: it is restored before the first message."""
        self._slot.stage.expect(())
        for state in self._states.values():
            state.close()
        self._states.clear()

    def _restore(self, assignment: Assignment) -> None:
        if missing := {at.partition for at in assignment.partitions} - self._states.keys():
            self._watchdog.step("restore")
            self._slot.health_file.unlink(missing_ok=True)
            folder = self._slot.state_dir / (self._slot.cluster.prefix or "_") / self._slot.stage.name
            paths = {number: folder / f"{number}.sqlite" for number in sorted(missing)}
            self._states |= restore(self._slot.cluster, self._slot.stage, paths, self._watchdog.step)

    def _process(self, topic: Topic, waiting: deque[Message]) -> Batch:
        """Process what waits of an input, slice by slice, until a bound is reached."""
        began = time.monotonic()
        urgent = topic == self._slot.stage.inputs[0]
        if urgent:
            self._urgent_at = began
        yields = not urgent and began - self._urgent_at < self._limits.in_use_s
        limit_s = self._limits.yield_s if yields else self._limits.batch_s
        batch = Batch()
        while waiting and batch.size <= self._limits.batch_bytes:
            chunk = self._slice(waiting)
            self._slot.stage.expect([*chunk, *islice(waiting, 1)])
            self._add(chunk, batch)
            if time.monotonic() - began > limit_s:
                break
        return batch

    def _slice(self, waiting: deque[Message]) -> list[Message]:
        """The next messages that a stage takes at once: of one partition, at most as many as it says."""
        chunk = [waiting.popleft()]
        while waiting and len(chunk) < self._slot.stage.at_once and waiting[0].partition == chunk[0].partition:
            chunk.append(waiting.popleft())
        return chunk

    def _add(self, chunk: Sequence[Message], batch: Batch) -> None:
        """Process messages of one partition, and put what they give into the batch."""
        self._watchdog.step(f"process {chunk[0].topic.name}-{chunk[0].partition}@{chunk[0].offset}")
        state = self._states[chunk[0].partition]
        for message in chunk:
            if message.topic in self._slot.stage.tables:
                state.take(_entry(message))
        result = self._slot.stage.process(chunk, state)
        batch.messages += chunk
        batch.records += result.records
        batch.outcomes += result.outcomes
        batch.size += sum(each.size for each in result.records) + sum(len(each.value or b"") for each in chunk)

    def _transact(self, batch: Batch, metadata: ConsumerGroupMetadata) -> None:
        offsets = {
            TopicPartition(self._slot.cluster.full_name(message.topic), message.partition): OffsetAndMetadata(
                message.offset + 1, "", -1
            )
            for message in batch.messages
        }
        self._watchdog.step("send")
        self._producer.begin_transaction()
        futures = [self._send(record) for record in batch.records]
        written = [future.get(timeout=self._limits.step_s) for future in futures]
        self._watchdog.step("send_offsets")
        self._producer.send_offsets_to_transaction(offsets, metadata)
        self._watchdog.step("commit")
        began = time.monotonic()
        self._producer.commit_transaction()
        if time.monotonic() - began > self._limits.slow_commit_s:
            leave(ExitCode.SLOW_COMMIT, f"commit took {time.monotonic() - began:.1f} s: settle it by a restart")
        self._watchdog.step("keep state")
        self._keep(batch.messages, batch.records, [sent.offset for sent in written])
        _tell(batch.outcomes)

    def _send(self, record: Record):  # type: ignore[no-untyped-def]  # kafka-python's future has no type
        return self._producer.send(
            self._slot.cluster.full_name(record.topic),
            key=record.key,
            value=record.value,
            headers=list(record.headers),
            partition=partition(record.partition_key, self._counts[record.topic]),
        )

    def _keep(self, messages: Sequence[Message], records: Sequence[Record], offsets: Sequence[int]) -> None:
        """Let each state stand where its topics stand after this transaction."""
        entries: dict[int, list[Entry]] = defaultdict(list)
        tables = self._slot.stage.tables
        for message in messages:
            if message.topic in tables:
                entries[message.partition].append(_entry(message))
        for record, offset in zip(records, offsets, strict=True):
            if record.topic in tables:
                number = partition(record.partition_key, self._counts[record.topic])
                entries[number].append(Entry(record.topic, record.key or b"", record.value, offset))
        for number, its in entries.items():
            self._states[number].commit(its)

    def _partition_counts(self) -> dict[Topic, int]:
        stage = self._slot.stage
        topics = dict.fromkeys((*stage.inputs, *stage.tables, *stage.outputs))
        counts = self._slot.cluster.partition_counts(topics)
        for group in SAME_PARTITION_COUNT:
            differing = {topic.name: counts[topic] for topic in group if topic in counts}
            if len(set(differing.values())) > 1:
                raise TopicMismatch(f"topics must have one partition count: {differing}")
        return counts

    def _ready(self) -> None:
        if time.monotonic() - self._touched > 1:
            self._slot.health_file.parent.mkdir(parents=True, exist_ok=True)
            self._slot.health_file.touch()
            self._touched = time.monotonic()


def _entry(message: Message) -> Entry:
    return Entry(message.topic, message.key or b"", table_value(message), message.offset)


def _tell(outcomes: Sequence[Outcome]) -> None:
    """The fates of a transaction's pages in a line; each page for itself where it was quarantined, or in detail."""
    if not outcomes:
        return
    for outcome in outcomes:
        if outcome.fate == Fate.QUARANTINED:
            log.warning("page", fate=str(outcome.fate), key=outcome.key, detail=outcome.detail)
        elif log.isEnabledFor(logging.DEBUG):
            log.debug("page", fate=str(outcome.fate), key=outcome.key, detail=outcome.detail)
    log.info("pages", **Counter(str(outcome.fate) for outcome in outcomes))
