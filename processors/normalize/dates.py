"""Dates as publishers print them, as RFC 3339 text with an offset.

Read are ISO 8601 (`2025-01-17T19:58:00+07:00`), the Vietnamese forms (`Thứ sáu, 17/01/2025 19:58 GMT+7`, `17 tháng 1,
2025`), RFC 822 as feeds and headers have it (`Fri, 17 Jan 2025 19:58:00 +07`), and the East Asian `2025年1月17日`; in
the digits of any script, and with the Buddhist years that machines write in Thai.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from dongtin.events import Precision

VIETNAM_TIME = timezone(timedelta(hours=7))
LONGEST = 120
"""Characters; a longer text is no date."""
BUDDHIST, FIRST_BUDDHIST = 543, 2400
"""Years ahead of ours, and the year from which one is taken for a Buddhist one."""
YEARS = range(1900, 2101)
ORDINAL = "(?:st|nd|rd|th)?"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

NOT_WITHIN = r"(?<![\d./-])"
DAY_FORMS = (
    re.compile(NOT_WITHIN + r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"),
    re.compile(NOT_WITHIN + r"(?P<day>\d{1,2}) ?(?P<mark>[-/.]) ?(?P<month>\d{1,2}) ?(?P=mark) ?(?P<year>\d{4})(?!\d)"),
    re.compile(NOT_WITHIN + r"(?P<year>\d{4}) ?[年년] ?(?P<month>\d{1,2}) ?[月월] ?(?P<day>\d{1,2}) ?[日일]"),
    re.compile(
        NOT_WITHIN + r"(?P<day>\d{1,2}) tháng (?P<month>\d{1,2})(?:,? năm|,|/| -)? ?(?P<year>\d{4})(?!\d)",
        re.IGNORECASE,
    ),
    re.compile(
        NOT_WITHIN
        + rf"(?P<day>\d{{1,2}}){ORDINAL}[ -](?P<name>{'|'.join(MONTHS)})[a-z]{{0,6}}\.?,?[ -](?P<year>\d{{4}})(?!\d)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<name>{'|'.join(MONTHS)})[a-z]{{0,6}}\.? (?P<day>\d{{1,2}}){ORDINAL}(?:, ?| )(?P<year>\d{{4}})(?!\d)",
        re.IGNORECASE,
    ),
)
"""Ways to write a day; the day stands before the month where both are numbers."""
MONTH_FIRST = re.compile(NOT_WITHIN + r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?!\d)")
TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2})| giờ (?P<spoken>\d{1,2})(?: phút)?)"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?(?![\d:])(?: ?(?P<half>[AP])\.?M\b)?",
    re.IGNORECASE,
)
ZONE = re.compile(
    r"[^\w+-]{0,3}(?:Z|(?:GMT|UTC)? ?(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?|GMT|UTC)(?![\w:/])",
    re.IGNORECASE,
)
NOON = 12


@dataclass(frozen=True)
class ParsedDate:
    """A date that was understood."""

    value: str
    """RFC 3339; midnight at +07:00 where only a day is given."""
    precision: Precision
    zone_assumed: bool
    """True where a time of day came without a zone, and +07:00 was taken."""

    @property
    def moment(self) -> datetime:
        """The value, with its offset."""
        return datetime.fromisoformat(self.value)


@lru_cache(16)  # a page prints the same date several times
def parse_date(raw: str, *, month_first: bool = False) -> ParsedDate | None:
    """A printed date; None where it is none. Never raises.

    `month_first`: `10/5/2026` is a day in October, as the feeds of one publisher have it.
    """
    if len(raw) > LONGEST:
        return None
    text = " ".join(_latin_digits(raw).split())
    forms = (MONTH_FIRST, *DAY_FORMS) if month_first else DAY_FORMS
    day = next((found for form in forms if (found := form.search(text))), None)
    if day is None:
        return None
    before, after = text[: day.start()], text[day.end() :].removeprefix("T")
    time = TIME.search(after) or TIME.search(before)
    if time is None:
        return _parsed(_moment(day, None, VIETNAM_TIME), Precision.DAY, zone_assumed=False)
    zone = ZONE.match(time.string, time.end()) or (ZONE.match(after) if time.string is before else None)
    precision = Precision.SECOND if time["second"] else Precision.MINUTE
    return _parsed(_moment(day, time, _offset(zone) if zone else VIETNAM_TIME), precision, zone_assumed=zone is None)


def from_datetime(moment: datetime) -> str:
    """RFC 3339 text; milliseconds where there are any."""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def is_utc_timestamp(text: str) -> bool:
    """Whether a text is RFC 3339 with an offset, as `ce_time` is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is not None and "T" in text


def _moment(day: re.Match[str], time: re.Match[str] | None, zone: timezone | None) -> datetime | None:
    """None for a day, a time of day or an offset that does not exist."""
    given = day.groupdict()
    month = MONTHS.index(given["name"].lower()) + 1 if given.get("name") else int(given["month"])
    year = int(given["year"])
    year -= BUDDHIST if year >= FIRST_BUDDHIST else 0
    hour, minute, second, microsecond = _time_of_day(time) if time else (0, 0, 0, 0)
    if zone is None or year not in YEARS:
        return None
    try:
        return datetime(year, month, int(given["day"]), hour, minute, second, microsecond, tzinfo=zone)
    except ValueError:
        return None


def _time_of_day(time: re.Match[str]) -> tuple[int, int, int, int]:
    hour = int(time["hour"])
    if time["half"] and hour <= NOON:  # Some print a 24-hour time with AM or PM: above noon it says nothing.
        hour = hour % NOON + (NOON if time["half"].upper() == "P" else 0)
    microsecond = int((time["fraction"] or "0").ljust(3, "0")[:3]) * 1000
    return hour, int(time["minute"] or time["spoken"]), int(time["second"] or 0), microsecond


def _offset(zone: re.Match[str]) -> timezone | None:
    minutes = int(zone["hours"] or 0) * 60 + int(zone["minutes"] or 0)
    try:
        return timezone(timedelta(minutes=-minutes if zone["sign"] == "-" else minutes))
    except ValueError:
        return None


def _parsed(moment: datetime | None, precision: Precision, *, zone_assumed: bool) -> ParsedDate | None:
    return ParsedDate(from_datetime(moment), precision, zone_assumed) if moment else None


def _latin_digits(text: str) -> str:
    return text if text.isascii() else "".join(str(unicodedata.decimal(char, char)) for char in text)
