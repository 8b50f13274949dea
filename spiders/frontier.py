"""What a publisher's spider knows of its articles' addresses, and which it looks at next.

An address is known by its article id, whatever its spelling. It is done when Kafka has acknowledged its page; until
then it stays due, so that a crawl that was killed goes on where it was. What the workers found there comes back from
the article-state topic. Times are in seconds since 1970.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dongtin.events import ArticleState, ArticleStatus, Lane
from dongtin.publishers import Address, identify, vietnamese_original
from dongtin.publishers.address import VIETNAM_TIME
from spiders import schedule
from spiders.outcomes import Happening
from spiders.schedule import Known, Rank

LEARNT = "article-state"
"""How an address was found that only the workers knew."""
ERASED = "erased"
"""In place of an article's status, where a tombstone has come for it."""


class Fact(StrEnum):
    """What a file keeps for `dongtin sources` and the alarm: times."""

    LAST_ARTICLE = "last_article"
    """When the last new article was fetched: none of the past, and no translation."""
    LISTENING_SINCE = "listening_since"
    """Since when the publisher has been crawled without a long break."""
    LAST_CRAWLED = "last_crawled"
    """When a crawl last said that it goes on."""


@dataclass(frozen=True)
class Visit:
    """An address to ask for now."""

    article_id: str
    url: str
    discovery: str
    """How it was found: a word of `spiders.discovery`."""
    lane: Lane
    etag: str | None = None
    """To be sent as If-None-Match; None where the page is wanted whatever it is."""
    last_modified: str | None = None
    """To be sent as If-Modified-Since."""
    failures: int = 0
    """How often it has failed since it last answered."""


@dataclass(frozen=True)
class Answer:
    """What a server said of an article, as far as the next question depends on it."""

    article_id: str
    url: str
    status: int
    """200, 301 (moved, or no longer an article), 302 (another page answers for now), 304, 404, 410."""
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    """sha256, hex; None where there is no body."""


@dataclass(frozen=True)
class Learnt:
    """What the article-state topic told that a person may want to know."""

    changed: int = 0
    withdrawn: int = 0


