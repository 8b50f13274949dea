"""What a spider does next, and what it makes of the answers: the frontier and the places of one publisher, together."""

import asyncio
import contextlib
import math
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from dongtin.errors import CutPlace
from dongtin.events import Lane
from dongtin.publishers import Address
from dongtin.record import Message
from spiders.addresses import as_asked, own_address
from spiders.clock import Clock
from spiders.frontier import Answer, Frontier, Visit
from spiders.intake import Intake, Languages
from spiders.outcomes import AddressOutcome, PlaceOutcome, place_word
from spiders.places import GONE_RETRY_S, LONGEST_ASKED_S, Place, Places
from spiders.schedule import Rank
from spiders.ways import DatedSitemaps, Look, Way

log = structlog.get_logger(__name__)

LONGEST_REST_S = 5.0
"""Real seconds between two looks at what is due; what is heard of in between ends a rest at once."""
DUE_S = 0.05
"""Real seconds for which what was seen to be due is taken for due, where nothing else is heard of."""
AWAY = (
    AddressOutcome.UNKNOWN_HOST,
    AddressOutcome.TIMEOUT,
    AddressOutcome.NO_ANSWER,
    AddressOutcome.ROBOTS_UNAVAILABLE,
    AddressOutcome.BAD_STATUS,
    PlaceOutcome.BAD_STATUS,
)
AWAY_AFTER = 3
"""So many of these, one after the other, are the site's and not the address's."""
AWAY_S, LONGEST_AWAY_S = 5.0, 600.0
"""Real seconds of rest then, doubled as it goes on."""
SET_BACK_S = 60.0
"""A clock that goes back by more was ahead before, and what was planned by it is planned wrongly."""
AT_A_TIME = 200
"""Findings that are taken before other work has its turn."""


@dataclass(frozen=True)
class Cadence:
    """How a crawl goes."""

    poll_s: float
    """Between two looks at the quickest places."""
    at_once: int
    """Visits that are asked for at most, and as many again whose pages Kafka has not acknowledged."""
    is_one_pass: bool = False
    """Look in every place once, ask for what is due, and end."""
    window: str | None = None
    """Of a back-fill that alone is wanted: `2025-01-01/2025-01-31`."""


@dataclass(frozen=True)
class Reply:
    """What the server of a place answered."""

    body: bytes
    content_type: str | None
    etag: str | None
    last_modified: str | None
    fresh_s: float | None
    """How long it says that the answer stays fresh."""
    url: str | None = None
    """Where it answered, after redirects; None: where it was asked."""


