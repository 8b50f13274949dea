"""The scenarios are mostly waiting, so they are played side by side: the first test that asks starts them all.

They have a process of their own: kafka-python leaves sockets and threads behind where a broker is killed under it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from broker import DIE_WITH_PARENT

TESTS = Path(__file__).parent.parent
AT_A_TIME = 6
PATIENCE_S = 120
"""For a run to drain, where several share the machine: `make torture` asks for 30 seconds."""


class Played:
    """The scenarios of this session, and what they came to so far."""

    def __init__(self, scenarios: list[str], seed: int, folder: Path) -> None:
        self.seed = seed
        self._results = folder / "results"
        self._log = folder / "log"
        options = f"--seeds 1 --seed {seed} --at-a-time {AT_A_TIME} --patience {PATIENCE_S} --results".split()
        command = [sys.executable, "-m", "faults", *scenarios, *options, str(self._results)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid()), *command],
                env=os.environ | {"PYTHONPATH": str(TESTS)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def result(self, scenario: str) -> dict[str, Any]:
        """What a scenario came to; waits for that."""
        while True:
            ended = self._process.poll() is not None
            for line in self._results.read_text().splitlines() if self._results.exists() else ():
                if (result := json.loads(line))["scenario"] == scenario:
                    return dict(result)
            assert not ended, self._log.read_text()[-3000:]
            time.sleep(0.2)

    def end(self) -> None:
        """Let nothing of it live on."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The scenarios that the tests of this session ask for, with DONGTIN_FAULT_SEED or a random seed."""
    wanted = [item.callspec.params["scenario"] for item in request.session.items if "played" in item.fixturenames]
    seed = int(os.environ.get("DONGTIN_FAULT_SEED") or random.randrange(1_000_000))
    made = Played(wanted, seed, tmp_path_factory.mktemp("faults"))
    yield made
    made.end()
