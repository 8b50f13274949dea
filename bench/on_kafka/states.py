"""Restoring a worker's state, without its cache and with it; and what it then holds in memory."""

import random
import re
from collections.abc import Iterator

from bench.on_kafka.articles import effects
from bench.on_kafka.setup import MeasuredCluster, Setup
from bench.on_kafka.workers import memory, workers
from dongtin.record import Record
from dongtin.stream.kafka.watchdog import ExitCode
from dongtin.topics import ARTICLE_STATE

HASHES = re.compile(r"(?<=\")[0-9a-f]{12,64}(?=\")|(?<=185250117)[0-9]{9}")
"""What differs from one article's state to the next: hashes, block ids, and the number in its addresses."""
BATCH = 20
"""States of a partition in one batch: a worker's transaction has 200 pages of 12 partitions."""
WARM_ROUNDS = 3


def restore(setup: Setup, sizes: tuple[int, ...]) -> list[str]:
    """A table of seconds, in Markdown."""
    lines = ["| states | without cache, s | with cache, s |", "|---:|---:|---:|"]
    for size in sizes:
        cluster = filled(setup, size)
        cold = _restored(setup, cluster, size)
        warm = sorted(_restored(setup, cluster, 0) for _ in range(WARM_ROUNDS))[WARM_ROUNDS // 2]
        lines.append(f"| {size:,} | {cold:.1f} | {warm:.2f} |")
    return ["From the assignment of all 12 partitions to one worker until it is ready.", "", *lines]


def held(setup: Setup, size: int, pages: int) -> list[str]:
    """A table of memory, in Markdown."""
    return memory(setup, filled(setup, size), size, pages)


def filled(setup: Setup, size: int) -> MeasuredCluster:
    """A cluster with so many states on its topic."""
    cluster = setup.cluster(f"states{size}.")
    setup.produce(cluster, states(size), **{"batch.num.messages": BATCH, "linger.ms": 1000, "acks": 1})
    return cluster


def states(size: int) -> Iterator[Record]:
    """State records as the normalizer writes them, each of another article."""
    (first,) = (each for each in effects(6_000)[0] if each.topic == ARTICLE_STATE)
    parts = HASHES.split((first.value or b"").decode())
    lengths = [len(found) for found in HASHES.findall((first.value or b"").decode())]
    chance = random.Random(1)
    for number in range(size):
        digits = chance.randbytes(sum(lengths) // 2 + 1).hex()
        name, at, pieces = f"{number:09}", 0, [parts[0]]
        for length, part in zip(lengths, parts[1:], strict=True):
            pieces += (name if length == len(name) else digits[at : at + length], part)
            at += length
        key = f"thanhnien.vn/185250117{name}".encode()
        headers = tuple(
            (header, {"ce_id": key + b"@" + digits[:16].encode(), "ce_subject": key}.get(header, value))
            for header, value in first.headers
        )
        yield Record(ARTICLE_STATE, key, "".join(pieces).encode(), headers, key)


def _restored(setup: Setup, cluster: MeasuredCluster, expected: int) -> float:
    """Seconds that a worker with nothing else to do takes to restore."""
    with workers(setup, cluster, "--processes", "1", "--until-drained") as running:
        if (code := running.end()) != ExitCode.STOPPED:
            raise RuntimeError(f"the worker ended with {code}: {running.log[-3:]}")
        told = [line for line in running.log if line["event"] == "state restored"]
    if (records := sum(line["records"] for line in told)) != expected:
        raise RuntimeError(f"{records} states were read instead of {expected}")
    return float(sum(line["seconds"] for line in told))
