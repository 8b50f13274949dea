"""Whatever is killed, frozen or sent: each page has its effect once, no revision is missing, the stories are right."""

from collections.abc import Callable, Mapping

import pytest
from faults.run import Result
from faults.scenarios import SCENARIOS

PENDING = {
    "a-record-that-is-too-large": pytest.mark.xfail(reason="its copy in the quarantine is too large", strict=True),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", [pytest.param(each.name, marks=PENDING.get(each.name, ())) for each in SCENARIOS])
def test_nothing_is_lost_and_nothing_doubled(
    scenario: str, played: Mapping[str, Callable[[], Result]], fault_seed: int
) -> None:
    print(f"repeat with DONGTIN_FAULT_SEED={fault_seed}")
    result = played[scenario]()
    assert result.verdict.passed, str(result.verdict)
    assert result.faults, "no fault came to pass"
    assert result.pages, "no page was written"
