"""Any sequence of pages, repeats and crashes follows the table: the normalizer beside a model that is told plainly.

Pages say in their bodies what they show, so that no HTML is read; all else is what runs in production: pages as
messages with headers, both lanes, records through the codec, state on disk. Each message is processed by a worker that
crashes (`crashing_worker`), by a `MemoryStream` that does not, and by the model.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain, pairwise, permutations, product

from crashing_worker import Crash, CrashingWorker, record_of, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule

from dongtin.codec import decode, page_record, parse, state_record
from dongtin.events import (
    Article,
    ArticleState,
    ArticleStatus,
    Block,
    BlockKind,
    Body,
    Change,
    Extractor,
    Lane,
    Membership,
    Origin,
    Page,
    Publisher,
    Quality,
    Rejection,
    RejectionReason,
    Rights,
    Withdrawn,
)
from dongtin.record import Message
from dongtin.stream.base import Result, Tables
from dongtin.stream.memory import MemoryStream
from dongtin.topics import (
    ARTICLE_STATE,
    ARTICLES,
    MEMBERS,
    QUARANTINE,
    REJECTED,
    REVISIONS,
    Topic,
)
from processors.arrival import Arrival
from processors.changes import Absent, Moved, Shows
from processors.pipeline import Normalizer

PAPER, PORTAL = "thanhnien.vn/185250117194334368", "vietnam.vn/vi/cau-moi"
ADDRESSES = {
    PAPER: ["https://thanhnien.vn/cau-moi-185250117194334368.htm", "https://m.thanhnien.vn/x-185250117194334368.html"],
    PORTAL: [
        "https://www.vietnam.vn/cau-moi",
        "https://vjs.vietnam.vn/cau-moi",
        "https://vrviet.vn/cau-moi?utm_source=x",
    ],
}
MIRRORS = ("https://vjs.", "https://vrviet.")
MOVED_TO = {
    "https://thanhnien.vn/bai-khac-185250118000000001.htm": "thanhnien.vn/185250118000000001",
    "https://vjs.vietnam.vn/bai-khac": "vietnam.vn/vi/bai-khac",
}
ORIGINS = ("tuoitre.vn/20250117194334368", "vtv.vn/100250117194334368")
STEPS = {
    "article": [("article", 30)],
    "other bytes": [("same article", 30)],
    "edited": [("edited", 30)],
    "cut": [("short", 30), ("short", 60)],
    "cut for a moment": [("short", 30), ("short", 59)],
    "lost": [("gone", 30), ("gone", 60)],
    "lost for a moment": [("gone", 30), ("gone", 59)],
    "empty": [("empty", 30), ("empty", 90)],
    "moved": [("moved", 30)],
    "another reader": [("another reader", 0)],
}
"""What happens to an article → pages, each with the minutes since the one before."""
DAY = "2025-01-17T"
TIMES = [None, "12:00:00Z", "12:30:00Z", "12:59:59Z", "13:00:00Z", "20:00:00+07:00", "14:00:00Z", "15:30:00.5Z"]
CONTENT = {"headline", "description", "body", "images", "authors", "date_published", "section", "keywords"} | {
    "language",
    "origin",
    "is_accessible_for_free",
    "rights",
}


@dataclass(frozen=True)
class Shown:
    """An article as a page tells it."""

    blocks: str
    """A letter for each block."""
    headline: str = "Tin"
    keywords: tuple[str, ...] = ()
    origin: str | None = None
    machine: bool = False

    def fields(self) -> dict[str, object]:
        return {"body": self.blocks, "headline": self.headline, "keywords": self.keywords, "origin": self.origin}


SHOWN = st.builds(
    Shown,
    blocks=st.text("abcdef", max_size=5),
    headline=st.sampled_from(["Tin", "Tin mới"]),
    keywords=st.sampled_from([(), ("cầu",)]),
    origin=st.sampled_from([None, *ORIGINS]),
    machine=st.booleans(),
)
LONG = st.builds(Shown, blocks=st.text("abc", min_size=4, max_size=6), headline=st.sampled_from(["Tin", "Tin mới"]))


def page_of(key: str, url: str, at: str | None, lane: Lane, body: bytes, status: int = 200, final: str = "") -> Page:
    time = at and DAY + at
    return Page(body, "text/html", url, final or url, status, time, key.split("/")[0], lane=lane)


def body_of(**says: object) -> bytes:
    return json.dumps(says, default=vars, ensure_ascii=False).encode()


def shown_by(says: dict[str, object], reader: int) -> Shown | str:
    """What a reader of some version finds in a page."""
    told = says["newer"] if reader > 1 and says.get("newer") else says["shows"]
    return Shown(**told | {"keywords": tuple(told["keywords"])}) if isinstance(told, dict) else str(told)


class Reader:
    """Looks at a page by its script, in the version that is deployed."""

    def __init__(self) -> None:
        self.version = 1

    def __call__(self, arrival: Arrival) -> Shows:
        page = arrival.page
        if page.status in (404, 410):
            return Absent(RejectionReason.NOT_AN_ARTICLE, f"status {page.status}")
        if page.status == 301:
            return Moved(MOVED_TO[str(page.final_url)])
        says = json.loads(page.body)
        shown = shown_by(says, self.version)
        if shown == "broken":
            raise ValueError("broken")
        if isinstance(shown, str):
            return Absent(RejectionReason(shown))
        return self._article(arrival, shown)

    def _article(self, arrival: Arrival, shown: Shown) -> Article:
        blocks = tuple(Block(block_id(text), BlockKind.PARAGRAPH, text) for text in shown.blocks)
        return Article(
            article_id=arrival.key,
            revision=1,
            change=Change.CREATED,
            changed_fields=(),
            diff=None,
            cause=None,
            content_hash="",
            story_id=shown.origin or arrival.key,
            url=arrival.page.final_url,
            canonical_url=ADDRESSES[arrival.key][0],
            publisher=Publisher(arrival.key.split("/")[0], "Báo", arrival.key.split("/")[0]),
            origin=Origin(shown.origin, f"https://{shown.origin}", "Báo gốc", None) if shown.origin else None,
            relations=(),
            language="vi",
            language_declared="vi",
            language_detected=None,
            machine_translated=shown.machine,
            headline=shown.headline,
            description=None,
            body=Body("\n\n".join(shown.blocks), blocks),
            images=(),
            authors=(),
            date_published=None,
            date_published_raw=None,
            date_published_precision=None,
            date_modified=None,
            date_modified_raw=None,
            date_modified_precision=None,
            date_fetched=arrival.page.date_fetched,
            section=(),
            keywords=shown.keywords,
            is_accessible_for_free=None,
            rights=Rights(),
            provenance={},
            extractor=Extractor(str(self.version), None, "scripted"),
            quality=Quality(0, None, ()),
            page=arrival.facts,
        )


def block_id(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


# The model -----------------------------------------------------------------------------------------------------------

TABLE = {
    "none": {"article": "created", "short": "created", "absent": "rejected", "moved": "rejected"},
    "published": {"article": "unchanged / updated", "short": "pending", "absent": "pending", "moved": "withdrawn"},
    "loss seen before": {
        "article": "unchanged / updated",
        "short": "updated",
        "absent": "withdrawn",
        "moved": "withdrawn",
    },
    "withdrawn": {"article": "updated", "short": "updated", "absent": "unchanged", "moved": "unchanged"},
    "taken_down": dict.fromkeys(("article", "short", "absent", "moved"), "rejected"),
}
"""DESIGN.md, section 2."""
FATES = {"created": "published", "updated": "published", "withdrawn": "published"}


@dataclass
class Expected:
    fate: str
    reason: str | None = None
    event: dict[str, object] | None = None
    left: str | None = None
    """The story that the article leaves."""
    joined: str | None = None


@dataclass
class Known:
    """What is known of one article."""

    key: str
    status: str = "none"
    revision: int = 0
    stands: Shown = field(default_factory=lambda: Shown(""))
    url: str = ""
    page: str = ""
    """The page of the last revision that stood."""
    reader: int = 0
    """Read the last page that gave an article."""
    last: Page | None = None
    loss: tuple[str, str | None] | None = None
    """Kind, and the time of its first sighting."""
    same_pages: frozenset[str] = frozenset()
    """What the last revision was told from, and the last page if that told the same."""

    def see(self, page: Page, reader: int) -> Expected:
        shows: Shown | str
        reason = "not_an_article"
        if page.status in (404, 410):
            shows = "absent"
        elif page.status == 301:
            shows = "moved"
        else:
            shows = shown_by(json.loads(page.body), reader)
            if shows == "broken":
                return Expected("quarantined")
            if shows in ("unsupported_content", "rights_reserved"):
                return Expected("rejected", str(shows))
            if isinstance(shows, str):
                shows, reason = "absent", shows
        if self.last and self.status != "taken_down" and rank(page) < rank(self.last):
            return Expected("stale")
        kind = shows if isinstance(shows, str) else "short" if self._is_short(page, shows) else "article"
        word = TABLE["loss seen before" if self._seen_before(kind, page) else self.status][kind]
        if word == "rejected":
            if self.status == "taken_down":
                return Expected(word, "rights_reserved")
            return Expected(word, reason if page.status == 200 else "gone_before_seen")
        self.last = page
        if isinstance(shows, Shown):
            if word == "unchanged / updated":
                word = "unchanged" if shows.fields() == self.stands.fields() else "updated"
            return self._article(word, page, shows, reader)
        return self._loss(word, kind, page)

    def _is_short(self, page: Page, shows: Shown) -> bool:
        return len(shows.blocks) < len(self.stands.blocks) / 2 and digest(page) != self.page

    def _seen_before(self, kind: str, page: Page) -> bool:
        if self.status != "published" or self.loss is None or self.loss[0] != kind:
            return False
        since, now = self.loss[1], page.date_fetched
        return bool(since and now) and (instant(str(now)) - instant(str(since))).total_seconds() >= 3600

    def _article(self, word: str, page: Page, shows: Shown, reader: int) -> Expected:
        if word == "pending":
            return self._pending("short", page)
        before = replace(self)
        self.reader, self.url, self.loss = reader, str(page.final_url), None
        if word == "unchanged":
            self.same_pages = frozenset([self.page, digest(page)])
            return Expected(word)
        self.status, self.stands, self.page = "published", shows, digest(page)
        self.same_pages = frozenset([self.page])
        self.revision += 1
        event: dict[str, object] = {"revision": self.revision, "change": word, "url": page.final_url}
        event |= {"changed_fields": [], "cause": None, "diff": None}
        story, old = shows.origin or self.key, before.stands.origin or self.key
        if word == "updated":
            event |= before.update(page, shows, reader)
        left = old if before.status == "published" and old != story else None
        return Expected("published", None, event, left, story)

    def update(self, page: Page, shows: Shown, reader: int) -> dict[str, object]:
        was, now = self.stands.fields(), shows.fields()
        added, removed = rest(shows.blocks, self.stands.blocks), rest(self.stands.blocks, shows.blocks)
        kept = len(shows.blocks) - len(added)
        if reader != self.reader:
            cause = "reader" if digest(page) in self.same_pages else "mixed"
        else:
            cause = "retranslation" if shows.machine and kept < len(self.stands.blocks) / 2 else "publisher"
        return {
            "changed_fields": sorted(name for name in was if was[name] != now[name]),
            "cause": cause,
            "diff": {"kept": kept, "added": list(map(block_id, added)), "removed": list(map(block_id, removed))},
        }

    def _loss(self, word: str, kind: str, page: Page) -> Expected:
        if word == "pending":
            return self._pending(kind, page)
        self.loss, self.same_pages = None, frozenset([digest(page)])
        if word == "unchanged":
            return Expected(word)
        self.status = "withdrawn"
        self.revision += 1
        reason = "moved" if kind == "moved" else "gone" if page.status in (404, 410) else "not_an_article"
        event: dict[str, object] = {"revision": self.revision, "change": word, "reason": reason, "url": self.url}
        event["moved_to"] = MOVED_TO[str(page.final_url)] if kind == "moved" else None
        return Expected("published", None, event, left=self.stands.origin or self.key)

    def _pending(self, kind: str, page: Page) -> Expected:
        first = self.loss[1] if self.loss and self.loss[0] == kind else None
        self.loss, self.same_pages = (kind, first or page.date_fetched), frozenset([self.page])
        return Expected("pending")

    def state(self) -> dict[str, object] | None:
        if self.last is None:
            return None
        origin = self.stands.origin
        return {
            "revision": self.revision,
            "status": self.status,
            "block_ids": [block_id(text) for text in self.stands.blocks],
            "story_id": origin or self.key,
            "origin_url": origin and f"https://{origin}",
            "url": self.url,
            "page_sha256": self.page,
            "extractor": {"dongtin": str(self.reader), "trafilatura": None, "rule": "scripted"},
            "last_observation": {
                "main_host": is_main(self.last),
                "date_fetched": self.last.date_fetched,
                "page_sha256": digest(self.last),
            },
            "pending": self.loss and {"kind": self.loss[0], "since": self.loss[1]},
        }


def rest(texts: str, taken: str) -> str:
    """Texts without those of `taken`, each as often as it stands there."""
    for text in taken:
        texts = texts.replace(text, "-", 1)
    return texts.replace("-", "")


def digest(page: Page) -> str:
    return sha256(page.body).hexdigest()


def instant(time: str) -> datetime:
    return datetime.fromisoformat(time)


def is_main(page: Page) -> bool:
    """Whether the host that answered is the main one: of a redirect, the one that was asked."""
    answered = page.requested_url if page.status == 301 else page.final_url
    return not str(answered).startswith(MIRRORS)


def rank(page: Page) -> tuple[object, ...]:
    known = page.date_fetched is not None
    return is_main(page), known, instant(page.date_fetched).timestamp() if page.date_fetched else 0, digest(page)


# The machine ---------------------------------------------------------------------------------------------------------


class TakeDown:
    """Lets a stream in memory know a state that someone else wrote."""

    name, inputs, tables, outputs, at_once = Normalizer.name, (ARTICLE_STATE,), (ARTICLE_STATE,), (), 500

    def process(self, messages: Sequence[Message], tables: Tables) -> Result:
        return Result()


class PagesInAnyOrder(RuleBasedStateMachine):
    pages = Bundle("pages")

    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader()
        self.normalizer = Normalizer("/test/normalizer", self.reader)
        self.worker = CrashingWorker(self.normalizer)
        self.calm = MemoryStream(2)
        self.known = {key: Known(key) for key in ADDRESSES}
        self.sent: dict[tuple[Topic, int, int], tuple[str, Page]] = {}
        self.hashes: dict[str, dict[str, object]] = {}
        self.minutes = 0
        """Since a time after all of `TIMES`."""
        self.sound = True
        """Nothing was found wrong so far."""

    def teardown(self) -> None:
        try:
            if self.sound:
                self.catch_up()
        finally:
            self.worker.close()

    def send(self, key: str, page: Page) -> tuple[str, Page]:
        message = self.worker.append(page_record(page, key, "/test/spiders"))
        self.sent[message.topic, message.partition, message.offset] = (key, page)
        return key, page

    article = st.sampled_from(list(ADDRESSES)).flatmap(
        lambda key: st.tuples(st.just(key), st.sampled_from(ADDRESSES[key]))
    )
    time, lane = st.sampled_from(TIMES), st.sampled_from(Lane)

    @rule(target=pages, article=article, time=time, lane=lane, shows=SHOWN, newer=st.none() | SHOWN)
    def shows_an_article(self, article, time, lane, shows, newer):
        return self.send(article[0], page_of(*article, time, lane, body_of(shows=shows, newer=newer)))

    @rule(
        target=pages,
        article=article,
        time=time,
        lane=lane,
        shows=st.sampled_from(
            ["not_an_article", "media_only", "empty_body", "unsupported_content", "rights_reserved", "broken"]
        ),
        newer=st.none() | SHOWN,
    )
    def shows_none(self, article, time, lane, shows, newer):
        return self.send(article[0], page_of(*article, time, lane, body_of(shows=shows, newer=newer)))

    @rule(
        target=pages,
        article=article,
        times=st.lists(time, min_size=1, max_size=2),
        lane=lane,
        status=st.sampled_from([404, 410]),
    )
    def is_gone(self, article, times, lane, status):
        return multiple(*[self.send(article[0], page_of(*article, at, lane, b"", status)) for at in times])

    @rule(target=pages, article=article, time=time, lane=lane, target_url=st.sampled_from(list(MOVED_TO)))
    def has_moved(self, article, time, lane, target_url):
        return self.send(article[0], page_of(*article, time, lane, b"", 301, target_url))

    @rule(target=pages, sent=pages, time=time, lane=lane, later=st.booleans())
    def comes_again(self, sent, time, lane, later):
        key, page = sent
        return self.send(
            key, replace(page, lane=lane, date_fetched=(time and DAY + time) if later else page.date_fetched)
        )

    @rule(target=pages, sent=pages, time=time, noise=st.integers(0, 2), changes=st.text("abcdef", max_size=2))
    def is_edited(self, sent, time, noise, changes):
        """Other bytes; and, where `changes` says so, other blocks at the end."""
        key, page = sent
        says = json.loads(page.body or b"{}")
        if isinstance(says.get("shows"), dict):
            says["shows"]["blocks"] = (says["shows"]["blocks"][: 6 - len(changes)]) + changes
            page = replace(page, body=body_of(**says | {"noise": noise}), date_fetched=time and DAY + time)
        return self.send(key, page)

    @rule(
        target=pages,
        key=st.sampled_from(list(ADDRESSES)),
        first=SHOWN,
        newer=st.none() | SHOWN,
        steps=st.lists(st.sampled_from(list(STEPS)), min_size=2, max_size=6),
    )
    def is_fetched_again_and_again(self, key, first, newer, steps):
        """Pages of the main host, each later than all before, so that few are stale."""
        self.catch_up()
        pages = {
            "article": body_of(shows=first, newer=newer),
            "same article": body_of(shows=first, newer=newer, noise=1),
            "edited": body_of(shows=replace(first, blocks=first.blocks + "f")),
            "short": body_of(shows=replace(first, blocks=first.blocks[:1]), newer=newer),
            "empty": body_of(shows="empty_body", newer=newer),
        }
        for step, minutes in [("article", 1), *chain.from_iterable(map(STEPS.__getitem__, steps))]:
            self.minutes += minutes
            at = f"2025-01-{18 + self.minutes // 1440}T{self.minutes // 60 % 24:02}:{self.minutes % 60:02}:00Z"
            if step == "another reader":
                self.another_reader_is_deployed(3 - self.reader.version)
                continue
            gone, moved = step == "gone", step == "moved"
            page = page_of(
                key,
                ADDRESSES[key][self.minutes % 2 if key == PAPER else 0],
                None,
                Lane.LIVE,
                pages.get(step, b""),
                404 if gone else 301 if moved else 200,
                next(iter(MOVED_TO)) if moved else "",
            )
            sent = self.send(key, replace(page, date_fetched=at))
            self.catch_up()
        return sent

    @rule(version=st.sampled_from([1, 2]))
    def another_reader_is_deployed(self, version):
        self.worker.restart()
        self.reader.version = version

    @rule(cache_lost=st.booleans())
    def crash_between_turns(self, cache_lost):
        self.worker.restart(cache_lost=cache_lost)

    @rule(key=st.sampled_from(list(ADDRESSES)), seldom=st.sampled_from([True, *[False] * 7]))
    def take_down(self, key, seldom):
        known = self.known[key]
        state = self.last_state(key)
        if seldom and state and known.status != "taken_down":
            known.status = "taken_down"
            record = state_record(key, replace(state, status=ArticleStatus.TAKEN_DOWN), "/test/takedown")
            self.worker.append(record)
            self.worker.restart()
            self.calm.append(record)
            self.calm.run(TakeDown())
            self.calm.take(ARTICLE_STATE)

    @rule(most=st.integers(1, 5))
    def turn(self, most):
        self.process(most)

    @rule(most=st.integers(1, 5), crash=st.sampled_from(Crash))
    def crash_in_a_turn(self, most, crash):
        self.process(most, crash)

    @rule()
    def catch_up(self) -> None:
        while any(self.worker.waiting(topic, at) for topic, at in product(Normalizer.inputs, (0, 1))):
            self.process(5)

    def process(self, most: int, crash: Crash | None = None) -> None:
        self.sound = False
        turn = self.worker.turn(most, crash)
        written = defaultdict(list)
        for message, outcome in zip(turn.messages, turn.outcomes, strict=True):
            key, page = self.sent[message.topic, message.partition, message.offset]
            expected = self.known[key].see(page, self.reader.version)
            self.calm.append(record_of(message))
            (calm_outcome,) = self.calm.run(self.normalizer)
            self.calm.take(message.topic)
            assert outcome == calm_outcome
            assert (outcome.key, outcome.fate) == (key, expected.fate), outcome
            effects = {topic: self.calm.take(topic) for topic in Normalizer.outputs}
            self.check_effects(key, page, expected, effects)
            for topic, messages in effects.items():
                written[topic] += messages
        for topic in Normalizer.outputs:
            assert same([each for each in turn.written if each.topic == topic]) == same(written[topic])
        for key in {self.sent[each.topic, each.partition, each.offset][0] for each in turn.messages}:
            self.check_history(key)
        self.sound = True

    def last_state(self, key: str) -> ArticleState | None:
        values = [each.value for each in self.worker.logs[ARTICLE_STATE] if each.key == key.encode()]
        return parse(ArticleState, values[-1]) if values and values[-1] else None

    def check_effects(self, key: str, page: Page, expected: Expected, effects: dict[Topic, list[Message]]) -> None:
        """One message, one fate, and exactly the records that go with it."""
        if expected.event is None:
            assert not effects[ARTICLES] + effects[REVISIONS]
        else:
            (article,), (revision,) = effects[ARTICLES], effects[REVISIONS]
            number = expected.event["revision"]
            assert (article.key, revision.key) == (key.encode(), f"{key}@{number}".encode())
            assert (article.value, article.headers) == (revision.value, revision.headers)
            assert dict(article.headers)["ce_lane"] == page.lane.encode()
            self.check_event(json.loads(article.value or b""), page, expected.event)
        if expected.fate == "rejected":
            (rejection,) = [decode(each).data for each in effects[REJECTED]]
            assert isinstance(rejection, Rejection)
            assert rejection.reason == expected.reason
        else:
            assert not effects[REJECTED]
        if expected.fate == "quarantined":
            (kept,) = effects[QUARANTINE]
            assert (kept.key, kept.value) == (key.encode(), page.body)
        else:
            assert not effects[QUARANTINE]
        changes = {f"{expected.left}|{key}": "leaves"} if expected.left else {}
        changes |= {f"{expected.joined}|{key}": "joins"} if expected.joined else {}
        told = [(str(each.key, "utf-8"), "joins" if each.value else "leaves") for each in effects[MEMBERS]]
        assert told == list(changes.items())
        assert len(effects[ARTICLE_STATE]) <= 1

    def check_event(self, event: dict[str, object], page: Page, expected: dict[str, object]) -> None:
        assert {name: event[name] for name in expected} == expected
        assert event["date_fetched"] == page.date_fetched
        assert event["page"]["sha256"] == digest(page)
        if expected["change"] != "withdrawn":
            content = {name: event[name] for name in CONTENT}
            assert self.hashes.setdefault(str(event["content_hash"]), content) == content
            assert [name for name, other in self.hashes.items() if other == content] == [event["content_hash"]]

    def check_history(self, key: str) -> None:
        """What the topics say of an article, all together."""
        known = self.known[key]
        logs = {
            topic: [each for each in self.worker.logs[topic] if (each.key or b"").decode().split("@")[0] == key]
            for topic in (ARTICLES, REVISIONS, ARTICLE_STATE)
        }
        revisions = [decode(each).data for each in logs[REVISIONS]]
        assert [each.key for each in logs[REVISIONS]] == [f"{key}@{at + 1}".encode() for at in range(known.revision)]
        assert [each.value for each in logs[ARTICLES]] == [each.value for each in logs[REVISIONS]]
        for before, after in pairwise(revisions):
            assert isinstance(before, Article | Withdrawn)
            assert isinstance(after, Article | Withdrawn)
            assert (before.content_hash, type(before)) != (after.content_hash, type(after))
        states = [each.value for each in logs[ARTICLE_STATE]]
        assert all(before != after for before, after in pairwise(states))
        expected = known.state()
        if expected is None:
            assert not states
            return
        state, last = json.loads(states[-1] or b""), revisions[-1]
        assert {name: state[name] for name in expected} == expected
        assert set(state["field_hashes"]) == CONTENT
        assert isinstance(last, Article | Withdrawn)
        assert (state["revision"], state["content_hash"]) == (last.revision, last.content_hash)
        if known.status != "taken_down":
            assert known.status == ("published" if isinstance(last, Article) else "withdrawn")
        self.check_membership(key, last)

    def check_membership(self, key: str, last: Article | Withdrawn) -> None:
        """An article that stands is a member of its story and of no other."""
        folded = {each.key: each.value for each in self.worker.logs[MEMBERS]}
        stands = {str(at, "utf-8"): value for at, value in folded.items() if value and at.endswith(b"|" + key.encode())}
        if isinstance(last, Withdrawn):
            assert not stands
            return
        ((at, value),) = stands.items()
        member = parse(Membership, value)
        assert at == f"{last.story_id}|{key}"
        assert (member.article_id, member.url, member.headline) == (key, last.canonical_url, last.headline)
        assert member.origin.article_id == last.story_id


TestPagesInAnyOrder = PagesInAnyOrder.TestCase
TestPagesInAnyOrder.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


# Order ---------------------------------------------------------------------------------------------------------------

NO_LOSS = st.tuples(
    st.sampled_from(ADDRESSES[PORTAL]),
    st.sampled_from(TIMES),
    st.sampled_from(Lane),
    LONG | st.just("broken") | st.just("unsupported_content"),
)


@settings(max_examples=60, deadline=None, derandomize=False, print_blob=True)
@given(st.lists(NO_LOSS, min_size=2, max_size=4))
def test_where_no_page_is_a_loss_any_order_ends_in_the_same_content_and_status(
    given_pages: list[tuple[str, str | None, Lane, Shown | str]],
) -> None:
    pages = [page_of(PORTAL, url, at, lane, body_of(shows=shows)) for url, at, lane, shows in given_pages]
    ends = set()
    for order in permutations(pages):
        stream = MemoryStream(2)
        fates = Counter[str]()
        for page in order:
            stream.append(page_record(page, PORTAL, "/test/spiders"))
            fates.update(each.fate for each in stream.run(Normalizer("/test/normalizer", Reader())))
        assert fates["pending"] == 0
        states = [parse(ArticleState, each.value or b"") for each in stream.take(ARTICLE_STATE)]
        ends.add((states[-1].content_hash, states[-1].status, states[-1].block_ids) if states else None)
    assert len(ends) == 1
