"""The loop without reading, beside copies of as many records of the same sizes: each in a process of its own.

A copy is the least that a program does for the same effect on the topics: it looks at nothing and remembers nothing.
Its clients have the settings of the worker's own, its transactions the same bounds.
"""

import json
import multiprocessing
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as Position
from kafka import OffsetAndMetadata, TopicPartition

from bench.on_kafka.articles import BODIES, Known, effects, number_of, record
from bench.on_kafka.setup import WAIT_S, Marks, MeasuredCluster, Setup, Speed, speed
from dongtin import log
from dongtin.stream.kafka.slot import Limits, Slot
from dongtin.stream.kafka.worker import work
from dongtin.topics import PAGES, QUARANTINE, RECORD_BYTES
from processors.pipeline import Normalizer

EVENT, PAGE = 6_000, 100_000
"""Bytes of a page."""
RUN_S = 120
"""A program that takes longer than this is stuck."""
OUTPUT_BYTES = 17_000
"""Of its four records, headers included."""


@dataclass(frozen=True)
class Load:
    """How much is measured."""

    pages: dict[int, int]
    """Size → how many."""
    rounds: int


FULL, QUICK = Load({EVENT: 8_000, PAGE: 4_000}, 3), Load({EVENT: 3_000, PAGE: 1_000}, 1)


@dataclass(frozen=True)
class Job:
    """What a measured process is given."""

    cluster: MeasuredCluster
    folder: Path
    size: int
    pages: int

    @property
    def options(self) -> Path:
        """Of the worker's clients, for the copies."""
        return self.folder.parent / "options.json"


class Noted(MeasuredCluster):
    """A measured cluster that keeps the options of the worker's producer, and those of its membership and readers."""

    def producer(self, **options: Any) -> Any:
        """See `Cluster.producer`."""
        if "transactional_id" in options:
            self._note("producer", options)
        return super().producer(**options)

    def consumer(self, **options: Any) -> Any:
        """See `Cluster.consumer`."""
        if "group_id" in options or options.get("auto_offset_reset") == "none":  # state is restored by another
            self._note("consumer", options)
        return super().consumer(**options)

    def _note(self, client: str, options: dict[str, Any]) -> None:
        path = Path(str(self.marks)).parent.parent / "options.json"
        noted = json.loads(path.read_text()) if path.exists() else {}
        plain = {name: value for name, value in options.items() if name != "partition_assignment_strategy"}
        path.write_text(json.dumps(noted | {client: noted.get(client, {}) | plain}))


def loop(setup: Setup, load: Load) -> list[str]:
    """A table of records a second, in Markdown."""
    lines = [
        f"Records a second, medians of {load.rounds} rounds in alternation, from the first to the last commit.",
        "A page gives four records: article, revision, member, state.",
        "",
        "| page | program | records a second | times the exactly-once copy | CPU ms a page | pages in a transaction |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for size, pages in load.pages.items():
        found = _measure(setup, size, pages, load.rounds)
        bare = statistics.median(each.a_second for each in found[COPY])
        for name, runs in found.items():
            rate = statistics.median(each.a_second for each in runs)
            cpu = statistics.median(each.cpu_ms for each in runs)
            together = statistics.median(each.in_transaction for each in runs)
            lines.append(
                f"| {size / 1000:g} KB | {name} | {4 * rate:,.0f} | {rate / bare:.2f} | {cpu:.2f} | {together:.0f} |"
            )
    return lines


def _measure(setup: Setup, size: int, pages: int, rounds: int) -> dict[str, list[Speed]]:
    shared = f"pages{size}."
    setup.produce(setup.cluster(shared), (record(number, size) for number in range(pages)))
    found: dict[str, list[Speed]] = {name: [] for name in PROGRAMS}
    for turn in range(rounds):
        for at, (name, program) in enumerate(PROGRAMS.items()):
            folder = setup.folder / f"loop{size}" / f"{turn}-{at}"
            folder.mkdir(parents=True)
            marks = folder / "marks"
            plain = setup.cluster(f"s{size}-{turn}-{at}.", shared, marks)
            cluster = Noted(**vars(plain))
            _run(program, Job(cluster, folder, size, pages))
            found[name].append(speed(marks))
    return found


def _run(program: Callable[[Job], None], job: Job) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_begin, args=(program, job))
    process.start()
    process.join(RUN_S)
    if process.exitcode != 0:
        process.kill()
        told = (job.folder / "log").read_text()[-3000:]
        raise RuntimeError(f"{program.__name__} ended with {process.exitcode}: {told}")


def _begin(program: Callable[[Job], None], job: Job) -> None:
    file = os.open(job.folder / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 2)
    log.configure("info")
    program(job)


def _worker(job: Job) -> None:
    work(
        Slot(
            stage=Normalizer("/bench/normalizer", Known(job.size).look),
            cluster=job.cluster,
            name="bench",
            state_dir=job.folder / "state",
            until_drained=True,
        )
    )


