"""Workers as they are run, with their reading processes: pages a second, and what they hold in memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from bench.on_kafka.articles import elsewhere, readable
from bench.on_kafka.setup import WAIT_S, Setup
from dongtin.events import Lane
from dongtin.record import Record
from dongtin.stream.kafka.cluster import Cluster
from dongtin.topics import ARTICLES, PARTITIONS

INSTANCE = "bench"
WARM_UP = 60
"""Pages before anything is measured: the reading processes have started then."""


@dataclass(frozen=True)
class Workers:
    """A running `dongtin work normalizer`."""

    cluster: Cluster
    supervisor: subprocess.Popen[bytes]
    folder: Path

    @property
    def log(self) -> list[dict[str, Any]]:
        """What they have told."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines() if line.startswith("{")]

    def wait_until_ready(self, processes: int) -> None:
        """Until each has its partitions and their state."""
        health, names = self.folder / "state" / "health", f"{self.cluster.prefix}normalizer-{INSTANCE}-*"
        _wait(lambda: len(list(health.glob(names))) == processes, "the workers are not ready")

    def end(self) -> int:
        """Wait until they are drained; gives the exit code."""
        return self.supervisor.wait(WAIT_S)


@contextmanager
def workers(setup: Setup, cluster: Cluster, *arguments: str, state: str = "state") -> Iterator[Workers]:
    """Workers on a cluster, ended in the end. `state`: the name of the folder of their caches and log."""
    folder = setup.folder / f"workers-{cluster.prefix}{state}"
    folder.mkdir(exist_ok=True)
    environment = os.environ | {
        "DONGTIN_BOOTSTRAP_SERVERS": setup.servers,
        "DONGTIN_TOPIC_PREFIX": cluster.prefix,
        "DONGTIN_STATE_DIR": str(folder / "state"),
        "DONGTIN_INSTANCE": INSTANCE,
    }
    command = [sys.executable, "-m", "dongtin", "work", "normalizer", *arguments]
    with (folder / "log").open("wb") as log:
        supervisor = subprocess.Popen(command, env=environment, stderr=log)
    try:
        yield Workers(cluster, supervisor, folder)
    finally:
        supervisor.terminate()
        supervisor.wait()


class Arrivals:
    """Events of the articles topic as they become readable under `read_committed`."""

    def __init__(self, setup: Setup, cluster: Cluster, *, from_beginning: bool) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": setup.servers,
                "group.id": "nobody",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        name = cluster.full_name(ARTICLES)
        partitions = [TopicPartition(name, at, OFFSET_BEGINNING) for at in range(PARTITIONS)]
        if not from_beginning:
            for each in partitions:
                each.offset = self._consumer.get_watermark_offsets(each, timeout=10)[1]
        self._consumer.assign(partitions)

    def next(self, timeout_s: float) -> Any | None:
        """The next event, or None."""
        message = self._consumer.poll(timeout_s)
        if message is not None and message.error():
            raise RuntimeError(message.error())
        return message

    def take(self, number: int) -> list[Any]:
        """So many events. Raises RuntimeError where they do not come."""
        found: list[Any] = []
        deadline = time.monotonic() + WAIT_S
        while len(found) < number:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(found)} of {number} pages are published")
            if message := self.next(0.5):
                found.append(message)
        return found

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def stream_of_pages(lane: Lane = Lane.LIVE, start: int = 0) -> Iterator[Record]:
    """Real pages without end, each at an address of its own; `start` is the number of the first address."""
    for number, page in zip(count(start), cycle(readable())):
        yield elsewhere(page, number, lane)


def publish(setup: Setup, cluster: Cluster, records: list[Record]) -> None:
    """Produce pages and wait until each is an article."""
    arrivals = Arrivals(setup, cluster, from_beginning=False)
    setup.produce(cluster, records)
    arrivals.take(len(records))
    arrivals.close()


def throughput(setup: Setup, pages: int, processes: int) -> float:
    """Pages a second of the whole, reading included, while all processes have pages."""
    cluster = setup.cluster(f"throughput{processes}.")
    source = stream_of_pages()
    records = [next(source) for _ in range(WARM_UP + pages)]
    with workers(setup, cluster, "--processes", str(processes)) as running:
        running.wait_until_ready(processes)
        publish(setup, cluster, records[:WARM_UP])
        arrivals = Arrivals(setup, cluster, from_beginning=False)
        setup.produce(cluster, records[WARM_UP:])
        began_ms = time.time() * 1000
        events = [(event.partition(), event.timestamp()[1]) for event in arrivals.take(pages)]
        arrivals.close()
    # The range assignor gives each process neighbouring partitions.
    lasts = [max(at for number, at in events if number * processes // PARTITIONS == slot) for slot in range(processes)]
    ended_ms = min(lasts)
    return sum(began_ms < at <= ended_ms for _, at in events) / (ended_ms - began_ms) * 1000


def work(setup: Setup, pages: int) -> list[str]:
    """A table of pages a second, in Markdown."""
    one = throughput(setup, pages, 1)
    two = throughput(setup, 2 * pages, 2)
    return [
        f"Real pages of {_mean_size() / 1000:.0f} KB, until their events are on the topics; two cores.",
        "",
        "| processes | pages a second | times one |",
        "|---:|---:|---:|",
        f"| 1 | {one:.0f} | 1.00 |",
        f"| 2 | {two:.0f} | {two / one:.2f} |",
    ]


def memory(setup: Setup, cluster: Cluster, states: int, pages: int) -> list[str]:
    """What a worker holds that restored many states and then read pages, in Markdown."""
    source = stream_of_pages(start=states)  # other articles than those whose state it has
    with workers(setup, cluster, "--processes", "1", state="memory") as running:
        running.wait_until_ready(1)
        (worker,) = _children(running.supervisor.pid)
        restored = _memory_mb(worker)
        publish(setup, cluster, [next(source) for _ in range(pages)])
        (reader,) = _children(worker)
        rows = [restored, _memory_mb(worker), _memory_mb(reader)]
    names = (f"worker, {states:,} states restored without cache", f"worker, and {pages:,} pages read", "its reader")
    return [
        "| process | resident, MB | peak, MB |",
        "|---|---:|---:|",
        *(f"| {name} | {now:.0f} | {peak:.0f} |" for name, (now, peak) in zip(names, rows, strict=True)),
    ]


def _mean_size() -> float:
    sizes = [len(page.body) for page in readable()]
    return sum(sizes) / len(sizes)


def _children(process: int) -> list[int]:
    threads = Path(f"/proc/{process}/task").iterdir()
    return sorted({int(child) for thread in threads for child in (thread / "children").read_text().split()})


def _memory_mb(process: int) -> tuple[float, float]:
    """Resident now, and at most."""
    status = Path(f"/proc/{process}/status").read_text()
    now, peak = (int(status.partition(f"{name}:")[2].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


def _wait(is_so: Any, otherwise: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.05)
