"""Kill -9 at a named point of the loop, again and again: each life of a worker has a point and a turn to die at.

The points are seen from kafka-python's own methods, which the loop has to call in this order whatever its own steps are
called. A life has the point that was reached least so far, and a turn that follows from the seed. Just before it dies a
process adds a line to the log, `<stage> <point>`; nothing dies any more when the log's `.armed` is gone.
"""

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

POINTS = (
    "restoring the state",
    "after poll",
    "after some sends",
    "after all sends",
    "after the offsets",
    "in the commit",
    "after the commit",
    "after the state was kept",
)
MOST_TURNS = 6
"""A life ends at the latest in its sixth transaction."""
MOST_SENDS = 8
IN_COMMIT_S = 0.015
"""A commit takes some milliseconds: the kill comes before or after the broker has decided."""


class CrashPoint:
    """Where and when this process dies."""

    def __init__(self, log: Path, stage: str, seed: str) -> None:
        ended = [line.partition(" ") for line in log.read_text().splitlines()] if log.exists() else []
        lives = sum(name == stage for name, _, _ in ended)
        chance = random.Random(f"{seed} {stage} {lives}")
        reached = Counter(point for _, _, point in ended)
        self._log, self._stage = log, stage
        self.point = min(POINTS, key=lambda point: (reached[point], chance.random()))
        self._turns = 1 if self.point == POINTS[0] else chance.randint(1, MOST_TURNS)
        self._instead = chance.choice(POINTS[1:])
        self._sends = chance.randint(1, MOST_SENDS)
        self._delay_s = chance.uniform(0, IN_COMMIT_S)

    def reach(self, point: str) -> None:
        """Die, where this is the point and its turn has come."""
        if point == self.point and self._turns <= 1:
            self._die()

    def turn(self) -> None:
        """A transaction was committed. Where there was nothing to restore, another point takes its turn."""
        self._turns -= 1
        if self.point == POINTS[0]:
            self.point = self._instead

    def sent(self, count: int) -> None:
        """So many records were sent in this transaction: some are on their way when we die, some are not."""
        if self.point == "after some sends" and self._turns <= 1 and count >= self._sends:
            time.sleep(self._delay_s)
            self._die()

    def commits(self) -> None:
        """The commit begins."""
        if self.point == "in the commit" and self._turns <= 1:
            threading.Thread(target=self._die_soon, daemon=True).start()

    def _die_soon(self) -> None:
        time.sleep(self._delay_s)
        self._die()

    def _die(self) -> None:
        if Path(f"{self._log}.armed").exists():
            with self._log.open("a") as lines:
                lines.write(f"{self._stage} {self.point}\n")
            os.kill(os.getpid(), signal.SIGKILL)


def install() -> None:
    """Put the points around kafka-python's methods."""
    stage = next(name for name in ("normalizer", "linker") if name in sys.orig_argv)
    crash = CrashPoint(Path(os.environ["FAULTS_CRASH_LOG"]), stage, os.environ["FAULTS_CRASH_SEED"])
    sent = 0
    committed = False

    def poll(original: Callable[..., Any], consumer: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal committed
        # What has lost its position may not begin elsewhere where an input is read; state is read from its log's start.
        is_input = consumer.config["auto_offset_reset"] == "none"
        if is_input and committed:
            crash.reach("after the state was kept")
            committed = False
        found = original(consumer, *arguments, **options)
        if found:
            crash.reach("after poll" if is_input else "restoring the state")
        return found

    def send(original: Callable[..., Any], producer: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal sent
        future = original(producer, *arguments, **options)
        sent += 1
        crash.sent(sent)
        return future

    def send_offsets(original: Callable[..., Any], producer: Any, *arguments: Any, **options: Any) -> Any:
        crash.reach("after all sends")
        original(producer, *arguments, **options)
        crash.reach("after the offsets")

    def commit(original: Callable[..., Any], producer: Any) -> None:
        nonlocal sent, committed
        crash.commits()
        original(producer)
        crash.reach("after the commit")
        crash.turn()
        sent, committed = 0, True

    _wrap(KafkaConsumer, "poll", poll)
    _wrap(KafkaProducer, "send", send)
    _wrap(KafkaProducer, "send_offsets_to_transaction", send_offsets)
    _wrap(KafkaProducer, "commit_transaction", commit)


def _wrap(owner: type, name: str, wrapper: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    def wrapped(self: Any, *arguments: Any, **options: Any) -> Any:
        return wrapper(original, self, *arguments, **options)

    setattr(owner, name, wrapped)
