"""What ends a worker that is stuck, orphaned or told to stop: crash-only, so that start-up is the only way back.

kafka-python's commit, abort and send_offsets have no time limit and can lose their request for ever; a worker therefore
never waits for an end that may not come. Exit codes are those of `ExitCode`.
"""

import faulthandler
import logging
import os
import signal
import threading
import time
from enum import IntEnum

import structlog

log = structlog.get_logger(__name__)

TICK_S = 0.25
TAKEN = "another worker has taken this one's name; where both are meant to run, their DONGTIN_INSTANCE must differ"


class ExitCode(IntEnum):
    """Why a worker process ended. Its supervisor starts it again, but after the first two and a third DISPLACED."""

    STOPPED = 0
    """Told to stop, or drained."""
    CONFIGURATION = 2
    """The set-up is wrong: starting again would not help."""
    UNAVAILABLE = 69
    """No Kafka answers at the start."""
    STUCK = 70
    """A step took too long. Of a supervisor: Kafka has not answered for a minute."""
    FAILED = 71
    """An error, in or around a transaction as everywhere."""
    SLOW_COMMIT = 72
    """A commit took so long that what became of it is read back from Kafka."""
    MEMBERSHIP_LOST = 73
    """The group has gone on without it."""
    CONNECTION_LOST = 74
    """The connection to a broker broke."""
    ORPHANED = 75
    """Its supervisor is gone."""
    DISPLACED = 76
    """Another process has its name, as far as the broker tells."""


def leave(code: ExitCode, why: str) -> None:
    """End the process at once: no clean-up, no flush, nothing that could send what a transaction has not settled."""
    level = "info" if code == ExitCode.STOPPED else "error"
    getattr(log, level)("worker ends", cause=code.name.lower(), code=int(code), why=why[:400])
    logging.shutdown()
    os._exit(code)


class Watchdog:
    """Ends the process when a step takes too long, when SIGTERM's grace is over, or when the parent died."""

    def __init__(self, limit_s: float, grace_s: float, parent: int | None = None) -> None:
        """`parent`: the process that started this one, as it knows itself: it may be dead before we can ask."""
        self.limit_s = limit_s
        self.stop = threading.Event()
        self._grace_s = grace_s
        self._stop_at: float | None = None
        self._parent = os.getppid() if parent is None else parent
        self.step("start")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def step(self, name: str) -> None:
        """Begin a step; its time starts now."""
        self.name, self._since = name, time.monotonic()

    def _on_stop(self, *_: object) -> None:
        self._stop_at = self._stop_at or time.monotonic()
        self.stop.set()

    def _run(self) -> None:
        while True:
            time.sleep(TICK_S)
            now = time.monotonic()
            if self._stop_at and now - self._stop_at > self._grace_s:
                leave(ExitCode.STOPPED, f"told to stop, and still in {self.name} after {self._grace_s:g} s")
            if now - self._since > self.limit_s:
                faulthandler.dump_traceback()
                leave(ExitCode.STUCK, f"{self.name} took {now - self._since:.0f} s")
            if os.getppid() != self._parent:
                leave(ExitCode.ORPHANED, "the supervisor is gone")


class LostMembership(logging.Handler):
    """Ends the process when another one has taken its place in the group, or its heartbeat has stopped for good.

    kafka-python tells it in its log alone, and goes on: as a member that gets nothing, on a whole processor core.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        told = record.getMessage()
        if "fenced" in told:
            leave(ExitCode.DISPLACED, f"{TAKEN}: {told}")
        if "Unhandled Heartbeat loop error" in told:
            leave(ExitCode.MEMBERSHIP_LOST, told)


class LostConnection(logging.Handler):
    """Ends the process when a connection to a broker is lost, which kafka-python tells in its log alone.

    Without it a request of the transaction may be lost for ever, and only the watchdog would notice.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        if "Connection lost" in str(record.msg):
            leave(ExitCode.CONNECTION_LOST, record.getMessage())
