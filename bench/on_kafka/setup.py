"""The broker of a run, clusters on it whose commits are timed, and a producer that is quicker than what is measured."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from confluent_kafka import Producer

from dongtin.record import Record
from dongtin.stream.kafka.administration import create_topics
from dongtin.stream.kafka.cluster import Cluster
from dongtin.topics import PAGES, PAGES_BACKFILL, PARTITIONS, QUARANTINE, Topic

sys.path.append(str(Path(__file__).parents[2] / "tests"))  # the broker of the tests is the broker of the measurements
from broker import Broker  # where the line above leads

WAIT_S = 300
"""For anything that must come."""


@dataclass(frozen=True)
class MeasuredCluster(Cluster):
    """A cluster that notes each transaction's commit, and whose pages topics may be shared with other prefixes."""

    pages_prefix: str | None = None
    marks: Path | None = None

    def full_name(self, topic: Topic) -> str:
        """See `Cluster.full_name`."""
        shared = self.pages_prefix is not None and topic in (PAGES, PAGES_BACKFILL)
        return topic.full_name(str(self.pages_prefix) if shared else self.prefix)

    def producer(self, **options: Any) -> Any:
        """See `Cluster.producer`."""
        producer = super().producer(**options)
        if self.marks and "transactional_id" in options:
            Marks(self.marks).watch(producer)
        return producer


class Marks:
    """A line for each commit: when, the process's CPU time, and how many input records were behind it in all."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._positions: dict[Any, int] = {}

    def watch(self, producer: Any) -> None:
        """Note a kafka-python producer's transactions."""
        send_offsets, commit = producer.send_offsets_to_transaction, producer.commit_transaction

        def noted_offsets(offsets: Any, *more: Any) -> None:
            self.reached({at: offset.offset for at, offset in offsets.items()})
            send_offsets(offsets, *more)

        def noted_commit() -> None:
            commit()
            self.committed()

        producer.send_offsets_to_transaction, producer.commit_transaction = noted_offsets, noted_commit

    def reached(self, positions: dict[Any, int]) -> None:
        """The positions after the records of a transaction, by partition."""
        self._positions |= positions

    def committed(self) -> None:
        """They are committed."""
        self._file.write(f"{time.perf_counter()} {time.process_time()} {sum(self._positions.values())}\n")


@dataclass(frozen=True)
class Speed:
    """From the first to the last commit of a run."""

    a_second: float
    cpu_ms: float
    """Of the process, for each input record."""
    in_transaction: float
    """Input records, mean."""


def speed(marks: Path) -> Speed:
    """What a file of marks tells."""
    lines = [tuple(map(float, line.split())) for line in marks.read_text().splitlines()]
    (began, cpu_before, before), (ended, cpu_after, after) = lines[0], lines[-1]
    done = after - before
    return Speed(done / (ended - began), (cpu_after - cpu_before) / done * 1000, done / (len(lines) - 1))


@dataclass(frozen=True)
class Setup:
    """A broker, and a folder for what the measured processes write."""

    servers: str
    folder: Path

    def cluster(self, prefix: str, pages_prefix: str | None = None, marks: Path | None = None) -> MeasuredCluster:
        """A cluster with all topics made."""
        cluster = MeasuredCluster((self.servers,), prefix, pages_prefix=pages_prefix, marks=marks)
        create_topics(cluster, PARTITIONS, 1)
        return cluster

    def produce(self, cluster: Cluster, records: Iterable[Record], **options: Any) -> None:
        """Put records on their topics, in batches as large as dongtin's own producer makes them."""
        producer = self.producer(**options)
        for record in records:
            put(producer, cluster, record)
        producer.flush()

    def producer(self, **options: Any) -> Producer:
        """librdkafka's, which puts a key where Java's would."""
        settings = {
            "bootstrap.servers": self.servers,
            "partitioner": "murmur2",
            "compression.type": "zstd",
            "linger.ms": 5,
            "batch.size": 131_072,
            "message.max.bytes": QUARANTINE.max_bytes,
            "queue.buffering.max.kbytes": 400_000,
        }
        return Producer(settings | options)


def put(producer: Producer, cluster: Cluster, record: Record) -> None:
    """Queue a record; waits while the queue is full."""
    while True:
        try:
            producer.produce(cluster.full_name(record.topic), record.value, record.key, headers=list(record.headers))
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


@contextmanager
def setup() -> Iterator[Setup]:
    """A broker of its own, and nothing left behind."""
    with TemporaryDirectory(prefix="dongtin-bench-") as name:
        folder = Path(name)
        with Broker(folder / "broker") as broker:
            yield Setup(broker.bootstrap_servers, folder)