class Plan:
    """The next visits of a publisher's spider: places and addresses in turns, each in the order of their urgency.

    A visit is on its way from the moment it is given until `answered`, `read`, `failed` or `released`.
    """

    def __init__(
        self,
        frontier: Frontier,
        places: Places,
        ways: Sequence[Way],
        languages: Languages,
        clock: Clock,
        cadence: Cadence,
    ) -> None:
        self.frontier = frontier
        self.intake = Intake(frontier, languages, clock, is_one_pass=cadence.is_one_pass)
        self._places = places
        self._ways: Mapping[str, Way] = {way.url: way for way in ways}
        self._clock = clock
        self._cadence = cadence
        self._visits: dict[str, Visit] = {}
        self._looks: set[Place] = set()
        self._fetched: set[str] = set()
        self._ranks = tuple(Rank) if cadence.window is None else (Rank.BACKFILL,)
        self._news = asyncio.Event()
        self._unanswered = 0
        self._held_until = self._due_until = 0.0  # by time.monotonic()
        self._is_turn_of_addresses = False
        self._due: deque[Visit | Place] = deque()
        """What is next, in its order, until then at the latest."""
        self._began = self._latest = self._now()
        self.failure: sqlite3.Error | None = None
        """Why the file could not be read or written: nothing more is asked for then."""

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Several changes, all of them or none: none where the file cannot be written, which ends the crawl."""
        with self._kept(), contextlib.ExitStack() as opened:
            if self.failure is None:
                try:
                    opened.enter_context(self.frontier.together())
                except sqlite3.Error as error:
                    # Whoever changes something within will be refused.
                    self._fail(error)
            yield

    def begin(self) -> None:
        """Take note of where the ways begin."""
        window = self._cadence.window
        with self.together():
            self._bound(self._began)
            self._places.keep_only(list(self._ways))
            first = [place for way in self._ways.values() for place in way.places()]
            for place in first:
                self._places.find(place, self._began, is_due=True, is_first=True)
            if self._cadence.is_one_pass:
                # Whoever asks for a pass has mended what failed, or wants to know that it still does.
                self._places.begin_all(window or "")
                self.frontier.try_again(self._began, self._ranks)
            if self._cadence.is_one_pass and window is None:
                self._places.begin(first)
            if window:
                dated = [way for way in self._ways.values() if isinstance(way, DatedSitemaps)]
                self._places.begin(way.past(window) for way in dated)

    def _bound(self, now: float) -> None:
        with self.together():
            self._places.bound(now)
            self.frontier.bound(now)

    async def visits(self) -> AsyncIterator[Visit | Place]:
        """For ever, or to the end of one pass; waits while nothing is due or enough is on its way."""
        while self.failure is None:
            self._news.clear()
            is_held = time.monotonic() < self._held_until
            task, rest_s = None, 0.0
            with self._kept():
                task = None if is_held or self._is_busy else self._next()
                rest_s = 0.0 if task else self._rest_s()
            if task is None:
                if self._cadence.is_one_pass and not self._visits and not self._looks and not is_held:
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), rest_s)
            elif isinstance(task, Place):
                self._looks.add(task)
                yield task
            else:
                self._visits[task.article_id] = task
                yield task

    @property
    def place_count(self) -> int:
        """How many places are known."""
        return self._places.count(self._cadence.window)

    def next_due(self) -> float | None:
        """When the next place or address is due that is not on its way, a POSIX timestamp; None: never."""
        firsts = (
            self._places.next_due(self._looks, self._cadence.window),
            self.frontier.next_due(self._visits, self._ranks),
        )
        return min((due for due in firsts if due is not None), default=None)

    def fetched(self, visit: Visit) -> None:
        """The pages of a visit are on their way to Kafka: the next may be asked for."""
        self._fetched.add(visit.article_id)
        self._news.set()

    def answered(self, visit: Visit, answers: Iterable[Answer], outcome: AddressOutcome) -> None:
        """Kafka has the pages of a visit, or there were none to give."""
        now = self._now()
        given = list(answers)
        self._unanswered = 0
        with self.together():
            self.frontier.answered(visit, given, now)
            self.frontier.count(outcome, now)
        self._end(visit)
        if any(answer.article_id != visit.article_id for answer in given):
            self._heard()

    def failed(self, visit: Visit, outcome: AddressOutcome) -> None:
        """A visit gave nothing that says anything of its article."""
        now = self._now()
        with self.together():
            is_its_own = self._is_its_own(visit, outcome)
            self.frontier.failed(visit.article_id, now, is_its_own=is_its_own)
            self.frontier.count(outcome, now)
        self._end(visit)

    def held(self, task: Visit | Place, until: float) -> bool:
        """The publisher wants to be left alone until then, a POSIX timestamp: what is due stays due.

        False for one pass, which does not wait.
        """
        if self._cadence.is_one_pass:
            return False
        self._held_until = max(self._held_until, time.monotonic() + until - time.time())
        self.released(task)
        return True

    def released(self, task: Visit | Place) -> None:
        """Nothing came of it, and nothing was asked: it is due as before."""
        if isinstance(task, Place):
            self._looks.discard(task)
        else:
            self._end(task)
        self._heard()

    async def read(self, place: Place, reply: Reply) -> None:
        """A place answered: take note of what it shows. Raises UnreadablePlace, after which it counts as failed.

        Of one that is cut, what is there is taken note of before: CutPlace.
        """
        way = self._ways[place.way]
        shown = replace(place, url=reply.url or place.url)
        findings = await asyncio.to_thread(way.read, shown, reply.body, reply.content_type, self._clock.now())
        fresh = 0
        for at in range(0, len(findings.articles), AT_A_TIME):
            with self.together():
                fresh += self.intake.show(place, way, findings.articles[at : at + AT_A_TIME])
            await asyncio.sleep(0)
        now = self._now()
        with self.together():
            for further, is_due in way.further(Look(place, findings, fresh, self._clock.now())):
                if own_address(further.url, self.frontier.publisher):
                    self._places.find(replace(further, url=as_asked(further.url)), now, is_due=is_due)
                else:
                    self.frontier.count(place_word(PlaceOutcome.FOREIGN), now)
        if findings.is_cut:
            # Not read: with its validators, or without another look, what is missing would never be seen.
            raise CutPlace(f"it is cut after {len(findings.articles) + len(findings.places)} addresses")
        with self.together():
            self._places.was_read(
                place, now, self._again_s(place, findings.ttl_s, reply.fresh_s), reply.etag, reply.last_modified
            )
            self.frontier.count(place_word(PlaceOutcome.READ), now)
        self._unanswered = 0
        log.debug("place", url=place.url, outcome=PlaceOutcome.READ, articles=len(findings.articles), fresh=fresh)
        self.released(place)

    def unchanged(self, place: Place, reply: Reply) -> None:
        """A place has not changed since it was read."""
        now = self._now()
        with self.together():
            self._places.was_read(
                place, now, self._again_s(place, None, reply.fresh_s), place.etag, place.last_modified
            )
            self.frontier.count(place_word(PlaceOutcome.UNCHANGED), now)
        self._unanswered = 0
        self.released(place)

    def unread(self, place: Place, outcome: PlaceOutcome | AddressOutcome, why: str) -> None:
        """A place could not be read: nothing is known of what it shows."""
        self._is_away(outcome)
        now = self._now()
        with self.together():
            self._places.failed(place, now, self._longest_s(place, outcome))
            self.frontier.count(place_word(outcome), now)
        log.warning("place", publisher=self.frontier.publisher, url=place.url[:300], outcome=outcome, why=why[:300])
        self.released(place)

    def translations(self, original: Address, lane: Lane, alternates: Iterable[str]) -> None:
        """A Vietnamese page stands, and declares these translations."""
        with self.together():
            if self.intake.translations(original, lane, alternates):
                self._heard()

    def learn(self, messages: Sequence[Message], topic: str) -> None:
        """The workers told what they found."""
        with self.together():
            self.intake.learn(messages, topic)
        self._heard()

    def _is_its_own(self, visit: Visit, outcome: AddressOutcome) -> bool:
        """Whether a failure is counted against the address."""
        if outcome == AddressOutcome.BAD_STATUS:
            # The server answered for this address. That one does so again says nothing of the site.
            if not visit.failures:
                self._is_away(outcome)
            return True
        return outcome != AddressOutcome.HELD and not self._is_away(outcome)

    def _is_away(self, outcome: AddressOutcome | PlaceOutcome) -> bool:
        """Whether it is the site that does not answer, or refuses everything, and not this address alone."""
        if outcome not in AWAY:
            return False
        self._unanswered += 1
        beyond = self._unanswered - AWAY_AFTER
        if beyond < 0 or self._cadence.is_one_pass:
            return False
        rest_s = min(AWAY_S * 2.0 ** min(beyond, 30), LONGEST_AWAY_S)
        if time.monotonic() >= self._held_until:
            log.warning("site is away", publisher=self.frontier.publisher, outcome=outcome, rest_s=rest_s)
        self._held_until = max(self._held_until, time.monotonic() + rest_s)
        return True

    @property
    def _is_busy(self) -> bool:
        """Whether enough is on its way."""
        at_once = self._cadence.at_once
        return len(self._visits) + len(self._looks) - min(len(self._fetched), at_once) >= at_once

    def _next(self) -> Visit | Place | None:
        if not self._due or time.monotonic() >= self._due_until:
            self._look()
        return self._due.popleft() if self._due else None

    def _look(self) -> None:
        """At what is due now: a place and an address in turns, or as many addresses as may be on their way."""
        now = self._now()
        if now < self._latest - SET_BACK_S:
            log.warning("the clock was set back", publisher=self.frontier.publisher, seconds=self._latest - now)
            self._bound(now)
        self._latest = now
        places = self._places.due(
            self._began if self._cadence.is_one_pass else now, 1, self._looks, self._cadence.window
        )
        addresses: list[Visit] = []
        if not places or self._is_turn_of_addresses:
            limit = 1 if places else self._cadence.at_once
            addresses = self.frontier.due(now, limit, self._visits, self._ranks)
        # Places alone may take all the requests that a slow pace leaves: what they show would never be asked for.
        self._is_turn_of_addresses = bool(places) and not addresses
        self._due = deque(addresses or places)
        self._due_until = time.monotonic() + DUE_S

    def _rest_s(self) -> float:
        """Until something is due, where nothing is heard of before."""
        due = self.next_due()
        rest_s = self._clock.real_s(max((math.inf if due is None else due) - self._now(), 0.02))
        if self._is_busy:
            rest_s = LONGEST_REST_S
        return min(max(rest_s, self._held_until - time.monotonic()), LONGEST_REST_S)

    def _longest_s(self, place: Place, outcome: PlaceOutcome | AddressOutcome) -> float | None:
        """How long a place that failed is left alone at most, seconds; None: as others."""
        if outcome == AddressOutcome.CUT:
            # It was there: not for longer than one that is whole.
            return self._again_s(place, None, None)
        is_first = any(place.url == first.url for first in self._ways[place.way].places())
        return GONE_RETRY_S if outcome == PlaceOutcome.GONE and not is_first else None

    def _again_s(self, place: Place, ttl_s: float | None, fresh_s: float | None) -> float | None:
        again_s = self._ways[place.way].again_s(place)
        if again_s is None:
            return None
        return max(again_s or self._cadence.poll_s, min(max(ttl_s or 0, fresh_s or 0), LONGEST_ASKED_S))

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._fail(error)

    def _fail(self, error: sqlite3.Error) -> None:
        if self.failure is None:
            log.error("frontier fails", publisher=self.frontier.publisher, why=str(error))
            self.frontier.close_to_changes()
        self.failure = self.failure or error
        self._heard()

    def _end(self, visit: Visit) -> None:
        self._visits.pop(visit.article_id, None)
        self._fetched.discard(visit.article_id)
        self._news.set()

    def _heard(self) -> None:
        """Something was heard of: other things may be due."""
        self._due.clear()
        self._news.set()

    def _now(self) -> float:
        return self._clock.now().timestamp()
