"""When an address is looked at next. Pure; every time is in seconds since 1970.

Corrections come soon after publication: an original is looked at again an hour, a day and a week after it was first
seen, and from anew when its text has changed. A translation is a function of its original: once, and again with it.
"""

from dataclasses import dataclass
from enum import IntEnum

from dongtin.events import Lane

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
REVISITS_S = (HOUR, DAY, 7 * DAY)
"""After the first sight, or the last change."""
CONFIRM_S = 65 * MINUTE
"""From a loss to its second sighting: the workers count it from an hour on (DESIGN.md section 2)."""
TRANSLATED_S, RETRANSLATED_S = 10 * MINUTE, 30 * MINUTE
"""From an original to its translations, when it comes and when it changes: they come a while after it."""
SHOWN_AGAIN_S = 7 * DAY
"""What a place still shows is looked at when nobody has for so long."""
SOONEST_S = 10 * MINUTE
"""Between two looks, however often a place says that the page has changed."""
DISTRUST = 0.25
"""Of the time for which a page has not changed: so long the next look waits where a place was wrong about it."""
RETRY_S, LONGEST_RETRY_S = 5 * MINUTE, 30 * DAY
"""After the first failure, twice that after the second, and so on: what never answers costs next to nothing."""


class Rank(IntEnum):
    """Which of the addresses that are due comes first."""

    NEW = 0
    AGAIN = 1
    TRANSLATION = 2
    BACKFILL = 3


@dataclass(frozen=True)
class Known:
    """What is known of an address, as far as its next visit depends on it."""

    lane: Lane
    is_translation: bool
    base: float
    """When it was first seen, or has last changed."""
    last_fetched: float | None = None
    """The last answer, whatever it said."""
    http_status: int | None = None
    """Of that answer."""
    content_hash: str | None = None
    """What an article was found there; None while none was."""
    pending_since: float | None = None
    """When a loss was first seen that waits for its second sighting."""
    wanted: float | None = None
    """From when on somebody wants it to be looked at: it was found, its original changed, a place says so."""


def rank(known: Known) -> Rank:
    """How urgent its next visit is."""
    if known.last_fetched is not None:
        return Rank.AGAIN
    if known.lane == Lane.BACKFILL:
        return Rank.BACKFILL
    return Rank.TRANSLATION if known.is_translation else Rank.NEW


def next_visit(known: Known) -> float | None:
    """When to look next; None: not until something new is heard of it."""
    if known.last_fetched is None:
        return known.base if known.wanted is None else known.wanted
    wishes = [known.wanted, *_revisits(known)]
    if known.pending_since is not None:
        wishes.append(known.pending_since + CONFIRM_S)
    return min((wish for wish in wishes if wish is not None and wish > known.last_fetched), default=None)


def is_conditional(known: Known) -> bool:
    """Whether validators may be sent: what is not there, or waits to be confirmed, is asked for outright."""
    return known.http_status == 200 and known.pending_since is None


def shown_again(known: Known, modified: float | None, now: float) -> float | None:
    """From when on a place wants a known address to be looked at; None: no sooner than it is planned anyway."""
    if known.last_fetched is None:
        return None
    if known.wanted is not None and known.wanted > known.last_fetched:
        # It is planned already, and not put off however often it is said again.
        return known.wanted
    if modified is not None and modified > known.last_fetched:
        pause_s = SOONEST_S
        if known.wanted is not None and known.base < known.wanted <= known.last_fetched:
            # It said so before, and nothing had changed: as where the time is always that of the answer.
            pause_s = max(SOONEST_S, (known.last_fetched - known.base) * DISTRUST)
        return max(now, known.last_fetched + pause_s)
    return now if now - known.last_fetched > SHOWN_AGAIN_S and not known.is_translation else None


def retry(failures: int, now: float) -> float:
    """When to try again after so many failures one after the other."""
    return now + min(RETRY_S * 2.0 ** min(failures - 1, 30), LONGEST_RETRY_S)


def is_settled(observed: float, now: float) -> bool:
    """Whether an article that was last seen then has had its visits."""
    return observed + REVISITS_S[-1] < now


def _revisits(known: Known) -> list[float]:
    # 302: something else answered in its place, as the home page.
    never_there = known.http_status in (302, 404, 410) and known.content_hash is None
    if known.lane == Lane.BACKFILL or (known.is_translation and not never_there):
        return []
    return [known.base + after for after in REVISITS_S]
