"""Whatever goes wrong with sites, spiders and Kafka: all that stood there is said once, and nobody was harmed."""

from typing import Any

import pytest
from crawl.__main__ import SCENARIOS

pytestmark = pytest.mark.kafka


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_what_stood_there_is_said(scenario: str, played: Any) -> None:
    result = played.result("crawl", scenario)
    print(f"repeat with DONGTIN_FAULT_SEED={result['seed']}")
    assert result["passed"], result["told"]
