"""The workers of a run as they are deployed: a supervisor with its processes, started, told to stop, killed, frozen."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from broker import DIE_WITH_PARENT
from processes import children, is_running
from setup_on_kafka import Setup

PATIENCE_S = 240
"""For what must come sooner or later; a run that fails waits so long."""
INJECTED = Path(__file__).parent / "injected"


class Workers:
    """`dongtin work` with its own instance name, in a process group of its own. Its log outlives its restarts."""

    def __init__(self, setup: Setup, folder: Path, instance: str, *arguments: str, **environment: str) -> None:
        self._setup, self._arguments = setup, arguments
        self._environment = setup.environment | {"DONGTIN_INSTANCE": instance} | environment
        self.log = folder / f"{instance}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the supervisor, which starts the workers. It ends with the thread that started it."""
        launcher = [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher, *self._setup.command("work", *self._arguments)],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def pids(self, stage: str | None = None) -> list[int]:
        """The worker processes that run now."""
        return [pid for pid in children(self.pid) if is_running(pid) and (stage is None or stage in _words(pid))]

    def readers(self) -> list[int]:
        """The reading processes that run now."""
        return [reader for pid in self.pids("normalizer") for reader in _children(pid)]

    def one(self, chance: random.Random, stage: str | None = None) -> int:
        """Some worker process; waits until there is one."""
        deadline = time.monotonic() + PATIENCE_S
        while not (pids := self.pids(stage)):
            assert time.monotonic() < deadline, "no worker runs"
            time.sleep(0.05)
        return chance.choice(sorted(pids))

    def terminate(self) -> None:
        """SIGTERM to the supervisor, when it has started its workers: before that it does not look at signals."""
        deadline = time.monotonic() + PATIENCE_S
        while self.runs() and not self.pids():
            assert time.monotonic() < deadline, "no worker runs"
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill -9 of the supervisor and its workers, all at once."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def wait(self, seconds: float = PATIENCE_S) -> int:
        """The supervisor's exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def runs(self) -> bool:
        """Whether the supervisor runs."""
        return self._process is not None and self._process.poll() is None

    def lines(self) -> Iterator[dict[str, Any]]:
        """What was logged so far."""
        for line in self.log.read_text(errors="replace").splitlines() if self.log.exists() else ():
            with suppress(json.JSONDecodeError):
                yield json.loads(line)

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of an event."""
        return [line for line in self.lines() if isinstance(line, dict) and line.get("event") == event]


def _children(pid: int) -> list[int]:
    try:
        return children(pid)
    except (FileNotFoundError, ProcessLookupError):
        return []


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
