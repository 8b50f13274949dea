"""The life of a page, from top to bottom: a message comes in, and the page has exactly one fate.

    message → page → whose is it? → what does it show? → an article in our words → what does that change? → records

Everything here is a pure function of the message and of what is remembered of its article: the same code runs in
`dongtin replay` and in the workers on Kafka.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from dongtin.codec import (
    article_records,
    decode_parts,
    member_record,
    parse,
    rejection_record,
    state_record,
)
from dongtin.errors import DecodeError, RecordTooLarge, RejectPage, WrongKey
from dongtin.events import (
    Article,
    ArticleState,
    Fate,
    Observation,
    Page,
    PageFacts,
    Rejection,
    RejectionReason,
    Withdrawn,
)
from dongtin.publishers import identify, page_key
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
    partition,
)
from processors.changes import GONE, Absent, Decision, Moved, Sighting, decide
from processors.normalize.article import membership, normalize
from processors.normalize.dates import is_utc_timestamp
from processors.quarantine import quarantined
from processors.read import read

LEAVES_STATE_ALONE = (RejectionReason.UNSUPPORTED_CONTENT, RejectionReason.RIGHTS_RESERVED)
PERMANENT_REDIRECT = (301, 308)


class Normalizer:
    """The stage from pages to articles, revisions, members, rejections and quarantine."""

    name = "normalizer"
    inputs = (PAGES, PAGES_BACKFILL)
    tables = (ARTICLE_STATE,)
    outputs = (ARTICLES, REVISIONS, ARTICLE_STATE, MEMBERS, REJECTED, QUARANTINE)

    at_once = 1

    def __init__(self, source: str) -> None:
        self._source = source

    def process(self, messages: Sequence[Message], tables: Tables) -> Result:
        """See `Stage.process`."""
        result = Result()
        for message in messages:
            try:
                records, outcome = self._page(message, tables)
                measure(records)
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
        arrival = accept(message)
        shows = look(arrival)
        if isinstance(shows, Absent) and shows.reason in LEAVES_STATE_ALONE:
            return self._rejected(arrival, shows)
        state = remembered(tables, arrival.key)
        decision = decide(state, Sighting(arrival.key, arrival.observation, arrival.facts, shows))
        if decision.rejection:
            return self._rejected(arrival, decision.rejection)
        records = self._effects(arrival, state, decision)
        detail = f"{decision.event.change} revision {decision.event.revision}" if decision.event else None
        return records, Outcome(arrival.key, decision.fate, detail)

    def _effects(self, arrival: "Arrival", before: ArticleState | None, decision: Decision) -> list[Record]:
        records: list[Record] = []
        if decision.event:
            records += article_records(decision.event, arrival.page.lane, self._source)
            records += self._member_changes(arrival.key, before, decision.event)
        if decision.state and decision.state != before:
            records.append(state_record(arrival.key, decision.state, self._source))
        return records

    def _member_changes(self, key: str, before: ArticleState | None, event: Article | Withdrawn) -> list[Record]:
        """A join, and a leave where the article was in another story, or is withdrawn."""
        records = []
        stands = isinstance(event, Article)
        if before and not (stands and before.story_id == event.story_id):
            records.append(member_record(before.story_id, key, None, self._source))
        if isinstance(event, Article):
            records.append(member_record(event.story_id, key, membership(event), self._source))
        return records

    def _rejected(self, arrival: "Arrival", why: Absent) -> tuple[list[Record], Outcome]:
        publisher = arrival.page.publisher
        rejection = Rejection(arrival.page.final_url, publisher, why.reason, why.detail, arrival.facts)
        record = rejection_record(arrival.key, rejection, arrival.page.date_fetched, self._source)
        detail = f"{why.reason}: {why.detail}" if why.detail else str(why.reason)
        return [record], Outcome(arrival.key, Fate.REJECTED, detail)


@dataclass(frozen=True)
class Arrival:
    """A page that was taken in: decoded, and in its right place."""

    key: str
    """The article it is about."""
    page: Page
    facts: PageFacts
    observation: Observation


def accept(message: Message) -> Arrival:
    """The page of a message. Raises DecodeError and WrongKey."""
    if message.key is None:
        raise WrongKey("a page has the id of its article for a key")
    page = decode_parts(message.value, message.headers).data
    if not isinstance(page, Page):
        raise DecodeError("not a page")
    if page.date_fetched is not None and not is_utc_timestamp(page.date_fetched):
        raise DecodeError(f"ce_time is not an RFC 3339 time: {page.date_fetched[:40]!r}")
    digest = sha256(page.body).hexdigest()
    fetched = page.requested_url is not None or page.final_url is not None
    key = page_key(page.requested_url, page.final_url, page.status) if fetched else f"text/{digest[:16]}"
    if message.key != key.encode():
        raise WrongKey(f"{message.key[:200]!r} is not {key[:200]!r}")
    if message.partition != partition(message.key, message.partition_count):
        raise WrongKey(f"{key[:200]!r} does not belong to partition {message.partition}")
    mirror = page.final_url is not None and identify(page.final_url).is_mirror
    return Arrival(
        key,
        page,
        PageFacts(digest, page.status, page.content_type, len(page.body)),
        Observation(not mirror, page.date_fetched, digest),
    )


def look(arrival: Arrival) -> Article | Absent | Moved:
    """What a page shows of its article."""
    page = arrival.page
    if page.status in GONE:
        return Absent(RejectionReason.NOT_AN_ARTICLE, f"status {page.status}")
    address = identify(page.final_url) if page.final_url is not None else None
    if page.status in PERMANENT_REDIRECT and address and address.article_id not in (None, arrival.key):
        return Moved(str(address.article_id))
    if address and address.article_id is None:
        return Absent(RejectionReason.NOT_AN_ARTICLE, f"by its address: {address.kind}")
    if page.status not in (None, 200):
        return Absent(RejectionReason.UNSUPPORTED_CONTENT, f"status {page.status}")
    try:
        return normalize(read(page, address), page, arrival.key, arrival.facts, address)
    except RejectPage as error:
        return Absent(error.reason, error.detail)


def remembered(tables: Tables, key: str) -> ArticleState | None:
    """The state of an article. Raises DecodeError where it cannot be read."""
    value = tables.get(ARTICLE_STATE, key)
    return None if value is None else parse(ArticleState, value)


def measure(records: Sequence[Record]) -> None:
    """Raise RecordTooLarge where a topic would refuse a record: a refused record would end the whole transaction."""
    for record in records:
        if record.size > record.topic.max_bytes:
            raise RecordTooLarge(f"{record.size:,} bytes for {record.topic.name}")