def _exactly_once(job: Job) -> None:
    options = json.loads(job.options.read_text())
    producer = job.cluster.producer(**options["producer"] | {"transactional_id": f"{job.cluster.prefix}copy"})
    producer.init_transactions()
    outputs = _outputs(job)
    for batch, consumer in _batches(job, options):
        metadata = consumer.group_metadata()
        producer.begin_transaction()
        for future in _send(producer, batch, outputs):
            future.get(timeout=WAIT_S)
        producer.send_offsets_to_transaction(_ends(batch), metadata)
        producer.commit_transaction()


def _at_least_once(job: Job) -> None:
    options = json.loads(job.options.read_text())
    transactional = ("transactional_id", "transaction_timeout_ms")
    producer = job.cluster.producer(**{k: v for k, v in options["producer"].items() if k not in transactional})
    outputs, marks = _outputs(job), Marks(Path(str(job.cluster.marks)))
    for batch, consumer in _batches(job, options):
        for future in _send(producer, batch, outputs):
            future.get(timeout=WAIT_S)
        ends = _ends(batch)
        consumer.commit(ends)
        marks.reached({at: end.offset for at, end in ends.items()})
        marks.committed()


def _plain(job: Job) -> None:
    """confluent-kafka, without transactions."""
    servers = ",".join(job.cluster.servers)
    outputs, marks, copied = _outputs(job), Marks(Path(str(job.cluster.marks))), 0
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": f"{job.cluster.prefix}plain",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "max.partition.fetch.bytes": RECORD_BYTES,
            "fetch.max.bytes": Limits().batch_bytes,
        }
    )
    setup = Setup(servers, job.folder)
    producer = setup.producer(**{"enable.idempotence": True, "message.max.bytes": QUARANTINE.max_bytes})
    consumer.subscribe([job.cluster.full_name(PAGES)])
    positions: dict[int, int] = {}
    while copied < job.pages:
        batch = consumer.consume(_most(job), timeout=0.1)
        for page in batch:
            key, at = page.key(), page.partition()
            for topic, value, headers, name in outputs[number_of(key) % BODIES]:
                producer.produce(topic, value, name(key), partition=at, headers=headers)
            positions[at] = page.offset() + 1
        if not batch:
            continue
        if producer.flush(WAIT_S):
            raise RuntimeError("records were not delivered")
        topic = job.cluster.full_name(PAGES)
        consumer.commit(offsets=[Position(topic, at, end) for at, end in positions.items()], asynchronous=False)
        marks.reached(dict(positions))
        marks.committed()
        copied += len(batch)
    consumer.close()


COPY = "exactly-once copy, kafka-python"
PROGRAMS: dict[str, Callable[[Job], None]] = {
    "dongtin's loop, reading off": _worker,
    COPY: _exactly_once,
    "copy without transactions, kafka-python": _at_least_once,
    "copy without transactions, confluent-kafka": _plain,
}
"""The loop is the first: the copies take their clients' settings from it."""

Output = tuple[str, "bytes | None", list[tuple[str, bytes]], Callable[[bytes], bytes]]


def _outputs(job: Job) -> list[list[Output]]:
    """For each distinct body: topic, value, headers, and the key as a function of the page's."""
    return [
        [
            (job.cluster.full_name(each.topic), each.value, list(each.headers), KEYS[at])
            for at, each in enumerate(records)
        ]
        for records in effects(job.size)
    ]


KEYS: tuple[Callable[[bytes], bytes], ...] = (
    lambda key: key,
    lambda key: key + b"@1",
    lambda key: key + b"|" + key,
    lambda key: key,
)
"""Of article, revision, member and state."""


def _batches(job: Job, options: dict[str, Any]) -> Iterator[tuple[list[Any], Any]]:
    """The pages of each transaction, under the worker's bounds, and the consumer."""
    name = f"{job.cluster.prefix}copy"
    own = {"group_id": name, "group_instance_id": name, "auto_offset_reset": "earliest"}
    consumer = job.cluster.consumer(**options["consumer"] | own)
    consumer.subscribe([job.cluster.full_name(PAGES)])
    most, copied = _most(job), 0
    while copied < job.pages:
        polled = [page for pages in consumer.poll(timeout_ms=300).values() for page in pages]
        for start in range(0, len(polled), most):
            yield polled[start : start + most], consumer
        copied += len(polled)


def _most(job: Job) -> int:
    """Pages in a transaction, under the worker's bounds."""
    return min(Limits().batch_records, Limits().batch_bytes // (job.size + OUTPUT_BYTES))


def _send(producer: Any, batch: list[Any], outputs: list[list[Output]]) -> list[Any]:
    return [
        producer.send(topic, key=name(page.key), value=value, headers=headers, partition=page.partition)
        for page in batch
        for topic, value, headers, name in outputs[number_of(page.key) % BODIES]
    ]


def _ends(batch: list[Any]) -> dict[TopicPartition, OffsetAndMetadata]:
    return {TopicPartition(each.topic, each.partition): OffsetAndMetadata(each.offset + 1, "", -1) for each in batch}
