"""The life of a page, from top to bottom: a message comes in, and the page has exactly one fate.

    message → page → whose is it? → what does it show? → an article in our words → what does that change? → records
              arrival.py              look.py: read/, normalize/                      changes.py

Everything here is a function of the message and of what is remembered of its article: the same code runs in `dongtin
replay` and in the workers on Kafka. `look` is handed in: reading is the one step that a page can break, and runs in a
process of its own (reader/).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from dongtin.codec import article_records, member_record, parse, rejection_record, state_record
from dongtin.errors import DecodeError, ReaderUnavailable
from dongtin.events import Article, ArticleState, ArticleStatus, Fate, LossKind, Rejection, RejectionReason, Withdrawn
from dongtin.record import Message, Record
from dongtin.stream.base import Outcome, Result, Tables
from dongtin.topics import (
    ARTICLE_STATE,
    ARTICLES,
    MEMBERS,
    PAGES,
    PAGES_BACKFILL,
    QUARANTINE,
    REJECTED,
    REVISIONS,
)
from processors.arrival import Arrival, accept
from processors.changes import Absent, Decision, Shows, Sighting, decide
from processors.normalize.dates import is_utc_timestamp
from processors.quarantine import measure, quarantined
from processors.stories import membership

LEAVES_STATE_ALONE = (RejectionReason.UNSUPPORTED_CONTENT, RejectionReason.RIGHTS_RESERVED)


Look = Callable[[Arrival], Shows]


class Ahead(Protocol):
    """What looks at a page before it is asked to; see `processors.reader.Reader`."""

    def begin(self, arrival: Arrival) -> None:
        """Begin with a page that will be asked for; never waits, never raises."""

    def forget(self) -> None:
        """What was begun will not be asked for."""


class Normalizer:
    """The stage from pages to articles, revisions, members, rejections and quarantine."""

    name = "normalizer"
    inputs = (PAGES, PAGES_BACKFILL)
    tables = (ARTICLE_STATE,)
    outputs = (ARTICLES, REVISIONS, ARTICLE_STATE, MEMBERS, REJECTED, QUARANTINE)

    at_once = 1

    def __init__(self, source: str, look: Look, ahead: Ahead | None = None) -> None:
        """`ahead`: what `look` asks, where that can begin with the next page while this one is decided on."""
        self._source = source
        self._look = look
        self._ahead = ahead
        self._expected: list[tuple[Message, Arrival]] = []

    def expect(self, messages: Sequence[Message]) -> None:
        """See `Stage.expect`."""
        if self._ahead is None:
            return
        if not messages:
            self._ahead.forget()
        expected = []
        for message in messages:
            with suppress(Exception):  # what is wrong with it, its turn will tell
                arrival = self._arrival(message)
                expected.append((message, arrival))
                self._ahead.begin(arrival)
        self._expected = expected

    def process(self, messages: Sequence[Message], tables: Tables) -> Result:
        """See `Stage.process`."""
        result = Result()
        for message in messages:
            try:
                records, outcome = self._page(message, tables)
                measure(records)
            except ReaderUnavailable:  # no page is to blame for that
                raise
            except Exception as error:  # noqa: BLE001  # whatever a page does to us, it is kept and the next one is read
                record, outcome = quarantined(message, error, self.name)
                records = [record]
            for record in records:
                if record.topic in self.tables:
                    tables.put(record)
            result.records += records
            result.outcomes.append(outcome)
        return result

    def _page(self, message: Message, tables: Tables) -> tuple[list[Record], Outcome]:
        arrival = self._arrival(message)
        shows = self._look(arrival)
        if isinstance(shows, Absent) and shows.reason in LEAVES_STATE_ALONE:
            return self._rejected(arrival, shows)
        state = remembered(tables, arrival.key)
        decision = decide(state, Sighting(arrival.key, arrival.observation, arrival.facts, shows))
        if decision.rejection:
            return self._rejected(arrival, decision.rejection)
        records = self._effects(arrival, state, decision)
        detail = f"{decision.event.change} revision {decision.event.revision}" if decision.event else None
        return records, Outcome(arrival.key, decision.fate, detail)

    def _arrival(self, message: Message) -> Arrival:
        """The page of a message, taken in once."""
        known = (arrival for expected, arrival in self._expected if expected is message)
        return next(known, None) or accept(message)

    def _effects(self, arrival: Arrival, before: ArticleState | None, decision: Decision) -> list[Record]:
        records: list[Record] = []
        if decision.event:
            records += article_records(decision.event, arrival.page.lane, self._source)
            records += self._member_changes(arrival.key, before, decision.event)
        if decision.state and decision.state != before:
            records.append(state_record(arrival.key, decision.state, self._source))
        return records

    def _member_changes(self, key: str, before: ArticleState | None, event: Article | Withdrawn) -> list[Record]:
        """A join, and a leave where the article was in another story, or is withdrawn. What is withdrawn is in none."""
        records = []
        was_member = before is not None and before.status == ArticleStatus.PUBLISHED
        if before and was_member and not (isinstance(event, Article) and before.story_id == event.story_id):
            records.append(member_record(before.story_id, key, None, self._source))
        if isinstance(event, Article):
            records.append(member_record(event.story_id, key, membership(event), self._source))
        return records

    def _rejected(self, arrival: Arrival, why: Absent) -> tuple[list[Record], Outcome]:
        publisher = arrival.page.publisher
        rejection = Rejection(arrival.page.final_url, publisher, why.reason, why.detail, arrival.facts)
        record = rejection_record(arrival.key, rejection, arrival.page.date_fetched, self._source)
        detail = f"{why.reason}: {why.detail}" if why.detail else str(why.reason)
        return [record], Outcome(arrival.key, Fate.REJECTED, detail)


def remembered(tables: Tables, key: str) -> ArticleState | None:
    """The state of an article. Raises DecodeError where it cannot be read, or says what this version does not know.

    Enums are open for consumers; but what a later version means by another status, this one cannot act on.
    """
    value = tables.get(ARTICLE_STATE, key)
    if value is None:
        return None
    state = parse(ArticleState, value)
    pending = state.pending
    if state.status not in tuple(ArticleStatus):
        raise DecodeError(f"the state of {key[:200]!r} has a status unknown to this version: {state.status!s:.80}")
    if pending and pending.kind not in tuple(LossKind):
        raise DecodeError(f"the state of {key[:200]!r} waits for a loss unknown to this version: {pending.kind!s:.80}")
    for time in (state.last_observation.date_fetched, pending.since if pending else None):
        if time is not None and not is_utc_timestamp(time):
            raise DecodeError(f"the state of {key[:200]!r} has a time that is not RFC 3339: {time[:40]!r}")
    return state
