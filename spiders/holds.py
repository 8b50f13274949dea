"""How long a publisher that says "not now" is left alone. Pure: no clock, no randomness of its own."""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

REFUSALS = (429, 503)
"""Each of them is a hold, with a Retry-After or without."""
MAY_REFUSE = (*REFUSALS, 403)
"""Answers whose Retry-After counts: a 403 that has one is a bot wall that says how long it stands."""
DAY_S = 86_400.0
"""The longest hold: a Retry-After beyond it is a mistake, or does not mean us alone."""
JITTER = 0.25
"""A hold without Retry-After is longer by up to this share, so that crawlers that were refused together part."""


@dataclass(frozen=True)
class BackOff:
    """Holds without Retry-After: the first one's length, doubled with each further refusal up to the longest."""

    first_s: float = 60.0
    longest_s: float = 3600.0

    def hold_s(self, refusals: int, draw: float) -> float:
        """Seconds after so many refusals in a row, one or more; `draw` is a random number of 0 to 1."""
        doubled = self.first_s * 2.0 ** min(refusals - 1, 30)
        return min(doubled, self.longest_s) * (1 + JITTER * draw)


def retry_after_s(value: str | None, date: str | None, now: float) -> float | None:
    """What a Retry-After asks for, seconds above 0 and at most a day; None where it asks for nothing.

    A time is taken from the answer's own Date, where it has one, so that a server's wrong clock does not matter; `now`
    is ours, as a POSIX timestamp.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)  # infinity for a number of many digits
    else:
        until = _timestamp(text)
        if until is None:
            return None
        sent = _timestamp(date or "")
        seconds = until - (now if sent is None else sent)
    return min(seconds, DAY_S) if seconds > 0 else None


def _timestamp(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
