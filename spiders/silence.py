"""Whether a publisher is silent: nothing new has come of it for longer than three times its usual gap.

The usual gap is another by night. A silence that began in one and lasts into the other is measured in gaps, so that
nobody is silent at five in the morning because by day he would be.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import structlog

from dongtin.publishers.address import VIETNAM_TIME
from spiders.clock import Clock
from spiders.frontier import Fact, Frontier

log = structlog.get_logger(__name__)

SILENT_AFTER = 3.0
"""Usual gaps."""
NIGHT_ENDS = time(5)
"""In Vietnam; night begins at midnight."""
LONGEST = timedelta(days=366)
"""A silence is not measured beyond."""


@dataclass(frozen=True)
class Usual:
    """How a publisher brings out its articles. Of translations and of the past nothing is said."""

    articles_a_day: float
    """About so many are new on a day."""
    gap_by_day_s: float
    """Hardly ever do two of them lie further apart, in seconds. A mean is too short: a third of all gaps is longer."""
    gap_by_night_s: float
    """The same, from midnight to five in Vietnam."""

    def gap_s(self, moment: datetime) -> float:
        """The usual gap at a time of the day."""
        return self.gap_by_night_s if _is_night(moment) else self.gap_by_day_s

    def gaps(self, since: datetime, until: datetime) -> float:
        """How many usual gaps lie between two times; 0 where they are none after the other."""
        since, count = max(since, until - LONGEST), 0.0
        while since < until:
            end = min(_turn_after(since), until)
            count += (end - since).total_seconds() / self.gap_s(since)
            since = end
        return count


@dataclass(frozen=True)
class Silence:
    """How long nothing new has come."""

    since: float
    """Seconds since 1970: of the last new article, or since when we have listened."""
    gaps: float
    """In usual gaps."""

    @property
    def is_silent(self) -> bool:
        """Whether somebody should know."""
        return self.gaps > SILENT_AFTER


def silence(usual: Usual, last_article: float | None, listening_since: float, now: datetime) -> Silence:
    """What the facts of a file (`spiders.frontier.Fact`) say of a publisher."""
    # What is yet to come was written by a clock that was ahead, and says nothing.
    times = [each for each in (last_article, listening_since) if each is not None and each <= now.timestamp()]
    since = max(times, default=now.timestamp())
    return Silence(since, usual.gaps(datetime.fromtimestamp(since, UTC), now))


class Alarm:
    """Tells, in a line each, when a publisher falls silent and when it is heard again."""

    def __init__(self, frontier: Frontier, usual: Usual | None, clock: Clock) -> None:
        self._frontier = frontier
        self._usual = usual
        self._clock = clock
        self._is_silent = False

    def begin(self) -> None:
        """A crawl begins. Time in which nobody listened is no silence, but for a break as short as a restart's."""
        now = self._clock.now()
        last = self._frontier.fact(Fact.LAST_CRAWLED)
        heard_of = datetime.fromtimestamp(last, UTC) if last is not None else None
        has_rested = heard_of is None or self._usual is None or self._usual.gaps(heard_of, now) > 1
        if has_rested or self._frontier.fact(Fact.LISTENING_SINCE) is None:
            self._frontier.note(Fact.LISTENING_SINCE, now.timestamp())
        self.look()

    def look(self) -> None:
        """Note that the crawl goes on, and tell what has changed."""
        now = self._clock.now()
        self._frontier.note(Fact.LAST_CRAWLED, now.timestamp())
        listening_since = self._frontier.fact(Fact.LISTENING_SINCE)
        if self._usual is None or listening_since is None:
            return
        found = silence(self._usual, self._frontier.fact(Fact.LAST_ARTICLE), listening_since, now)
        if found.is_silent == self._is_silent:
            return
        self._is_silent = found.is_silent
        if found.is_silent:
            log.warning(
                "publisher is silent",
                publisher=self._frontier.publisher,
                last_article=datetime.fromtimestamp(found.since, UTC).isoformat(timespec="seconds"),
                usual_gap_s=self._usual.gap_s(now),
            )
        else:
            log.warning("publisher is heard again", publisher=self._frontier.publisher)


def _is_night(moment: datetime) -> bool:
    return moment.astimezone(VIETNAM_TIME).time() < NIGHT_ENDS


def _turn_after(moment: datetime) -> datetime:
    """When the next night begins or ends."""
    local = moment.astimezone(VIETNAM_TIME)
    midnight = datetime.combine(local.date(), time(), VIETNAM_TIME)
    return midnight + timedelta(hours=NIGHT_ENDS.hour) if _is_night(local) else midnight + timedelta(days=1)
