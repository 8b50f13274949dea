"""The stream on a real broker: what the loop costs, how late an event is, how long a restore takes, how much is held.

All in one run on a broker of its own; the broker and the measuring process share the machine with what is measured.
"""

from collections.abc import Callable, Sequence

from bench.on_kafka import loop
from bench.on_kafka.setup import Setup, setup

PARTS: dict[str, tuple[str, Callable[[Setup, bool], list[str]]]] = {
    "loop": ("The loop, reading off", lambda made, quick: loop.loop(made, loop.QUICK if quick else loop.FULL)),
}
"""Name → title, and what gives its lines of Markdown."""


def table(parts: Sequence[str] = tuple(PARTS), *, quick: bool = False) -> str:
    """The parts that are asked for, in Markdown."""
    lines = ["# The stream on Kafka", "", "Compare values of one run only.", ""]
    for name in parts:
        title, measure = PARTS[name]
        with setup() as made:
            lines += [f"## {title}", "", *measure(made, quick), ""]
    return "\n".join(lines)
