"""The time by which a crawl is planned: what is due, what a page's date is, who has been silent for too long."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Made with no arguments by the Scrapy setting `CLOCK`. Pauses between requests do not go by it: they are real."""

    def now(self) -> datetime:
        """The time, with its zone."""

    def real_s(self, seconds: float) -> float:
        """How long to wait, in real seconds, until so many of this clock have passed."""


class SystemClock:
    """The machine's."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def real_s(self, seconds: float) -> float:
        """See `Clock.real_s`."""
        return seconds
