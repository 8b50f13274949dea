"""From a page's production to its event being readable: at a steady load, and beside a back-fill.

Pages come at random, as many a second on the average as is said. A delay begins with the call that hands the page to
its producer, so that the producer's own linger (5 ms) is in it.
"""

import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from confluent_kafka import Consumer, TopicPartition

from bench.on_kafka.articles import elsewhere
from bench.on_kafka.setup import Setup, put
from bench.on_kafka.workers import WARM_UP, Arrivals, publish, stream_of_pages, throughput, workers
from bench.pages import pages as golden_pages
from dongtin.events import Lane
from dongtin.record import Record
from dongtin.stream.kafka.cluster import Cluster
from dongtin.topics import PAGES_BACKFILL, PARTITIONS

STEADY = 20.0
"""Pages a second."""
HIGH = 0.8
"""Of what one process takes."""
BACKFILL_START, FULL_SIZED = 500_000_000, 12_000
"""Pages of a back-fill that are real ones of 150 KB: more than are read while it is measured. The rest are short."""


@dataclass(frozen=True)
class Delays:
    """In milliseconds."""

    p50: float
    p99: float
    longest: float
    pages: int


def probe(setup: Setup, cluster: Cluster, source: Iterator[Record], rate: float, seconds: float) -> Delays:
    """Produce pages at a rate and take their events."""
    chance = random.Random(1)
    arrivals, producer = Arrivals(setup, cluster, from_beginning=False), setup.producer()
    produced: dict[bytes, float] = {}
    delays: list[float] = []
    next_at = began = time.perf_counter()
    following = next(source)
    while True:
        now = time.perf_counter()
        if now >= next_at and now < began + seconds:
            produced[following.key or b""] = time.perf_counter()
            put(producer, cluster, following)
            next_at += chance.expovariate(rate)
            following = next(source)
        if event := arrivals.next(max(0.0, min(next_at - time.perf_counter(), 0.05))):
            sent = produced.pop(event.key(), None)
            if sent is not None:
                delays.append(time.perf_counter() - sent)
        if now > began + seconds and not produced:
            break
        if now > began + 2 * seconds + 60:
            raise RuntimeError(f"{len(produced)} pages gave no event")
    producer.flush()
    arrivals.close()
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return Delays(cuts[49] * 1000, cuts[98] * 1000, max(delays) * 1000, len(delays))


def delay(setup: Setup, seconds: float, pages: int) -> list[str]:
    """A table of delays without a back-fill, in Markdown."""
    most = throughput(setup, pages, 1)
    cluster, source = setup.cluster("delay."), stream_of_pages()
    with workers(setup, cluster, "--processes", "1") as running:
        running.wait_until_ready(1)
        publish(setup, cluster, list(islice(source, WARM_UP)))
        rows = {rate: probe(setup, cluster, source, rate, seconds) for rate in (STEADY, HIGH * most)}
    return [
        f"One process, reading on; alone it takes {most:.0f} pages a second.",
        "",
        "| pages a second | p50, ms | p99, ms | longest, ms | pages |",
        "|---:|---:|---:|---:|---:|",
        *(_row(f"{rate:.0f}", found) for rate, found in rows.items()),
    ]


def lanes(setup: Setup, seconds: float, size: int) -> list[str]:
    """A table of delays of live pages without and with a back-fill, in Markdown."""
    cluster, source = setup.cluster("lanes."), stream_of_pages()
    with workers(setup, cluster, "--processes", "1") as running:
        running.wait_until_ready(1)
        publish(setup, cluster, list(islice(source, WARM_UP)))
        alone = probe(setup, cluster, source, STEADY, seconds)
        setup.produce(cluster, _backfill(size))
        probe(setup, cluster, source, STEADY, 5)
        before, began = _processed(setup, cluster), time.monotonic()
        beside = probe(setup, cluster, source, STEADY, seconds)
        done, taken = _processed(setup, cluster) - before, time.monotonic() - began
    left = size - before - done
    if left <= 0:
        raise RuntimeError("the back-fill was over before the measurement")
    return [
        f"One process, live pages at {STEADY:.0f} a second; a back-fill of {size:,} pages.",
        "",
        "| | p50, ms | p99, ms | longest, ms | pages |",
        "|---|---:|---:|---:|---:|",
        _row("alone", alone),
        _row("beside the back-fill", beside),
        "",
        f"The p99 beside the back-fill is {beside.p99 / alone.p99:.2f} times that without.",
        f"Meanwhile {done:,} pages of the back-fill were processed, {done / taken:.0f} a second; {left:,} were left.",
    ]


def _row(name: str, found: Delays) -> str:
    return f"| {name} | {found.p50:.0f} | {found.p99:.0f} | {found.longest:.0f} | {found.pages:,} |"


def _backfill(size: int) -> Iterator[Record]:
    yield from islice(stream_of_pages(Lane.BACKFILL, BACKFILL_START), min(FULL_SIZED, size))
    short = [page.page for page in golden_pages(("thanhnien",), 0)]
    for number in range(FULL_SIZED, size):
        yield elsewhere(short[number % len(short)], BACKFILL_START + number, Lane.BACKFILL)


def _processed(setup: Setup, cluster: Cluster) -> int:
    """Pages of the back-fill that are committed."""
    name = cluster.full_name(PAGES_BACKFILL)
    asking = Consumer({"bootstrap.servers": setup.servers, "group.id": f"{cluster.prefix}normalizer"})
    committed = asking.committed([TopicPartition(name, at) for at in range(PARTITIONS)], timeout=10)
    asking.close()
    return sum(max(each.offset, 0) for each in committed)
