"""What takes minutes of waiting is played side by side, from the beginning of the test run on, in processes of its own.

The tests that ask what it came to wait for it, last of all. kafka-python leaves sockets and threads behind where a
broker is killed under it, which is another reason for the processes.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from broker import DIE_WITH_PARENT
from processes import is_running
from shared_broker import SharedBroker

TESTS = Path(__file__).parent
OPTIONS = {
    # Where several share the machine a run may take longer to drain: `make torture` asks for 30 seconds.
    "faults": ("--seeds", "1", "--at-a-time", "5", "--patience", "120", "--short", "--servers", "{servers}"),
    "crawl": (),
}
"""Package of tests → options of its program; `{servers}` is the address of the shared broker."""


class Played:
    """The scenarios of a test run, and what they came to so far; several processes may ask, one starts them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, wanted: Mapping[str, Sequence[str]], broker: SharedBroker) -> None:
        """`wanted`: package → scenarios. With the seed DONGTIN_FAULT_SEED, or a random one."""
        seed = int(os.environ.get("DONGTIN_FAULT_SEED") or random.randrange(1_000_000))
        servers = broker.bootstrap_servers
        for package, scenarios in wanted.items():
            results, log = self.folder / f"{package}.results", self.folder / f"{package}.log"
            own = (each.format(servers=servers) for each in OPTIONS[package])
            options = (*own, "--seed", str(seed), "--results", str(results))
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid()),
                     sys.executable, "-m", package, *scenarios, *options],
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (TESTS, TESTS.parent)))},
                    stdout=file, stderr=file, start_new_session=True,
                )  # fmt: skip
            (self.folder / f"{package}.pid").write_text(str(process.pid))
            self._processes.append(process)

    def result(self, package: str, scenario: str) -> dict[str, Any]:
        """What a scenario came to; waits for that."""
        results, pid = self.folder / f"{package}.results", self.folder / f"{package}.pid"
        while True:
            ended = pid.exists() and not is_running(int(pid.read_text() or os.getpid()))
            for line in results.read_text().splitlines() if results.exists() else ():
                if (result := json.loads(line))["scenario"] == scenario:
                    return dict(result)
            assert not ended, (self.folder / f"{package}.log").read_text()[-3000:]
            time.sleep(0.2)

    def end(self) -> None:
        """Let nothing of it live on."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
