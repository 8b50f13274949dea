"""The loop that runs a stage on Kafka, exactly once, crash-only.

One turn of the loop, and the order is the promise:

    poll → still a member? → restore new partitions → process, bounded by records, bytes and time
         → begin transaction → send outputs → check every future → send offsets → commit → keep the state

A commit alone does not prove that the records arrived: kafka-python can return from it although some were lost, so each
future is checked first. Whatever goes wrong, the process ends at once and the supervisor starts the same slot again
with the same transactional id, which settles what was in doubt before anything is read: nothing is rewound here.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn

import structlog
from kafka import ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import CommitFailedError, KafkaError
from kafka.structs import ConsumerGroupMetadata

from dongtin.errors import BrokerUnavailable, ConfigurationError, OffsetsLost, TopicMismatch
from dongtin.record import Message, Record
from dongtin.stream.base import Outcome, Stage
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.messages import message_of
from dongtin.stream.kafka.restore import restore
from dongtin.stream.kafka.watchdog import ExitCode, LostConnection, LostMembership, Watchdog, leave
from dongtin.stream.state import PartitionState
from dongtin.topics import SAME_PARTITION_COUNT, Topic, partition

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """The bounds of a worker. Times in seconds."""

    batch_records: int = 200
    batch_bytes: int = 16_000_000
    batch_s: float = 2
    """After so long in a batch, what is processed is committed."""
    poll_s: float = 0.3
    step_s: float = 60
    """The watchdog's: above transaction_timeout, for which a restore may have to wait, and above what a page may take
    that is read twice, each time in a fresh process."""
    grace_s: float = 20
    """After SIGTERM."""
    session_s: float = 20
    """Above the time that a single broker needs to come back."""
    transaction_s: float = 25
    """Above a broker's restart with its re-registration; delivery_timeout is more than 15 s above it, or a batch that
    expired would be committed as if it had arrived."""
    slow_commit_s: float = 10


@dataclass
class Slot:
    """Which worker this is, and what it does."""

    stage: Stage
    cluster: Cluster
    name: str
    """Of the transactional id and group instance: unique in the group, the same after a restart."""
    state_dir: Path
    until_drained: bool = False
    accept_loss: bool = False
    supervisor: int | None = None
    """The process that started this one, and without which it ends; its parent where none is named."""
    limits: Limits = field(default_factory=Limits)

    @property
    def group(self) -> str:
        """The consumer group."""
        return self.cluster.prefix + self.stage.name

    @property
    def identity(self) -> str:
        """Transactional id and group instance id."""
        return f"{self.group}-{self.name}"

    @property
    def health_file(self) -> Path:
        """Touched while the worker is ready; its age tells."""
        return self.state_dir / "health" / f"{self.stage.name}-{self.name}"


def work(slot: Slot) -> NoReturn:
    """Run a stage until told to stop, or drained. Never returns: the process ends with an `ExitCode`."""
    watchdog = Watchdog(slot.limits.step_s, slot.limits.grace_s, slot.supervisor)
    try:
        require_folder(slot.state_dir)
        worker = Worker(slot, watchdog)
        logging.getLogger("kafka.net.connection").addHandler(LostConnection())
        logging.getLogger("kafka.coordinator.heartbeat").addHandler(LostMembership())
        worker.run()
    except ConfigurationError as error:
        leave(ExitCode.CONFIGURATION, str(error))
    except BrokerUnavailable as error:
        # Only where there was none from the beginning: a supervisor gives up on that, and on no other failure.
        leave(ExitCode.FAILED if watchdog.name.startswith("restore") else ExitCode.UNAVAILABLE, str(error))
    except CommitFailedError as error:
        leave(ExitCode.MEMBERSHIP_LOST, f"in {watchdog.name}: {error}")
    except BaseException as error:
        if not isinstance(error, KafkaError):
            log.exception("worker fails")
        leave(ExitCode.FAILED, f"in {watchdog.name}: {type(error).__name__}: {error}")
    raise AssertionError("leave does not return")


def require_folder(path: Path) -> None:
    """Raise ConfigurationError where files cannot be kept in a folder: no new start would help."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise ConfigurationError(f"DONGTIN_STATE_DIR {path}: {error.strerror or error}") from error


