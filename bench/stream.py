"""The stream on a real broker: what the loop costs, how late an event is, how long a restore takes, how much is held.

All in one run; the broker, the measuring process and what is measured share the machine. Each part has a fresh broker.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.on_kafka import delay, loop, states, workers
from bench.on_kafka.setup import Setup, setup


@dataclass(frozen=True)
class Part:
    """A measurement that can be asked for by its name: lines of Markdown."""

    title: str
    full: Callable[[Setup], list[str]]
    quick: Callable[[Setup], list[str]]


PARTS = {
    "loop": Part(
        "The loop, reading off",
        lambda made: loop.loop(made, loop.FULL),
        lambda made: loop.loop(made, loop.QUICK),
    ),
    "work": Part(
        "Whole workers, reading on",
        lambda made: workers.work(made, 1_500),
        lambda made: workers.work(made, 400),
    ),
    "delay": Part(
        "From a page produced to its event readable",
        lambda made: delay.delay(made, 60, 1_000),
        lambda made: delay.delay(made, 10, 400),
    ),
    "lanes": Part(
        "Live pages beside a back-fill",
        lambda made: delay.lanes(made, 60, 100_000),
        lambda made: delay.lanes(made, 10, 5_000),
    ),
    "restore": Part(
        "Restore of a worker's state",
        lambda made: states.restore(made, (100_000, 1_000_000)),
        lambda made: states.restore(made, (50_000,)),
    ),
    "memory": Part(
        "Memory",
        lambda made: states.held(made, 100_000, 1_000),
        lambda made: states.held(made, 100_000, 200),
    ),
}


def table(parts: Sequence[str] = tuple(PARTS), *, quick: bool = False) -> str:
    """The parts that are asked for, in Markdown."""
    lines = ["# The stream on Kafka", "", "Compare values of one run only.", ""]
    for name in parts:
        part = PARTS[name]
        with setup() as made:
            lines += [f"## {part.title}", "", *(part.quick if quick else part.full)(made), ""]
    return "\n".join(lines)
