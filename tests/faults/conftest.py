"""The scenarios are mostly waiting, so they are played side by side: the first test that asks starts them all."""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from faults.run import Result
from faults.scenarios import SCENARIOS, play

AT_A_TIME = 6
PATIENCE_S = 120
"""For a run to drain, where several share the machine: `make torture` asks for 30 seconds."""


@pytest.fixture(scope="session")
def fault_seed() -> int:
    """DONGTIN_FAULT_SEED, else a random one."""
    return int(os.environ.get("DONGTIN_FAULT_SEED") or random.randrange(1_000_000))


@pytest.fixture(scope="session")
def played(
    request: pytest.FixtureRequest, kafka: str, fault_seed: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Callable[[], Result]]]:
    """Scenario → its result, waited for, as soon as it is asked for. Those that nobody asks for are not played."""
    wanted = {item.callspec.params["scenario"] for item in request.session.items if "played" in item.fixturenames}
    folder = tmp_path_factory.mktemp("faults")
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="scenario") as pool:
        futures: dict[str, Future[Result]] = {
            each.name: pool.submit(play, each, fault_seed, folder / each.name, kafka, PATIENCE_S)
            for each in SCENARIOS
            if each.name in wanted
        }
        yield {name: future.result for name, future in futures.items()}
        pool.shutdown(cancel_futures=True)
