from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.discovery.dates import moment

NOW = datetime(2026, 12, 1, tzinfo=UTC)
MOMENT = datetime(2025, 1, 17, 12, 58, tzinfo=UTC)
SECOND = MOMENT + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025", datetime(2024, 12, 31, 17, tzinfo=UTC)),
        ("2025-01", datetime(2024, 12, 31, 17, tzinfo=UTC)),
        ("2025-01-17", datetime(2025, 1, 16, 17, tzinfo=UTC)),
        ("2025-1-7", datetime(2025, 1, 6, 17, tzinfo=UTC)),
        ("2025-01-17T12:58Z", MOMENT),
        ("2025-01-17T19:58+07:00", MOMENT),
        ("2025-01-17T19:58:05+07:00", SECOND),
        ("2025-01-17t12:58:05z", SECOND),
        ("2025-01-17T12:58:05.25Z", SECOND + timedelta(milliseconds=250)),
        ("2025-01-17T12:58:05.123456789Z", SECOND + timedelta(microseconds=123_456)),
        ("2025-01-17T12:58:05,5Z", SECOND + timedelta(milliseconds=500)),
        ("2025-01-17T19:58:05", SECOND),
        ("2025-01-17 19:58:05 +0700", SECOND),
        (" 2025-01-17T08:58:05-04 ", SECOND),
        ("2025-01-17T12:58:60Z", MOMENT + timedelta(seconds=59)),
    ],
)
def test_w3c(text: str, expected: datetime) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 17 Jan 2025 19:58:05 +07",
        "Fri, 17 Jan 2025 19:58:05 +0700",
        "Fri, 17 Jan 2025 19:58:05 +07:00",
        "Fri, 17 Jan 2025 19:58:05 GMT+7",
        "Fri, 17 Jan 2025 19:58:05 GMT+0700 (Indochina Time)",
        "Fri, 17 Jan 2025 19:58:05 +700",
        "Fri, 17 Jan 2025 19:58:05 ICT",
        "Fri, 17 Jan 2025 19:58:05",
        "Fri, 17 Jan 2025 12:58:05 GMT",
        "Fri,17 Jan 2025 12:58:05 -0000",
        "17 January 2025 12:58:05 UTC",
        "Fri, 17-Jan-25 12:58:05 Z",
        "FRI, 17 JAN 2025 07:58:05 EST",
        "Thứ Sáu, 17/01/2025 19:58:05 GMT+7",
        "17/01/2025 19:58:05",
        "17-1-2025 - 19:58:05 PM",
        "17/1/2025 7:58:05 CH",
        "1/17/2025 7:58:05 PM",
        "01/17/2025 07:58:05PM",
        "1/17/2025 7:58:05 pm",
    ],
)
def test_mail_and_numbers(text: str) -> None:
    assert moment(text, NOW) == SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10/5/2026 3:42:00 PM", datetime(2026, 10, 5, 8, 42, tzinfo=UTC)),
        ("10/5/2026 12:05:00 AM", datetime(2026, 10, 4, 17, 5, tzinfo=UTC)),
        ("10/5/2026 12:05:00 PM", datetime(2026, 10, 5, 5, 5, tzinfo=UTC)),
        ("10/5/2026 3:42:00 CH", datetime(2026, 5, 10, 8, 42, tzinfo=UTC)),
        ("10/5/2026 15:42", datetime(2026, 5, 10, 8, 42, tzinfo=UTC)),
        ("10/5/2026", datetime(2026, 5, 9, 17, tzinfo=UTC)),
    ],
)
def test_only_am_and_pm_put_the_month_first(text: str, expected: datetime) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "-",
        "hôm qua",
        "2025-13-01",
        "2025-02-29",
        "2025-01-17T25:00:00Z",
        "2025-01-17T12:58:00+99:00",
        "2025-01-17T12:58:00 XYZ",
        "Fri, 17 Foo 2025 19:58:00 +07",
        "0001-01-01T00:00:00",
        "0000-00-00",
        "9999-12-31T23:59:59-23:59",
        "1970-01-01T00:00:00Z",
        "2026-12-02T00:00:01Z",
        "２０２５-01-17",
        "2025-01-17" + " " * 10_000,
        "1" * 5_000,
    ],
)
def test_what_is_none(text: str | None) -> None:
    assert moment(text, NOW) is None


def test_a_day_ahead_is_taken_for_a_wrong_clock() -> None:
    assert moment("2026-12-02T00:00:00Z", NOW) == NOW + timedelta(days=1)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(derandomize=True)
@given(st.datetimes(datetime(1991, 1, 1), datetime(2026, 11, 1), timezones=ZONES))  # noqa: DTZ001  # hypothesis adds it
def test_each_form_gives_the_moment_back(told: datetime) -> None:
    assert moment(told.isoformat(), NOW) == told
    assert moment(f"{told:%a, %d %b %Y %H:%M:%S %z}", NOW) == told.replace(microsecond=0)
    assert moment(f"{told:%m/%d/%Y %I:%M:%S %p %z}", NOW) == told.replace(microsecond=0)


@settings(derandomize=True)
@given(st.text() | st.text("0123456789-/:. TZ+GMapchJn,", max_size=40))
def test_nothing_raises(text: str) -> None:
    found = moment(text, NOW)
    assert found is None or (found.tzinfo is UTC and found <= NOW + timedelta(days=1))
