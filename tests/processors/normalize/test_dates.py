"""Dates: the forms that publishers print, in the digits of any script, day before month, +07:00 where none is given."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.normalize.dates import ParsedDate, is_utc_timestamp, parse_date


@pytest.mark.parametrize(
    ("raw", "value", "precision"),
    [
        ("2025-01-17T19:43:34.368+07:00", "2025-01-17T19:43:34.368+07:00", "second"),
        ("2025-01-17T19:43:34.000+07:00", "2025-01-17T19:43:34+07:00", "second"),
        ("2025-01-17T12:43:34Z", "2025-01-17T12:43:34+00:00", "second"),
        ("2025-01-17T19:43+0700", "2025-01-17T19:43:00+07:00", "minute"),
        ("2025-01-17 19:43:34 +07:00", "2025-01-17T19:43:34+07:00", "second"),
        ("2025-01-17 19:43:34 -05:30", "2025-01-17T19:43:34-05:30", "second"),
        ("29/12/2025 22:32 GMT+7", "2025-12-29T22:32:00+07:00", "minute"),
        ("Thứ hai, 29/12/2025, 22:32 (GMT+7)", "2025-12-29T22:32:00+07:00", "minute"),
        ("22:32 - 29/12/2025 GMT+7", "2025-12-29T22:32:00+07:00", "minute"),
        ("29/12/2025 15:32 UTC", "2025-12-29T15:32:00+00:00", "minute"),
        ("Fri, 17 Jan 2025 19:58:00 +07", "2025-01-17T19:58:00+07:00", "second"),
        ("Fri, 17 Jan 2025 12:58:00 GMT", "2025-01-17T12:58:00+00:00", "second"),
    ],
)  # fmt: skip
def test_a_time_with_its_zone(raw: str, value: str, precision: str) -> None:
    assert parse_date(raw) == ParsedDate(value, precision, zone_assumed=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2024-07-19T18:06:00", "2024-07-19T18:06:00+07:00"),
        ("29/12/2025 22:32", "2025-12-29T22:32:00+07:00"),
        ("29-12-2025 - 22:32 PM", "2025-12-29T22:32:00+07:00"),
        ("17-01-2025 - 14:05 PM", "2025-01-17T14:05:00+07:00"),
        ("17-01-2025 - 12:05 PM", "2025-01-17T12:05:00+07:00"),
        ("17-01-2025 - 09:05 AM", "2025-01-17T09:05:00+07:00"),
        ("17-01-2025 - 00:05 AM", "2025-01-17T00:05:00+07:00"),
        ("29/12/2025 10:32 PM", "2025-12-29T22:32:00+07:00"),
        ("29/12/2025 12:05 AM", "2025-12-29T00:05:00+07:00"),
        ("29/12/2025 07h05", "2025-12-29T07:05:00+07:00"),
        ("7 giờ 5 phút, 29/12/2025", "2025-12-29T07:05:00+07:00"),
    ],
)
def test_a_time_without_a_zone_is_taken_for_that_of_vietnam(raw: str, value: str) -> None:
    parsed = parse_date(raw)
    assert parsed
    assert (parsed.value, parsed.zone_assumed) == (value, True)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("17/01/2025", "2025-01-17"),
        ("5/10/2026", "2026-10-05"),
        ("17.1.2025", "2025-01-17"),
        ("2025/01/17", "2025-01-17"),
        ("2025-01-17", "2025-01-17"),
        ("Thứ sáu, ngày 17 tháng 1 năm 2025", "2025-01-17"),
        ("17 tháng 1, 2025", "2025-01-17"),
        ("January 17, 2025", "2025-01-17"),
        ("17 Jan 2025", "2025-01-17"),
        ("17th January 2025", "2025-01-17"),
        ("January 17th, 2025", "2025-01-17"),
        ("Jan 17 2025", "2025-01-17"),
        ("2025年1月17日", "2025-01-17"),
        ("2025년 1월 17일", "2025-01-17"),
        ("17/01/2568", "2025-01-17"),
        ("๑๗/๐๑/๒๕๖๘", "2025-01-17"),
        ("১৭/০১/২০২৫", "2025-01-17"),
        ("١٧/٠١/٢٠٢٥", "2025-01-17"),
    ],
)
def test_a_day_is_midnight_in_vietnam(raw: str, day: str) -> None:
    assert parse_date(raw) == ParsedDate(f"{day}T00:00:00+07:00", "day", zone_assumed=False)  # type: ignore[arg-type]


def test_a_feed_may_put_the_month_first() -> None:
    parsed = parse_date("10/5/2026 3:42:00 PM", month_first=True)
    assert parsed
    assert parsed.value == "2026-10-05T15:42:00+07:00"


@pytest.mark.parametrize(
    "raw",
    ["", "yesterday", "31/02/2025", "17/13/2025", "2025", "17/01/25", "192.168.1.2025", "17/01/20255", "17/01/1025",
     "29/12/2025 25:61", "29/12/2025 22:32 GMT+99", "17/01/2025" + " " * 200],
)  # fmt: skip
def test_what_is_no_date_is_none(raw: str) -> None:
    assert parse_date(raw) is None


PRINTED = r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4} \d{1,2}:\d{1,2}(:\d\d)? ?(GMT)?[+-]?\d*"


@given(st.text(max_size=130) | st.from_regex(PRINTED))
def test_any_text_is_a_date_or_none(raw: str) -> None:
    parsed = parse_date(raw)
    assert parsed is None or is_utc_timestamp(parsed.value)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001  # as printed
def test_what_is_read_is_read_again(moment: datetime) -> None:
    parsed = parse_date(f"{moment}")
    assert parsed
    assert parse_date(parsed.value) == ParsedDate(parsed.value, parsed.precision, zone_assumed=False)
