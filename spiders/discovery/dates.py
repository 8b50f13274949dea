"""Times as feeds, sitemaps and listings write them. Never raises: what cannot be read is None."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from dongtin.publishers.address import VIETNAM_TIME

AHEAD = timedelta(days=1)
"""How far ahead of us a time may lie: the clock, or the zone, of the one who wrote it is wrong."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Times before are those of clocks that were not set: 0001-01-01, 1970-01-01."""
LONGEST = 100

ZONE = r"\s*(?P<zone>[A-Za-z]{1,5})?\s*(?:(?P<sign>[+-])(?P<ahead>\d{1,2}):?(?P<ahead_minutes>\d{2})?)?"
CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
HALF = r"(?P<half>AM|PM|SA|CH)"
FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        # W3C: a year, a month, a day, or more. `2025-01-17T19:43:34.368+07:00`
        rf"(?P<year>\d{{4}})(?:-(?P<month>\d{{1,2}})(?:-(?P<day>\d{{1,2}})(?:(?:T|\s+){CLOCK}{ZONE})?)?)?",
        # Mail, RFC 822 and what is taken for it. `Fri, 17 Jan 2025 19:58:00 +07`
        rf"(?P<day>\d{{1,2}})[\s-]+(?P<name>[a-z]{{3}})[a-z]*\.?[\s-]+(?P<year>\d{{4}}|\d\d)(?:,?\s+{CLOCK}{ZONE})?",
        # Day and month by numbers. `10/5/2026 3:42:00 PM`, `17/01/2025 19:58 GMT+7`
        rf"(?P<one>\d{{1,2}})[/.-](?P<two>\d{{1,2}})[/.-](?P<year>\d{{4}})(?:[\s,-]+{CLOCK}(?:\s*{HALF}\b)?{ZONE})?",
    )
)
BEFORE = re.compile(r"[^\d]{1,20}")
"""A weekday, in any language."""
COMMENT = re.compile(r"\s*\([^()]{0,40}\)\s*$")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "ict": 7,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Hours ahead of UTC: RFC 822's names, and Vietnam's own."""


def moment(text: str | None, now: datetime) -> datetime | None:
    """The time that a text says, in UTC; None where it says none, or one that cannot be true by now.

    A time without a zone is Vietnam's. Numbers with AM or PM have the month first, all others the day.
    """
    if not text or len(text) > LONGEST:
        return None
    bare = COMMENT.sub("", BEFORE.sub("", text.strip(), count=1) if not text.strip()[:1].isdigit() else text.strip())
    for form in FORMS:
        if found := form.fullmatch(bare):
            try:
                told = _told(found.groupdict()).astimezone(UTC)
            except (ValueError, OverflowError, KeyError):
                return None
            return told if told >= EARLIEST and told - now <= AHEAD else None
    return None


def _told(part: Mapping[str, str | None]) -> datetime:
    """Raises ValueError, OverflowError and KeyError where there is no such time."""
    year = int(part["year"] or 0)
    if len(part["year"] or "") == 2:
        year += 2000 if year < 70 else 1900
    month, day = _month_and_day(part)
    hour, second = int(part["hour"] or 0), int(part["second"] or 0)
    half = (part.get("half") or "").upper()
    if half in ("PM", "CH") and hour < 12:
        hour += 12
    elif half in ("AM", "SA") and hour == 12:
        hour = 0
    microsecond = int((part.get("fraction") or "")[:6].ljust(6, "0"))
    second = 59 if second == 60 else second  # The leap second, which datetime has not.
    return datetime(year, month, day, hour, int(part["minute"] or 0), second, microsecond, _zone(part))


def _month_and_day(part: Mapping[str, str | None]) -> tuple[int, int]:
    if name := part.get("name"):
        return MONTHS.index(name.lower()) + 1, int(part["day"] or 1)
    if "one" not in part:
        return int(part["month"] or 1), int(part["day"] or 1)
    one, two = int(part["one"] or 0), int(part["two"] or 0)
    american = (part["half"] or "").upper() in ("AM", "PM") and one <= 12
    return (one, two) if american else (two, one)


def _zone(part: Mapping[str, str | None]) -> timezone:
    if sign := part["sign"]:
        ahead = timedelta(hours=int(part["ahead"] or 0), minutes=int(part["ahead_minutes"] or 0))
        return timezone(ahead if sign == "+" else -ahead)
    return timezone(timedelta(hours=ZONES[part["zone"].lower()])) if part["zone"] else VIETNAM_TIME
