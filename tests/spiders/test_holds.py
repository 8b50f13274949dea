from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.holds import DAY_S, BackOff, retry_after_s

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_TWO_MINUTES = format_datetime(NOW + timedelta(minutes=2), usegmt=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 1 ", 1),
        (IN_TWO_MINUTES, 120),
        ("Sunday, 01-Mar-26 12:02:00 GMT", 120),
        ("Sun Mar  1 12:02:00 2026", 120),
        ("9" * 500, DAY_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY_S),
    ],
)
def test_retry_after_is_seconds_or_a_time_and_at_most_a_day(value: str, seconds: float) -> None:
    assert retry_after_s(value, None, NOW.timestamp()) == seconds


@pytest.mark.parametrize(
    "value", [None, "", "0", "-5", "soon", "1.5", "٣", format_datetime(NOW - timedelta(minutes=2), usegmt=True)]
)
def test_what_asks_for_nothing_is_none(value: str | None) -> None:
    assert retry_after_s(value, None, NOW.timestamp()) is None


def test_a_servers_wrong_clock_does_not_matter() -> None:
    wrong = NOW - timedelta(days=400)
    until = format_datetime(wrong + timedelta(seconds=90), usegmt=True)
    assert retry_after_s(until, format_datetime(wrong, usegmt=True), NOW.timestamp()) == 90


@settings(derandomize=True)
@given(st.none() | st.text(), st.none() | st.text())
def test_no_header_makes_it_fail(value: str | None, date: str | None) -> None:
    seconds = retry_after_s(value, date, NOW.timestamp())
    assert seconds is None or 0 < seconds <= DAY_S


def test_holds_double_and_never_shrink_below_what_they_say() -> None:
    back_off = BackOff(60, 3600)
    assert [back_off.hold_s(refusals, 0) for refusals in (1, 2, 3, 7, 8, 10_000)] == [60, 120, 240, 3600, 3600, 3600]
    assert back_off.hold_s(1, 1) == 75
