"""Whatever is killed, frozen or sent: each page has its effect once, no revision is missing, the stories are right."""

from typing import Any

import pytest
from faults.scenarios import SCENARIOS

pytestmark = pytest.mark.kafka


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", [each.name for each in SCENARIOS])
def test_nothing_is_lost_and_nothing_doubled(scenario: str, played: Any) -> None:
    result = played.result("faults", scenario)
    print(f"repeat with DONGTIN_FAULT_SEED={result['seed']}")
    assert result["passed"], result["told"]
