"""The scenarios are mostly waiting, so they are played side by side, from the beginning of the test run on.

They have a process of their own: kafka-python leaves sockets and threads behind where a broker is killed under it.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from broker import DIE_WITH_PARENT

TESTS = Path(__file__).parent.parent
AT_A_TIME = 4
PATIENCE_S = 120
"""For a run to drain, where several share the machine: `make torture` asks for 30 seconds."""


class Played:
    """The scenarios of this session, and what they came to so far."""

    def __init__(self, scenarios: list[str], seed: int, folder: Path) -> None:
        self.seed = seed
        self._folder = folder
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
        shutil.rmtree(self._folder, ignore_errors=True)


PLAYED = pytest.StashKey[Played]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for a scenario comes last: the scenarios go on beside all other tests."""
    items.sort(key=_waits_for_a_scenario)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Start what the tests will ask for, with DONGTIN_FAULT_SEED or a random seed."""
    wanted = [item.callspec.params["scenario"] for item in session.items if _waits_for_a_scenario(item)]
    if wanted and not session.config.option.collectonly:
        seed = int(os.environ.get("DONGTIN_FAULT_SEED") or random.randrange(1_000_000))
        folder = Path(tempfile.mkdtemp(prefix="dongtin-faults-"))
        session.config.stash[PLAYED] = Played(wanted, seed, folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let nothing of it live on."""
    if played := config.stash.get(PLAYED, None):
        played.end()


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest) -> Played:
    """The scenarios that the tests of this session ask for."""
    return request.config.stash[PLAYED]


def _waits_for_a_scenario(item: pytest.Item) -> bool:
    return "played" in getattr(item, "fixturenames", ())
