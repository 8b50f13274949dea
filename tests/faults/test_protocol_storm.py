"""Many faults of the protocol, one upon the other, at two normalizers and a linker."""

import os
import random
import secrets
import time
from pathlib import Path

from faults.behind_proxy import Run, pages
from faults.proxy import Api, Deed, Fault

from dongtin.stream.kafka.watchdog import ExitCode

FAULTS, AT_ONCE = 30, 3
CODES = {
    Api.PRODUCE: (6, 19, 45, 47, 59, 87, 120),
    Api.TXN_OFFSET_COMMIT: (14, 22, 25, 82),
    Api.END_TXN: (14, 51),
    Api.HEARTBEAT: (22, 25, 27, 82),
}
"""Kafka's error codes that a broker may answer."""
AT_START = (Api.INIT_PRODUCER_ID, Api.JOIN_GROUP)
APIS = (*CODES, *AT_START, Api.ADD_PARTITIONS_TO_TXN, Api.ADD_OFFSETS_TO_TXN, Api.FETCH)
SILENCE = (Deed.SWALLOW, Deed.LOSE_ANSWER)
"""Seldom: each costs a time-out."""
LOUD = (Deed.DROP_BEFORE, Deed.DROP_AFTER, Deed.DELAY)
ERRORS = (Deed.ERROR_INSTEAD, Deed.ERROR_AFTER)


def random_fault(chance: random.Random) -> Fault:
    api = chance.choice(APIS)
    deed = chance.choice((*SILENCE, *LOUD * 3, *(ERRORS * 3 if api in CODES else ())))
    code = chance.choice(CODES[api]) if deed in ERRORS else 0
    return Fault(api, deed, code, delay_s=chance.choice((0, chance.uniform(0, 1))))


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
        assert len(set(run.exits()) - {ExitCode.STOPPED}) > 1


def strike(run: Run, faults: list[Fault]) -> None:
    """Until each has happened. There is always a page to do, and a worker that starts where a fault waits for one."""
    for fault in faults:
        run.proxy.add(fault)
        print(f"{fault.api.name} {fault.deed.value} {fault.code or ''} {fault.delay_s:.1f}")
    if any(fault.api in AT_START for fault in faults):
        run.proxy.add(Fault(Api.HEARTBEAT, Deed.DROP_BEFORE))
    next_pages = 0.0

    def happened() -> bool:
        nonlocal next_pages
        if time.monotonic() > next_pages:
            run.publish(pages(6, first=run.published))
            next_pages = time.monotonic() + 0.3
        return all(fault.spent for fault in faults)

    run.wait("each fault has happened", happened)
