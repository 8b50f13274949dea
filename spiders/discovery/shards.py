"""Dated sitemaps: which days one holds, by its address."""

import re
from calendar import monthrange
from datetime import date

DAYS = ({"year", "month"}, {"year", "month", "day"}, {"year", "month", "first", "last"})


def require_days(pattern: str) -> None:
    """Raises ValueError where a pattern is none, or its groups name no days."""
    try:
        groups = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise ValueError(f"no pattern: {error}") from error
    if groups not in DAYS:
        raise ValueError("its groups are year and month, and day, or first and last, or none of these")


def shard_window(url: str, pattern: str | re.Pattern[str]) -> tuple[date, date] | None:
    """The first and the last day that a sitemap holds; None where the pattern is not found, or names no days.

    The pattern has the groups `year` and `month`, and `day`, or `first` and `last` (a day of the month each; beyond
    the month's end it is the month's last), or none of these: then it is the month.
    """
    found = re.search(pattern, url)
    if not found:
        return None
    part = {name: value for name, value in found.groupdict().items() if value is not None}
    try:
        year, month = int(part["year"]), int(part["month"])
        month_end = monthrange(year, month)[1]
        first = int(part.get("day") or part.get("first") or 1)
        last = int(part.get("day") or min(int(part.get("last", month_end)), month_end))
        window = date(year, month, first), date(year, month, last)
    except (KeyError, ValueError):  # IllegalMonthError is a ValueError.
        return None
    return window if window[0] <= window[1] else None
