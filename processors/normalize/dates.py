"""Dates as publishers print them, as RFC 3339 text with an offset."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from dongtin.events import Precision

VIETNAM_TIME = timezone(timedelta(hours=7))
LONGEST = 120
ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)?", re.IGNORECASE
)
DAY = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
TIME = re.compile(r"(?<!\d)(\d{1,2})[:h](\d{2})(?::(\d{2}))?(?:\s*([AP])\.?M\b)?(?!\d)", re.IGNORECASE)
ZONE = re.compile(r"(?:GMT|UTC)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
BUDDHIST = 543


@dataclass(frozen=True)
class ParsedDate:
    """A date that was understood."""

    value: str
    precision: Precision
    zone_assumed: bool
    """True where a time of day came without a zone, and +07:00 was taken."""


def parse_date(raw: str) -> ParsedDate | None:
    """A printed date; day before month. None where it is none. Never raises."""
    text = " ".join(_latin_digits(raw[:LONGEST]).split())
    if ISO.fullmatch(text):
        return _iso(text)
    day = DAY.search(text)
    if not day:
        return None
    rest = text[: day.start()] + " " + text[day.end() :]
    time, zone = TIME.search(rest), ZONE.search(rest)
    year = int(day[3]) - (BUDDHIST if int(day[3]) > 2400 else 0)
    hour, minute, second = (int(time[1]), int(time[2]), int(time[3] or 0)) if time else (0, 0, 0)
    if time and time[4] and hour <= 12:
        hour = hour % 12 + (12 if time[4].upper() == "P" else 0)
    try:
        offset = VIETNAM_TIME
        if zone:
            minutes = int(zone[2]) * 60 + int(zone[3] or 0)
            offset = timezone(timedelta(minutes=minutes if zone[1] == "+" else -minutes))
        moment = datetime(year, int(day[2]), int(day[1]), hour, minute, second, tzinfo=offset)
    except ValueError:
        return None
    precision = Precision.DAY if not time else Precision.SECOND if time[3] else Precision.MINUTE
    return _parsed(moment, precision, assumed=bool(time) and not zone)


def _iso(text: str) -> ParsedDate | None:
    has_time = len(text) > 10 and ":" in text
    try:
        moment = datetime.fromisoformat(text.replace(",", ".").replace(" +", "+"))
    except ValueError:
        return None
    assumed = moment.tzinfo is None
    moment = moment.replace(tzinfo=VIETNAM_TIME) if assumed else moment
    precision = Precision.DAY if not has_time else Precision.SECOND if text.count(":") > 1 else Precision.MINUTE
    return _parsed(moment, precision, assumed=assumed and has_time)


def _parsed(moment: datetime, precision: Precision, *, assumed: bool) -> ParsedDate | None:
    if not 1900 <= moment.year <= 2100:
        return None
    return ParsedDate(from_datetime(moment), precision, assumed)


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


def _latin_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(char, char)) for char in text)
