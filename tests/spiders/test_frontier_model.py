"""The frontier against a dictionary, through restarts: nothing due is lost, and nothing done is due too soon."""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from crawl_parts import HOUR, NOON, Opened, id_of, state, vietnam
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dongtin.events import Lane
from dongtin.publishers import Address
from spiders import schedule
from spiders.frontier import Answer, Visit
from spiders.schedule import Known, Rank

ADDRESSES = [vietnam(slug, language) for slug in ("mot-tin", "hai-tin") for language in ("vi", "en", "ja")]
addresses = st.sampled_from(ADDRESSES)
lanes = st.sampled_from([Lane.LIVE, Lane.BACKFILL])


@dataclass(frozen=True)
class Line:
    """What the model knows of an address."""

    known: Known
    failures: int = 0
    retry: float = 0.0
    is_erased: bool = False
    first_seen: float = 0.0
    is_outright: bool = False
    """It has failed three times in a row since it last gave its validators."""

    @property
    def due(self) -> float | None:
        if self.is_erased:
            return None
        return self.retry if self.failures else schedule.next_visit(self.known)


class FrontierMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.opened = Opened(self.folder, "vietnam.vn")
        self.now = NOON.timestamp()
        self.lines: dict[str, Line] = {}
        self.unknown: set[str] = set()
        """Erased before anything else was heard of them."""
        self.busy: dict[str, Visit] = {}

    def teardown(self) -> None:
        self.opened.database.close()
        shutil.rmtree(self.folder)

    @rule(seconds=st.sampled_from([1.0, 60.0, 600.0, HOUR, 24 * HOUR, 8 * 24 * HOUR]))
    def time_goes_on(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def it_is_killed(self) -> None:
        self.opened = self.opened.again()
        self.busy.clear()

    @rule(address=addresses, lane=lanes, modified_ago=st.none() | st.sampled_from([0.0, HOUR]))
    def it_is_found(self, address: Address, lane: Lane, modified_ago: float | None) -> None:
        modified = None if modified_ago is None else self.now - modified_ago
        is_new = self.opened.frontier.find(address, "sitemap", lane, self.now, modified=modified)
        key = id_of(address)
        line = self.lines.get(key)
        assert is_new == (line is None and key not in self.unknown)
        if key in self.unknown:
            return
        if line is None:
            is_translation = not key.startswith("vietnam.vn/vi/")
            self.lines[key] = Line(Known(lane, is_translation, base=self.now), first_seen=self.now)
        elif lane == Lane.LIVE and line.known.lane == Lane.BACKFILL and line.known.last_fetched is None:
            self._know(key, lane=lane, base=self.now)
            self.lines[key] = replace(self.lines[key], first_seen=self.now)
        elif lane == Lane.LIVE and (wanted := schedule.shown_again(line.known, modified, self.now)) is not None:
            self._know(key, wanted=wanted)

    @rule(limit=st.integers(1, 8))
    def the_next_are_asked_for(self, limit: int) -> None:
        visits = self.opened.frontier.due(self.now, limit, self.busy)
        assert [visit.article_id for visit in visits] == self._due()[:limit]
        for visit in visits:
            known = self.lines[visit.article_id].known
            assert visit.lane == known.lane
            is_conditional = schedule.is_conditional(known) and known.last_fetched is not None
            assert (visit.etag is not None) == (is_conditional and not self.lines[visit.article_id].is_outright)
            self.busy[visit.article_id] = visit

    @precondition(lambda self: self.busy)
    @rule(data=st.data(), status=st.sampled_from([200, 200, 302, 404, 410]))
    def one_is_answered(self, data: st.DataObject, status: int) -> None:
        visit = self._of_the_busy(data)
        status = 304 if visit.etag and status == 200 else status
        etag = '"e"' if status == 200 else None
        self.opened.frontier.answered(visit, [Answer(visit.article_id, visit.url, status, etag)], self.now)
        key = visit.article_id
        self.lines[key] = replace(self.lines[key], failures=0)
        original = self.lines.get("vietnam.vn/vi/" + key.rpartition("/")[2])
        if self.lines[key].known.is_translation and self.lines[key].known.last_fetched is None and original:
            again = original.known.base + schedule.RETRANSLATED_S
            if original.known.base > original.first_seen and again > self.now:
                self._know(key, wanted=again)
        self._know(key, last_fetched=self.now)
        if status != 304:
            self._know(key, http_status=status)
            self.lines[key] = replace(self.lines[key], is_outright=False)

    @precondition(lambda self: self.busy)
    @rule(data=st.data())
    def one_fails(self, data: st.DataObject) -> None:
        key = self._of_the_busy(data).article_id
        self.opened.frontier.failed(key, self.now)
        line = self.lines[key]
        if not line.is_erased:
            failures = line.failures + 1
            is_outright = line.is_outright or failures > 2
            retry = schedule.retry(failures, self.now)
            self.lines[key] = replace(line, failures=failures, retry=retry, is_outright=is_outright)

    @precondition(lambda self: self.busy)
    @rule(data=st.data())
    def one_is_given_back(self, data: st.DataObject) -> None:
        self._of_the_busy(data)

    @rule(address=addresses, content=st.sampled_from("ab"), ago=st.sampled_from([0.0, HOUR]), is_lost=st.booleans())
    def the_workers_tell(self, address: Address, content: str, ago: float, is_lost: bool) -> None:
        seen, key = self.now - ago, id_of(address)
        pending = seen if is_lost else None
        found = state(address, content, seen=seen, pending_since=pending)
        self.opened.frontier.learn(key, found, self.now)
        line = self.lines.get(key)
        self.unknown.discard(key)
        if line is None:
            is_translation = not key.startswith("vietnam.vn/vi/")
            known = Known(Lane.LIVE, is_translation, base=seen, last_fetched=seen)
            self.lines[key] = Line(replace(known, content_hash=content, pending_since=pending), first_seen=seen)
            return
        if line.known.last_fetched is None:
            self.lines[key] = replace(line, is_erased=False)
            self._know(key, content_hash=content, pending_since=pending, last_fetched=seen, base=seen)
            return
        changed = line.known.content_hash not in (None, content)
        self.lines[key] = replace(line, is_erased=False)
        self._know(key, content_hash=content, pending_since=pending)
        if changed:
            self._know(key, base=seen)
            for other, its in self.lines.items():
                is_its = other != key and other.endswith(key.removeprefix("vietnam.vn/vi"))
                if is_its and key.startswith("vietnam.vn/vi/") and its.known.last_fetched is not None:
                    self._know(other, wanted=self.now + schedule.RETRANSLATED_S)

    @rule(address=addresses)
    def it_is_erased(self, address: Address) -> None:
        self.opened.frontier.tombstone(id_of(address), self.now)
        if id_of(address) not in self.lines:
            self.unknown.add(id_of(address))
        if line := self.lines.get(id_of(address)):
            self.lines[id_of(address)] = replace(line, is_erased=True, failures=0)
            self._know(id_of(address), content_hash=None, pending_since=None)

    @invariant()
    def the_next_is_due_when_the_model_says(self) -> None:
        dues = [line.due for key, line in self.lines.items() if key not in self.busy and line.due is not None]
        assert self.opened.frontier.next_due(self.busy) == min(dues, default=None)

    @invariant()
    def what_is_due_is_what_the_model_says(self) -> None:
        due = [visit.article_id for visit in self.opened.frontier.due(self.now, 100, self.busy)]
        assert due == self._due()

    def _due(self) -> list[str]:
        due = [
            (schedule.rank(line.known), line.due, key)
            for key, line in self.lines.items()
            if key not in self.busy and line.due is not None and line.due <= self.now
        ]
        assert all(isinstance(rank, Rank) for rank, _, _ in due)
        return [key for _, _, key in sorted(due)]

    def _of_the_busy(self, data: st.DataObject) -> Visit:
        return self.busy.pop(data.draw(st.sampled_from(sorted(self.busy))))

    def _know(self, key: str, **changes: object) -> None:
        line = self.lines[key]
        self.lines[key] = replace(line, known=replace(line.known, **changes))  # type: ignore[arg-type]


TestFrontier = FrontierMachine.TestCase
TestFrontier.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
