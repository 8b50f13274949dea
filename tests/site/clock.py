"""The time of the twin, that the server and the spiders share: it runs so many times as fast as the real one."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

VARIABLE = "TWIN_CLOCK"


@dataclass(frozen=True)
class Pace:
    """How the twin's time goes."""

    origin: datetime
    """The twin's time when it started, aware."""
    started: float
    """The real time then, in seconds since 1970."""
    factor: float
    """Seconds of the twin's time in one of the real time."""

    def now(self) -> datetime:
        return self.at(time.time())

    def at(self, real: float) -> datetime:
        """The twin's time at a real one."""
        return (self.origin + timedelta(seconds=(real - self.started) * self.factor)).astimezone(UTC)

    def real(self, moment: datetime) -> float:
        """The real time, in seconds since 1970, at a moment of the twin's."""
        return self.started + (moment - self.origin).total_seconds() / self.factor

    def __str__(self) -> str:
        return f"{self.origin.isoformat()} {self.started!r} {self.factor!r}"

    @classmethod
    def parse(cls, text: str) -> "Pace":
        origin, started, factor = text.split()
        return cls(datetime.fromisoformat(origin), float(started), float(factor))


class TwinClock:
    """A `spiders.clock.Clock` of the twin's time, for Scrapy's setting CLOCK; it reads TWIN_CLOCK when it is made."""

    def __init__(self) -> None:
        self._pace = Pace.parse(os.environ[VARIABLE])

    def now(self) -> datetime:
        """Aware, UTC."""
        return self._pace.now()

    def real_s(self, seconds: float) -> float:
        """How long to really wait until so many seconds of the twin's time have passed."""
        return seconds / self._pace.factor
