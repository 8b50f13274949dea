"""Keeps worker processes running: one process for each slot, started again with back-off until told to stop.

Three ends of a slot are final: it was told to stop or is drained; its set-up is wrong; another process keeps its name.
A supervisor ends when all its slots have ended so, when a set-up is wrong, or when no Kafka has answered for `GONE_S`:
whoever started it (compose, Kubernetes, a person) sees the exit code and decides.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from dongtin.stream.kafka.watchdog import ExitCode

log = structlog.get_logger(__name__)

FINAL = (ExitCode.STOPPED, ExitCode.CONFIGURATION)
"""Exit codes after which a slot is not started again."""
DISPLACED_TIMES = 3
"""So often a slot comes back to its name: a broker may also take the slot's own second joining for another process."""
HOPELESS = (ExitCode.CONFIGURATION, ExitCode.UNAVAILABLE, ExitCode.STUCK)
"""Final codes of a slot that end the other slots too."""
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.2, 5.0
"""With the start, well below a session: a slot comes back before the group gives away what it owned."""
STEADY_S = 20
"""A worker that ran so long begins its back-off anew."""
GONE_S = 60
"""A Kafka that was there and has not answered for so long is taken for gone."""
TICK_S = 0.1
GRACE_S = 30
"""For workers to end after SIGTERM, before they are killed: longer than a worker's own grace."""


@dataclass
class SlotProcess:
    """A slot, and the process that is it now."""

    stage: str
    number: int
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    code: int | None = None
    """Its final exit code."""
    started: float = 0.0
    next_start: float = 0.0
    backoff_s: float = FIRST_BACKOFF_S
    exits: Counter[str] = field(default_factory=Counter)
    """Cause → how often the slot ended of it."""
    displaced: int = 0
    """How often it was since it last ran for a while."""
    unanswered_since: float | None = None
    """When the first of its starts without a Kafka began, since it last had one."""

    def start(self) -> None:
        """Start the process."""
        slot = ["--slot", str(self.number), "--supervisor", str(os.getpid())]
        command = [sys.executable, "-m", "dongtin", "work", self.stage, *slot, *self.arguments]
        self.process = subprocess.Popen(command)  # noqa: S603  # our own command, with numbers and flags for arguments
        self.started = time.monotonic()

    def check(self) -> None:
        """See whether the process ended, and start the next when it is time; no Kafka at the first start is final."""
        if self.process is None:
            if self.code is None and time.monotonic() >= self.next_start:
                self.start()
            return
        if (code := self.process.poll()) is None:
            return
        self.process = None
        cause = cause_of(code)
        self.exits[cause] += 1
        if code != ExitCode.UNAVAILABLE:
            self.unanswered_since = None
        elif self.unanswered_since is None:
            self.unanswered_since = self.started
        if time.monotonic() - self.started > STEADY_S:
            self.backoff_s, self.displaced = FIRST_BACKOFF_S, 0
        self.displaced += code == ExitCode.DISPLACED
        self.code = self._final(code)
        if self.code is not None:
            return
        log.warning("worker is started again", stage=self.stage, slot=self.number, cause=cause, exits=self.exits)
        if code == ExitCode.MEMBERSHIP_LOST:  # others came or went: no trouble of its own, and nothing to wait for
            self.next_start = time.monotonic() + FIRST_BACKOFF_S
            return
        self.next_start = time.monotonic() + self.backoff_s
        self.backoff_s = min(self.backoff_s * 2, LONGEST_BACKOFF_S)

    def _final(self, code: int) -> int | None:
        """The code with which the slot ends for good, or None where it is started again."""
        if code in FINAL or set(self.exits) == {cause_of(ExitCode.UNAVAILABLE)}:
            return code
        if self.displaced >= DISPLACED_TIMES:
            return ExitCode.DISPLACED
        if self.unanswered_since is not None and (gone := time.monotonic() - self.unanswered_since) > GONE_S:
            log.error("Kafka is gone", stage=self.stage, slot=self.number, seconds=round(gone), exits=self.exits)
            return ExitCode.STUCK
        return None


def cause_of(code: int) -> str:
    """Why a process ended, in a word: of `ExitCode`, or the name of the signal."""
    try:
        return ExitCode(code).name.lower() if code >= 0 else signal.Signals(-code).name
    except ValueError:
        return f"exit {code}"


def supervise(stages: Sequence[str], processes: int, *, until_drained: bool, accept_loss: bool) -> int:
    """Run the slots of some stages until told to stop, or until each is drained, one stage after the other."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopping.append(number))
    flags = ["--until-drained"] * until_drained + ["--accept-loss"] * accept_loss
    rounds = [[stage] for stage in stages] if until_drained else [list(stages)]
    for names in rounds:
        slots = [SlotProcess(name, number, flags) for name in names for number in range(processes)]
        code = _run(slots, stopping)
        if code or stopping:
            return code
    return 0


def _run(slots: Sequence[SlotProcess], stopping: Sequence[int]) -> int:
    """Until every slot is final, or one has a wrong set-up, or we are told to stop."""
    while not stopping and any(slot.code is None for slot in slots):
        for slot in slots:
            slot.check()
        for code in (slot.code for slot in slots):
            if code in HOPELESS:
                _stop(slots)
                return code
        time.sleep(TICK_S)
    _stop(slots)
    if exits := sum((slot.exits for slot in slots), Counter()):
        log.info("supervisor ends", exits=exits)
    return max((slot.code or 0 for slot in slots), default=0)


def _stop(slots: Sequence[SlotProcess]) -> None:
    running = [slot.process for slot in slots if slot.process]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + GRACE_S
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(deadline - time.monotonic(), 0.1))
            continue
        process.kill()
        process.wait()