class Worker(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """A slot's consumer, producer and states."""

    def __init__(self, slot: Slot, watchdog: Watchdog) -> None:
        self._slot, self._watchdog, self._limits = slot, watchdog, slot.limits
        self._states: dict[int, PartitionState] = {}
        self._touched = 0.0
        cluster, stage = slot.cluster, slot.stage
        watchdog.step("connect")
        self._counts = self._partition_counts()
        self._producer = cluster.producer(
            transactional_id=slot.identity,
            transaction_timeout_ms=int(self._limits.transaction_s * 1000),
            delivery_timeout_ms=int(self._limits.transaction_s * 1000) + 35_000,
            request_timeout_ms=15_000,  # 30000
            retry_backoff_ms=10,  # 100: the sender sleeps so long while the last transaction's markers are written
        )
        watchdog.step("init_transactions")
        self._producer.init_transactions()
        watchdog.step("join")
        self._consumer = cluster.consumer(
            group_id=slot.group,
            group_instance_id=slot.identity,
            session_timeout_ms=int(self._limits.session_s * 1000),  # 45000
            heartbeat_interval_ms=1000,  # 3000
            max_poll_interval_ms=120_000,  # 300000: it is the rebalance timeout too
            max_poll_records=self._limits.batch_records,  # 500
            fetch_max_bytes=self._limits.batch_bytes,  # 52428800
        )
        self._topics = {cluster.full_name(topic): topic for topic in stage.inputs}
        self._ends = self._find_ends() if slot.until_drained else {}
        self._consumer.subscribe(list(self._topics), listener=self)

    def run(self) -> None:
        """Turn after turn, until told to stop or drained."""
        log.info("worker starts", stage=self._slot.stage.name, slot=self._slot.name, group=self._slot.group)
        while not self._watchdog.stop.is_set():
            self._watchdog.step("poll")
            batch = self._consumer.poll(timeout_ms=int(self._limits.poll_s * 1000))
            metadata = self._membership()
            if metadata:
                self._restore()
                self._ready()
            if batch and not metadata:
                leave(ExitCode.MEMBERSHIP_LOST, "no member of the group before the transaction")
            if metadata:
                self._process(self._messages(batch))
            if metadata and self._drained():
                leave(ExitCode.STOPPED, "drained")
        leave(ExitCode.STOPPED, "told to stop")

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Forget the states: another worker may own them next."""
        self._forget(revoked)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Forget the states: another worker owns them."""
        self._forget(lost)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Restore before the first message: what another owner did meanwhile is not in the cache."""
        self._forget(assigned)

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        for number in {each.partition for each in partitions}:
            if state := self._states.pop(number, None):
                state.close()

    def _membership(self) -> ConsumerGroupMetadata | None:
        """Taken right after the poll that it belongs to; a broker would accept offsets of no member unfenced."""
        metadata = self._consumer.group_metadata()
        return metadata if metadata.generation_id >= 0 and metadata.member_id else None

    def _restore(self) -> None:
        assigned = {at.partition for at in self._consumer.assignment()}
        if missing := assigned - self._states.keys():
            self._watchdog.step("restore")
            self._check_positions()
            folder = self._slot.state_dir / (self._slot.cluster.prefix or "_") / self._slot.stage.name
            paths = {number: folder / f"{number}.sqlite" for number in sorted(missing)}
            self._states |= restore(self._slot.cluster, self._slot.stage.tables, paths, self._watchdog.step)

    def _check_positions(self) -> None:
        """Raise OffsetsLost where records were deleted before they were read."""
        assigned = list(self._consumer.assignment())
        starts = self._consumer.beginning_offsets(assigned)
        for at in assigned:
            committed = self._consumer.committed(at)
            if committed is not None and committed < starts[at]:
                lost = f"{at.topic}-{at.partition}: position {committed}, but the log starts at {starts[at]}"
                if not self._slot.accept_loss:
                    raise OffsetsLost(f"{lost}; records were lost. Go on with --accept-loss")
                log.warning("records were lost", where=lost)

    def _messages(self, batch: dict[TopicPartition, list[ConsumerRecord]]) -> list[Message]:
        """The records of a poll, partition by partition, live before back-fill, in order."""
        order = {name: at for at, name in enumerate(self._topics)}
        return [
            message_of(record, self._topics[at.topic], self._counts[self._topics[at.topic]])
            for at in sorted(batch, key=lambda at: (at.partition, order[at.topic]))
            for record in batch[at]
        ]

    def _process(self, messages: Sequence[Message]) -> None:
        """Process and commit the messages of one poll, in as many transactions as the bounds ask for."""
        done = 0
        while done < len(messages):
            if not (metadata := self._membership()):
                leave(ExitCode.MEMBERSHIP_LOST, "no member of the group between two transactions")
            records, outcomes, end = self._take(messages, done)
            self._transact(messages[done:end], records, metadata)
            for outcome in outcomes:
                log.info("page", fate=str(outcome.fate), key=outcome.key, detail=outcome.detail)
            done = end

    def _take(self, messages: Sequence[Message], start: int) -> tuple[list[Record], list[Outcome], int]:
        """Process messages from `start` on, slice by slice, until a bound is reached; gives the end too."""
        records: list[Record] = []
        outcomes: list[Outcome] = []
        began, size, at = time.monotonic(), 0, start
        while at < len(messages) and (at == start or time.monotonic() - began < self._limits.batch_s):
            if size > self._limits.batch_bytes:
                break
            chunk = self._slice(messages, at)
            self._watchdog.step(f"process {chunk[0].topic.name}-{chunk[0].partition}@{chunk[0].offset}")
            state = self._states[chunk[0].partition]
            for message in chunk:
                if message.topic in self._slot.stage.tables:
                    state.take(message.topic, message.key or b"", message.value, message.offset)
            result = self._slot.stage.process(chunk, state)
            records += result.records
            outcomes += result.outcomes
            size += sum(record.size for record in result.records) + sum(len(message.value or b"") for message in chunk)
            at += len(chunk)
        return records, outcomes, at

    def _slice(self, messages: Sequence[Message], start: int) -> Sequence[Message]:
        """The next messages that a stage takes at once: of one partition, at most as many as it says."""
        end = start + 1
        while (
            end < len(messages)
            and end - start < self._slot.stage.at_once
            and messages[end].partition == messages[start].partition
        ):
            end += 1
        return messages[start:end]

    def _transact(
        self, messages: Sequence[Message], records: Sequence[Record], metadata: ConsumerGroupMetadata
    ) -> None:
        offsets = {
            TopicPartition(self._slot.cluster.full_name(message.topic), message.partition): OffsetAndMetadata(
                message.offset + 1, "", -1
            )
            for message in messages
        }
        self._watchdog.step("send")
        self._producer.begin_transaction()
        futures = [self._send(record) for record in records]
        written = [future.get(timeout=self._limits.step_s) for future in futures]
        self._watchdog.step("send_offsets")
        self._producer.send_offsets_to_transaction(offsets, metadata)
        self._watchdog.step("commit")
        began = time.monotonic()
        self._producer.commit_transaction()
        if time.monotonic() - began > self._limits.slow_commit_s:
            leave(ExitCode.SLOW_COMMIT, f"commit took {time.monotonic() - began:.1f} s: settle it by a restart")
        self._watchdog.step("keep state")
        self._keep(messages, records, [sent.offset for sent in written])

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
        positions: dict[int, dict[Topic, int]] = {}
        tables = self._slot.stage.tables
        for message in messages:
            if message.topic in tables:
                positions.setdefault(message.partition, {})[message.topic] = message.offset + 1
        for record, offset in zip(records, offsets, strict=True):
            if record.topic in tables:
                number = partition(record.partition_key, self._counts[record.topic])
                positions.setdefault(number, {})[record.topic] = offset + 1
        for number, by_topic in positions.items():
            self._states[number].commit(by_topic)

    def _partition_counts(self) -> dict[Topic, int]:
        stage = self._slot.stage
        topics = dict.fromkeys((*stage.inputs, *stage.tables, *stage.outputs))
        counts = self._slot.cluster.partition_counts(topics)
        for group in SAME_PARTITION_COUNT:
            differing = {topic.name: counts[topic] for topic in group if topic in counts}
            if len(set(differing.values())) > 1:
                raise TopicMismatch(f"topics must have one partition count: {differing}")
        return counts

    def _find_ends(self) -> dict[TopicPartition, int]:
        cluster = self._slot.cluster
        partitions = [at for topic in self._slot.stage.inputs for at in cluster.partitions(topic, self._counts[topic])]
        ends: dict[TopicPartition, int] = self._consumer.end_offsets(partitions)
        return ends

    def _drained(self) -> bool:
        """Whether all that is assigned has been processed up to the ends at the start.

        A member of the group with nothing assigned has no part in it: others own every partition.
        """
        return self._slot.until_drained and all(
            self._consumer.position(at) >= self._ends.get(at, 0) for at in self._consumer.assignment()
        )

    def _ready(self) -> None:
        if time.monotonic() - self._touched > 1:
            self._slot.health_file.parent.mkdir(parents=True, exist_ok=True)
            self._slot.health_file.touch()
            self._touched = time.monotonic()
