"""Many faults of the protocol, one upon the other, at two normalizers and a linker."""

import os
import random
import secrets
import time
from pathlib import Path

import pytest
from faults.behind_proxy import Run, pages
from faults.proxy import Api, Deed, Fault

from dongtin.stream.kafka.watchdog import ExitCode

FAULTS, AT_ONCE = 30, 5
PAGES = 30
CODES = {
    Api.PRODUCE: (6, 19, 45, 47, 59, 87, 120),
    Api.TXN_OFFSET_COMMIT: (14, 22, 25),
    Api.END_TXN: (14, 51),
    Api.HEARTBEAT: (22, 25, 27),
}
"""Error codes that a broker may answer; 82 not, which says that another process has the worker's name."""
AT_START = (Api.INIT_PRODUCER_ID, Api.JOIN_GROUP)
APIS = (*CODES, *AT_START, Api.ADD_PARTITIONS_TO_TXN, Api.ADD_OFFSETS_TO_TXN, Api.FETCH)
DEEDS = {
    Deed.SWALLOW: 1,  # seldom: each costs a time-out
    Deed.LOSE_ANSWER: 1,
    Deed.DROP_BEFORE: 3,
    Deed.DROP_AFTER: 3,
    Deed.DELAY: 2,
    Deed.ERROR_INSTEAD: 5,
    Deed.ERROR_AFTER: 5,
}
"""How often each is drawn."""


def random_fault(chance: random.Random) -> Fault:
    [deed] = chance.choices(list(DEEDS), weights=list(DEEDS.values()))
    delay_s = chance.choice((0, chance.uniform(0, 1)))
    if deed not in (Deed.ERROR_INSTEAD, Deed.ERROR_AFTER):
        return Fault(chance.choice(APIS), deed, delay_s=delay_s)
    api = chance.choice(list(CODES))
    return Fault(api, deed, chance.choice(CODES[api]), delay_s=delay_s)


@pytest.mark.timeout(900)  # the scenarios go on beside it
def test_a_storm_of_faults_loses_and_doubles_nothing(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    with Run(kafka, topic_prefix, tmp_path / "run") as run:
        for slot in (("normalizer", "0"), ("normalizer", "1"), ("linker", "0")):
            run.start("faults.hurried", *slot)
        for _ in range(FAULTS // AT_ONCE):
            strike(run, [random_fault(chance) for _ in range(AT_ONCE)])
        run.proxy.heal()
        began = time.monotonic()
        run.wait("all pages are done", run.drained)
        run.wait("all stories are told", run.stories_are_told)
        print(
            f"{run.published} pages, {len(run.exits())} exits, drained {time.monotonic() - began:.1f} s after the last"
        )
        run.stop()
        run.check()
        assert run.stories_are_told()
        assert sum(code is not ExitCode.STOPPED for code in run.exits()) >= FAULTS // AT_ONCE


def strike(run: Run, faults: list[Fault]) -> None:
    """Until each has happened. There is always a page to do, and a worker that starts where a fault waits for one."""
    for fault in faults:
        run.proxy.add(fault)
        print(f"{fault.api.name} {fault.deed.value} {fault.code or ''} {fault.delay_s:.1f}")
    if any(fault.api in AT_START for fault in faults):
        run.proxy.add(Fault(Api.HEARTBEAT, Deed.DROP_BEFORE))
    run.publish(pages(PAGES, first=run.published))

    def happened() -> bool:
        if run.drained():
            run.publish(pages(PAGES, first=run.published))
        return all(fault.spent for fault in faults)

    run.wait("each fault has happened", happened)
