"""Keeps worker processes running: one process for each slot, started again with back-off until told to stop."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from dongtin.stream.kafka.watchdog import ExitCode

log = structlog.get_logger(__name__)

FINAL = (ExitCode.STOPPED, ExitCode.CONFIGURATION)
"""Exit codes after which a slot is not started again."""
NAMES = {int(code): code.name.lower() for code in ExitCode}
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.2, 15.0
STEADY_S = 60
"""A worker that ran so long begins its back-off anew."""
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
    exits: dict[str, int] = field(default_factory=dict)
    """Cause → how often the slot ended of it."""

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
        cause = NAMES.get(code, f"exit {code}")
        self.exits[cause] = self.exits.get(cause, 0) + 1
        if code in FINAL or set(self.exits) == {NAMES[ExitCode.UNAVAILABLE]}:
            self.code = code
            return
        if time.monotonic() - self.started > STEADY_S:
            self.backoff_s = FIRST_BACKOFF_S
        log.warning("worker is started again", stage=self.stage, slot=self.number, cause=cause, exits=self.exits)
        self.next_start = time.monotonic() + self.backoff_s
        self.backoff_s = min(self.backoff_s * 2, LONGEST_BACKOFF_S)


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
        if failed := [slot.code for slot in slots if slot.code]:
            _stop(slots)
            return failed[0]
        time.sleep(TICK_S)
    _stop(slots)
    return 0


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
