"""Fetch times as saved documents have them: RFC 3339 text, brought to UTC."""

import re
from datetime import UTC, datetime, timedelta

from dongtin.errors import DocumentUnreadable

RFC_3339 = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,30}))?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
COARSE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:[Tt][0-9]{2}:[0-9]{2}(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))?)?)?")
"""What WARC 1.1 allows besides: a year, a month, a day or a minute."""
DIGITS = 9
"""Of a second's fraction: nanoseconds, the finest that WARC 1.1 has."""


def utc(text: str) -> str:
    """A time in UTC, `2025-01-17T05:43:34.368Z`: the fraction as it was given, and none where there was none.

    Raises DocumentUnreadable for what is no RFC 3339 time.
    """
    found = RFC_3339.fullmatch(text.strip())
    if not found:
        raise DocumentUnreadable(f"no RFC 3339 time: {text[:60]!r}")
    date, time, fraction, offset = found.groups()
    leap = time.endswith(":60")  # RFC 3339 has the leap second, and datetime has not.
    try:
        moment = datetime.fromisoformat(f"{date}T{time[:6] + '59' if leap else time}{offset.upper()}")
        moment = moment.astimezone(UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError) as error:
        raise DocumentUnreadable(f"no RFC 3339 time: {text[:60]!r}") from error
    seconds = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    return f"{seconds}.{fraction[:DIGITS]}Z" if fraction else f"{seconds}Z"


def warc_date(text: str | None) -> str | None:
    """A WARC-Date in UTC; None where there is none, or none as exact as a second. Raises DocumentUnreadable."""
    return None if text is None or COARSE.fullmatch(text.strip()) else utc(text)


def sortable(time: str | None) -> str:
    """Text that sorts as the times do, the unknown first. A time is what `utc` gives."""
    return "" if time is None else f"{time[:19]}.{time[20:-1].ljust(DIGITS, '0')}"