class Frontier:
    """The addresses of one publisher, in its file (`spiders.store`)."""

    def __init__(self, database: sqlite3.Connection, publisher: str) -> None:
        self._database = database
        self.publisher = publisher

    @contextmanager
    def together(self) -> Iterator[None]:
        """Several changes, all of them or none; may be nested."""
        if self._database.in_transaction:
            yield
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.OperationalError):  # SQLite itself has ended it where the disk is full
                self._database.execute("ROLLBACK")
            raise

    def close_to_changes(self) -> None:
        """Refuse every change from now on, at once: what cannot be written must not be written in part."""
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA query_only = ON")

    def try_again(self, now: float, ranks: Iterable[Rank]) -> None:
        """Ask at once for what failed, however long it would wait."""
        for rank in ranks:
            self._database.execute(
                "UPDATE addresses SET next_visit = ?1 WHERE rank = ?2 AND failures > 0 AND next_visit > ?1", (now, rank)
            )

    def bound(self, now: float) -> None:
        """Let none wait longer than any does: the clock may have been ahead when it was fetched, or planned."""
        longest = now + schedule.LONGEST_RETRY_S
        self._database.execute("UPDATE addresses SET next_visit = ?1 WHERE next_visit > ?1", (longest,))
        self._database.execute(
            "UPDATE addresses SET base = min(base, ?1), last_fetched = min(last_fetched, ?1),"
            " next_visit = min(next_visit, ?1) WHERE base > ?1 OR last_fetched > ?1",
            (now,),
        )
        self._database.execute("UPDATE facts SET value = ?1 WHERE value > ?1", (now,))

    def find(
        self,
        address: Address,
        discovery: str,
        lane: Lane,
        now: float,
        *,
        modified: float | None = None,
        wanted: float | None = None,
        takes_over: bool = False,
    ) -> bool:
        """Take note of an article's address that was found; True where it was not known.

        `modified`: when the place says that the page has last changed. `wanted`: not to be asked for before that time.
        `takes_over`: a back-fill that goes by itself takes what nobody has fetched yet into its lane.
        """
        if address.article_id is None or address.canonical_url is None:
            raise ValueError(f"{address.kind} is no article")
        row = self._row(address.article_id)
        if row is None:
            self._insert(address.article_id, address.canonical_url, discovery, lane, now, wanted)
            return True
        if not row["url"]:
            # It was erased before anything else was known of it.
            return False
        changes: dict[str, object] = {}
        known = _known(row)
        if lane == Lane.LIVE and known.lane == Lane.BACKFILL and known.last_fetched is None:
            # What is on the front page must not wait for the past.
            changes = {"lane": lane, "discovery": discovery, "base": now, "first_seen": now}
        elif lane == Lane.BACKFILL and takes_over and known.last_fetched is None:
            changes = {"lane": lane}
        elif lane == Lane.LIVE and (look := schedule.shown_again(known, modified, now)) is not None:
            changes["wanted"] = look
        if address.canonical_url != row["url"] and lane == Lane.LIVE:
            changes["url"] = address.canonical_url
        if changes:
            self._change(row, changes)
        return False

    def due(
        self, now: float, limit: int, busy: Collection[str] = (), ranks: Iterable[Rank] = tuple(Rank)
    ) -> list[Visit]:
        """The most urgent addresses to ask for, at most so many, without those that are on their way."""
        visits: list[Visit] = []
        for rank in ranks:
            if len(visits) == limit:
                break
            rows = self._database.execute(
                "SELECT * FROM addresses WHERE rank = ? AND next_visit <= ? ORDER BY next_visit LIMIT ?",
                (rank, now, limit - len(visits) + len(busy)),
            )
            visits += [_visit(row) for row in rows if row["article_id"] not in busy][: limit - len(visits)]
        return visits

    def next_due(self, busy: Collection[str] = (), ranks: Iterable[Rank] = tuple(Rank)) -> float | None:
        """When the next address is due, without those that are on their way; None where none is planned."""
        firsts: list[float] = []
        for rank in ranks:
            rows = self._database.execute(
                "SELECT article_id, next_visit FROM addresses WHERE rank = ? AND next_visit IS NOT NULL"
                " ORDER BY next_visit LIMIT ?",
                (rank, len(busy) + 1),
            )
            firsts += [row["next_visit"] for row in rows if row["article_id"] not in busy][:1]
        return min(firsts, default=None)

    def answered(self, visit: Visit, answers: Sequence[Answer], now: float) -> None:
        """Kafka has the pages that a visit gave, or there were none to give (304). `now`: when it was answered."""
        with self.together():
            for answer in answers:
                row = self._row(answer.article_id)
                if row is None:
                    # Where the way led that began elsewhere.
                    self.find(identify(answer.url), visit.discovery, visit.lane, now)
                    row = self._row(answer.article_id)
                assert row is not None  # noqa: S101  # it was just found
                if _is_first_sight(row, answer):
                    self.note(Fact.LAST_ARTICLE, now)
                    self.count(Happening.NEW, now)
                self._change(row, _facts_of(answer, now) | self._asked_too_soon(row, now))
            is_answered = any(answer.article_id == visit.article_id for answer in answers)
            if not is_answered and (row := self._row(visit.article_id)):
                # Else it would stay due: it was asked for, and another article answered for now.
                self._change(row, _facts_of(Answer(visit.article_id, visit.url, 302), now))

    def failed(self, article_id: str, now: float, *, is_its_own: bool = True) -> None:
        """An address gave no answer that says anything of its article; it is tried again, ever more seldom.

        `is_its_own`: false where the whole site is away, which is not counted against the address.
        """
        with self.together():
            row = self._row(article_id)
            if row is None or row["status"] == ERASED:
                return
            failures = row["failures"] + int(is_its_own)
            self._database.execute(
                # What fails again and again is asked for outright: the condition may be what the server dislikes.
                "UPDATE addresses SET failures = ?1, next_visit = ?2,"
                " etag = iif(?1 > 2, NULL, etag), last_modified = iif(?1 > 2, NULL, last_modified)"
                " WHERE article_id = ?3",
                (failures, schedule.retry(max(failures, 1), now), article_id),
            )

    def learn(self, article_id: str, state: ArticleState, now: float) -> Learnt:
        """What the workers found at an address of this publisher's."""
        row = self._row(article_id)
        observed = _seconds(state.last_observation.date_fetched, now)
        pending = _seconds(state.pending.since, now) if state.pending else None
        if row is not None and not row["url"]:
            self._database.execute("DELETE FROM addresses WHERE article_id = ?", (article_id,))
            row = None
        if row is None:
            address = identify(state.url or "")
            if address.article_id != article_id:
                # Nothing leads there: a text document, or a mirror's spelling alone.
                return Learnt()
            observed = observed or now
            self._insert(article_id, address.canonical_url or "", LEARNT, Lane.LIVE, observed, None)
            row = self._row(article_id)
            assert row is not None  # noqa: S101  # it was just made
        if row["last_fetched"] is None and observed:
            # It was fetched, and the file that knew it was lost, or not written in time.
            base = observed - schedule.REVISITS_S[-1] if schedule.is_settled(observed, now) else observed
            learnt = {"content_hash": state.content_hash, "status": state.status, "pending_since": pending}
            self._change(row, {**learnt, "last_fetched": observed, "base": base})
            return Learnt()
        changed = row["content_hash"] is not None and row["content_hash"] != state.content_hash
        withdrawn = state.status == ArticleStatus.WITHDRAWN and row["status"] not in (None, ArticleStatus.WITHDRAWN)
        changes: dict[str, object] = {
            "content_hash": state.content_hash,
            "status": state.status,
            "pending_since": pending,
        }
        if changed:
            changes["base"] = observed or now
        self._change(row, changes)
        if changed or withdrawn:
            self._ask_translations(article_id, now)
        return Learnt(int(changed), int(withdrawn))

    def tombstone(self, article_id: str, now: float) -> None:
        """The article was erased: what was learnt of it is forgotten, and it is not asked for again.

        Also where nothing is known of it: a place may show it still.
        """
        self._database.execute(
            "INSERT INTO addresses (article_id, url, discovery, lane, first_seen, base, rank, status)"
            " VALUES (?1, '', ?2, ?3, ?4, ?4, ?5, ?6)"
            " ON CONFLICT (article_id) DO UPDATE SET content_hash = NULL, pending_since = NULL, failures = 0,"
            " status = excluded.status, next_visit = NULL",
            (article_id, LEARNT, Lane.LIVE, now, Rank.NEW, ERASED),
        )

    def positions(self, topic: str) -> Mapping[int, int]:
        """Partition → where the article-state topic of that name was read to."""
        rows = self._database.execute("SELECT partition, position FROM positions WHERE topic = ?", (topic,))
        return {row["partition"]: row["position"] for row in rows}

    def keep_position(self, topic: str, partition: int, position: int) -> None:
        """Where to go on reading."""
        self._database.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (partition, position, topic))

    def count(self, word: str, now: float, number: int = 1) -> None:
        """Add to a day's count of an outcome."""
        self._database.execute(
            "INSERT INTO counts VALUES (?, ?, ?)"
            " ON CONFLICT (day, word) DO UPDATE SET number = number + excluded.number",
            (day_of(now), word, number),
        )

    def note(self, fact: Fact, when: float) -> None:
        """Keep a fact."""
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (fact, when))

    def fact(self, fact: Fact) -> float | None:
        """A fact that was kept."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (fact,)).fetchone()
        return row["value"] if row else None

    def _row(self, article_id: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._database.execute(
            "SELECT * FROM addresses WHERE article_id = ?", (article_id,)
        ).fetchone()
        return row

    def _insert(self, article_id: str, url: str, discovery: str, lane: Lane, now: float, wanted: float | None) -> None:
        original = _original(article_id, url)
        known = Known(lane, original is not None, now, wanted=wanted)
        self._database.execute(
            "INSERT INTO addresses"
            " (article_id, url, original, discovery, lane, first_seen, base, wanted, rank, next_visit)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                article_id, url, original, discovery, lane, now, now, wanted,
                schedule.rank(known), schedule.next_visit(known),
            ),
        )  # fmt: skip

    def _change(self, row: sqlite3.Row, changes: Mapping[str, object]) -> None:
        """Write changes of a row, and when it is visited next."""
        after = {**dict(row), **changes}
        known = _known(after)
        written = {**changes, "rank": schedule.rank(known)}
        if after["status"] == ERASED:
            written["next_visit"] = None
        elif not after["failures"]:
            # What failed waits for its next try, whatever is heard of it.
            written["next_visit"] = schedule.next_visit(known)
        columns = ", ".join(f"{name} = ?" for name in written)
        self._database.execute(
            f"UPDATE addresses SET {columns} WHERE article_id = ?",  # noqa: S608  # names of ours
            (*written.values(), row["article_id"]),
        )

    def _asked_too_soon(self, row: sqlite3.Row, now: float) -> dict[str, object]:
        """Of a translation that is fetched for the first time when its original has just changed: to look again."""
        original = self._row(row["original"]) if row["original"] and row["last_fetched"] is None else None
        if original is None or original["base"] <= original["first_seen"]:
            return {}
        again = original["base"] + schedule.RETRANSLATED_S
        return {"wanted": again} if again > now else {}

    def _ask_translations(self, original: str, now: float) -> None:
        rows = self._database.execute(
            "SELECT * FROM addresses WHERE original = ? AND last_fetched IS NOT NULL", (original,)
        ).fetchall()
        for row in rows:
            self._change(row, {"wanted": now + schedule.RETRANSLATED_S})


def day_of(now: float) -> str:
    """The day that a count belongs to: in Vietnam, where the publishers' days begin."""
    return datetime.fromtimestamp(now, VIETNAM_TIME).date().isoformat()


