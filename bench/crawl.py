"""The crawl, on the offline twin and a real Kafka: how fast it may go, and how soon what is published is an event.

All in one run; the twin, the broker and what is measured share the machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.on_kafka.setup import Setup, setup
from bench.on_web import delay, speed


@dataclass(frozen=True)
class Part:
    """A measurement that can be asked for by its name: lines of Markdown."""

    title: str
    full: Callable[[Setup], list[str]]
    quick: Callable[[Setup], list[str]]


PARTS = {
    "speed": Part(
        "Speed without politeness",
        lambda made: speed.speed(made, 1_500, 7),
        lambda made: speed.speed(made, 600, 3),
    ),
    "delay": Part(
        "From the publication to the event",
        lambda made: delay.delay(made, 120, 1_200),
        lambda made: delay.delay(made, 40, 300),
    ),
}


def table(parts: Sequence[str] = tuple(PARTS), *, quick: bool = False) -> str:
    """The parts that are asked for, in Markdown."""
    lines = ["# The crawl", "", "Compare values of one run only.", ""]
    for name in parts:
        part = PARTS[name]
        with setup() as made:
            lines += [f"## {part.title}", "", *(part.quick if quick else part.full)(made), ""]
    return "\n".join(lines)
