"""The server, the spiders and a spider that is started again agree on the twin's time."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.site.clock import VARIABLE, Pace, TwinClock

ORIGIN = datetime.fromisoformat("2026-03-02T06:00:00+07:00")
PACE = Pace(ORIGIN, 1_764_100_000.25, 60.0)


def test_it_runs_so_many_times_as_fast() -> None:
    assert PACE.at(PACE.started) == ORIGIN
    assert PACE.at(PACE.started + 2) == ORIGIN + timedelta(minutes=2)
    assert PACE.at(PACE.started).tzinfo is UTC
    assert PACE.real(ORIGIN + timedelta(hours=1)) == PACE.started + 60


def test_it_is_told_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Pace.parse(str(PACE)) == PACE
    monkeypatch.setenv(VARIABLE, str(PACE))
    clock = TwinClock()
    assert clock.real_s(90) == 1.5
    before, now, after = PACE.now(), clock.now(), PACE.now()
    assert before <= now <= after