def _original(article_id: str, url: str) -> str | None:
    """The article id that a translation shares its slug with; None for an original."""
    address = identify(url)
    original = vietnamese_original(address) if address.article_id == article_id else None
    return original.article_id if original else None


def _visit(row: sqlite3.Row) -> Visit:
    conditional = schedule.is_conditional(_known(row))
    return Visit(
        row["article_id"],
        row["url"],
        row["discovery"],
        Lane(row["lane"]),
        row["etag"] if conditional else None,
        row["last_modified"] if conditional else None,
        row["failures"],
    )


def _known(row: sqlite3.Row | Mapping[str, object]) -> Known:
    return Known(
        lane=Lane(str(row["lane"])),
        is_translation=row["original"] is not None,
        base=row["base"],  # type: ignore[arg-type]  # as it was written
        last_fetched=row["last_fetched"],  # type: ignore[arg-type]
        http_status=row["http_status"],  # type: ignore[arg-type]
        content_hash=row["content_hash"],  # type: ignore[arg-type]
        pending_since=row["pending_since"],  # type: ignore[arg-type]
        wanted=row["wanted"],  # type: ignore[arg-type]
    )


def _is_first_sight(row: sqlite3.Row, answer: Answer) -> bool:
    """Of an article that a publisher has brought out: none of the past, and no translation."""
    is_new = row["http_status"] is None and row["discovery"] != LEARNT and answer.status == 200
    return is_new and row["lane"] == Lane.LIVE and row["original"] is None


def _facts_of(answer: Answer, now: float) -> dict[str, object]:
    if answer.status == 304:
        return {"last_fetched": now, "failures": 0}
    return {
        "url": identify(answer.url).canonical_url,
        "last_fetched": now,
        "failures": 0,
        "http_status": answer.status,
        "etag": answer.etag,
        "last_modified": answer.last_modified,
        "body_hash": answer.body_hash,
    }


def _seconds(moment: str | None, now: float) -> float | None:
    """A time that others tell, since 1970; one that is yet to come by our clock is now."""
    try:
        return min(datetime.fromisoformat(moment).timestamp(), now) if moment else None
    except ValueError:
        return None
