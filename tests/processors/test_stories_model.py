"""Any sequence of member records, bad ones, batches and crashes: a story is what its members as they stand make it."""

import json
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise, permutations

from crashing_worker import Crash, CrashingWorker
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from dongtin.codec import member_record
from dongtin.events import Evidence, Membership, Origin, RelationType
from dongtin.record import Message, Record
from dongtin.stream.memory import MemoryStream
from dongtin.topics import MEMBERS, QUARANTINE, STORIES, partition
from processors.stories import Linker

STORIES_TOLD = ("thanhnien.vn/185250117194334368", "tuoitre.vn/20250117194334368")
ARTICLES = (*STORIES_TOLD, "vietnam.vn/en/cau-moi", "vietnam.vn/ja/cau-moi", "vietnam.vn/vi/cầu-mới")
PARTITIONS = 2
SAID = st.sampled_from([None, "A", "B"])


def member(article_id: str, story_id: str, language: str | None, words: tuple[str | None, ...]) -> Membership:
    url, name, created, headline = words
    own = article_id == story_id
    return Membership(
        article_id,
        language,
        url,
        article_id.split("/")[0],
        None if own else RelationType.TRANSLATION_OF,
        None if own else Evidence.DECLARED_LINK,
        None if own else True,
        headline,
        None,
        Origin(story_id, url, name, created),
    )


MEMBERS_SAY = st.builds(
    member,
    st.sampled_from(ARTICLES),
    st.sampled_from(STORIES_TOLD),
    st.sampled_from([None, "en", "ja", "vi"]),
    st.tuples(SAID, SAID, SAID, SAID),
)


def joins(says: Membership) -> Record:
    return member_record(says.origin.article_id, says.article_id, says, "/test/normalizer")


def leaves(story_id: str, article_id: str) -> Record:
    return member_record(story_id, article_id, None, "/test/normalizer")


def expected_story(story_id: str, records: dict[str, bytes | None]) -> dict[str, object] | None:
    """DESIGN.md, Story: from the last record of each member's key. One that cannot be read is no member."""
    members = []
    for key, value in sorted(records.items()):
        story, _, article_id = key.partition("|")
        if story == story_id and value and (says := readable(value)) and says["article_id"] == article_id:
            members.append(says)
    if not members:
        return None
    own = [says["origin"] for says in members if says["article_id"] == story_id]
    origin = own[0] if own else {"article_id": story_id}
    for name in () if own else ("url", "publisher_name", "date_created"):
        known = [says["origin"][name] for says in members if says["origin"][name] is not None]
        origin[name] = known[0] if known else None
    told = [{name: value for name, value in says.items() if name != "origin"} for says in members]
    languages = sorted({says["language"] for says in members} - {None})
    return {"story_id": story_id, "origin": origin, "members": told, "languages": languages}


def readable(value: bytes) -> dict[str, dict[str, object]] | None:
    try:
        says = json.loads(value)
    except ValueError:
        return None
    return says if isinstance(says, dict) and "origin" in says else None


BROKEN_VALUES = [b"", b"[]", b"null", b'{"article_id": "viet', b"\xff", b'{"article_id": "vietnam.vn/en/cau-moi"}']
BROKEN_KEYS = [None, b"", b"|", b"thanhnien.vn/185250117194334368", b"thanhnien.vn/185250117194334368|", b"\xff|\xff"]


class MembersInAnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.worker = CrashingWorker(Linker("/test/linker"), PARTITIONS)
        self.broken: set[tuple[int, int]] = set()
        self.sound = True

    def teardown(self) -> None:
        try:
            if self.sound:
                self.catch_up()
        finally:
            self.worker.close()

    def send(self, *records: Record, broken: bool = False) -> None:
        for record in records:
            message = self.worker.append(record)
            if broken:
                self.broken.add((message.partition, message.offset))

    @rule(says=st.lists(MEMBERS_SAY, min_size=1, max_size=3))
    def join(self, says: list[Membership]) -> None:
        self.send(*map(joins, says))

    @rule(story_id=st.sampled_from(STORIES_TOLD), article_id=st.sampled_from(ARTICLES))
    def leave(self, story_id: str, article_id: str) -> None:
        self.send(leaves(story_id, article_id))

    @rule(says=MEMBERS_SAY)
    def move(self, says: Membership) -> None:
        """As the normalizer tells of an article that declares another origin: in one transaction, leave first."""
        other = next(story for story in STORIES_TOLD if story != says.origin.article_id)
        self.send(leaves(other, says.article_id), joins(says))

    @rule(back=st.integers(1, 8))
    def come_again(self, back: int) -> None:
        for message in self.worker.logs[MEMBERS][-back:][:1]:
            if (message.partition, message.offset) not in self.broken:
                story_id = (message.key or b"").split(b"|")[0]
                self.send(Record(MEMBERS, message.key, message.value, message.headers, story_id))

    @rule(says=MEMBERS_SAY, value=st.sampled_from(BROKEN_VALUES))
    def break_a_value(self, says: Membership, value: bytes) -> None:
        if says.article_id not in value.decode(errors="replace") or not value.endswith(b"}"):
            self.send(replace(joins(says), value=value), broken=True)

    @rule(says=MEMBERS_SAY, key=st.sampled_from(BROKEN_KEYS))
    def break_a_key(self, says: Membership, key: bytes | None) -> None:
        self.send(replace(joins(says), key=key), broken=True)

    @rule(says=MEMBERS_SAY, article_id=st.sampled_from(ARTICLES))
    def tell_of_another_article(self, says: Membership, article_id: str) -> None:
        if article_id != says.article_id:
            record = joins(replace(says, article_id=article_id))
            self.send(replace(record, key=joins(says).key), broken=True)

    @rule(says=MEMBERS_SAY)
    def come_by_another_partition(self, says: Membership) -> None:
        home = partition(joins(says).partition_key, PARTITIONS)
        elsewhere = next(key for key in (b"a", b"b", b"c", b"d", b"e") if partition(key, PARTITIONS) != home)
        self.send(replace(joins(says), partition_key=elsewhere), broken=True)

    @rule(cache_lost=st.booleans())
    def crash_between_turns(self, cache_lost: bool) -> None:
        self.worker.restart(cache_lost=cache_lost)

    @rule(most=st.integers(1, 6))
    def turn(self, most: int) -> None:
        self.process(most)

    @rule(most=st.integers(1, 6), crash=st.sampled_from(Crash))
    def crash_in_a_turn(self, most: int, crash: Crash) -> None:
        self.process(most, crash)

    @rule()
    def catch_up(self) -> None:
        while any(self.worker.waiting(MEMBERS, at) for at in range(PARTITIONS)):
            self.process(7)
        for story_id in STORIES_TOLD:
            self.check_story(story_id)

    def process(self, most: int, crash: Crash | None = None) -> None:
        self.sound = False
        turn = self.worker.turn(most, crash)
        bad = [each for each in turn.messages if (each.partition, each.offset) in self.broken]
        kept = [each for each in turn.written if each.topic == QUARANTINE]
        assert [(each.key, each.value) for each in kept] == [(each.key, each.value) for each in bad]
        assert [outcome.fate for outcome in turn.outcomes] == ["quarantined"] * len(bad)
        told = [(each.key or b"").decode() for each in turn.written if each.topic == STORIES]
        assert len(told) == len(set(told)), "a batch publishes a story once"
        touched = {story for each in turn.messages if (story := touched_story(each))}
        assert set(told) <= touched
        for story_id in touched:
            self.check_story(story_id)
        self.sound = True

    def check_story(self, story_id: str) -> None:
        """The last value is that of the members; and no value is published twice in a row."""
        at = partition(story_id.encode(), PARTITIONS)
        end = max(self.worker.positions[MEMBERS, at], self.worker.restored[MEMBERS, at])
        members: dict[str, bytes | None] = {}
        for each in self.worker.logs[MEMBERS]:
            if each.partition == at and each.offset < end:
                members[(each.key or b"").decode(errors="replace")] = each.value
        values = [each.value for each in self.worker.logs[STORIES] if each.key == story_id.encode()]
        assert all(before != after for before, after in pairwise([None, *values]))
        last = values[-1] if values else None
        assert (json.loads(last) if last else None) == expected_story(story_id, members)


def touched_story(message: Message) -> str | None:
    """The story whose member a record is, however broken its value; None where the key or the place is wrong."""
    for story_id in STORIES_TOLD:
        for article_id in ARTICLES:
            if message.key == f"{story_id}|{article_id}".encode():
                return story_id if message.partition == partition(story_id.encode(), PARTITIONS) else None
    return None


TestMembersInAnyOrder = MembersInAnyOrder.TestCase
TestMembersInAnyOrder.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=False, print_blob=True
)


@settings(max_examples=60, deadline=None, derandomize=False, print_blob=True)
@given(st.lists(MEMBERS_SAY, max_size=4, unique_by=lambda says: (says.origin.article_id, says.article_id)), st.data())
def test_the_same_members_give_the_same_bytes_in_any_order_and_batching(
    members: list[Membership], data: st.DataObject
) -> None:
    ends = set()
    for order in permutations(members):
        stream, linker = MemoryStream(PARTITIONS), Linker("/test/linker")
        last: dict[bytes | None, bytes | None] = defaultdict(lambda: None)
        for says in order:
            stream.append(joins(says))
            if data.draw(st.booleans()):
                stream.run(linker)
        stream.run(linker)
        last |= {message.key: message.value for message in stream.take(STORIES)}
        ends.add(tuple(sorted(last.items())))
    assert len(ends) == 1
