"""The linker: one story for each original, the same members the same bytes, and nothing when nothing changed."""

from dataclasses import replace
from itertools import permutations

import pytest

from dongtin.codec import decode, member_record
from dongtin.events import Evidence, Membership, Origin, RelationType, Story
from dongtin.record import Record
from dongtin.stream.memory import MemoryStream
from dongtin.topics import MEMBERS, QUARANTINE, STORIES
from processors.stories import Linker, tell

STORY = "thanhnien.vn/185250117194334368"
URL = "https://thanhnien.vn/x-185250117194334368.htm"


def member(article_id: str, language: str, *, url: str | None = URL, name: str | None = None) -> Membership:
    origin = Origin(STORY, url, name, None)
    return Membership(
        article_id,
        language,
        None,
        "vietnam.vn",
        RelationType.TRANSLATION_OF,
        Evidence.DECLARED_LINK,
        True,
        f"headline {language}",
        None,
        origin,
    )


ENGLISH = member("vietnam.vn/en/x", "en", name="Báo Thanh niên")
JAPANESE = member("vietnam.vn/ja/x", "ja", url=None, name="TNO")
ORIGINAL = Membership(
    STORY, "vi", URL, "thanhnien.vn", None, None, False, "Tin", None, Origin(STORY, URL, "Báo Thanh Niên", None)
)


def run(stream: MemoryStream, *records: Record) -> list[Story | None]:
    for record in records:
        stream.append(record)
    stream.run(Linker("/test/linker"))
    stories = [decode(message).data for message in stream.take(STORIES)]
    assert all(story is None or isinstance(story, Story) for story in stories)
    return stories  # type: ignore[return-value]  # narrowed above


def joins(each: Membership) -> Record:
    return member_record(STORY, each.article_id, each, "/test/normalizer")


def leaves(each: Membership) -> Record:
    return member_record(STORY, each.article_id, None, "/test/normalizer")


def test_members_are_sorted_and_languages_gathered() -> None:
    (story,) = run(MemoryStream(), joins(JAPANESE), joins(ENGLISH))
    assert story is not None
    assert [each.article_id for each in story.members] == ["vietnam.vn/en/x", "vietnam.vn/ja/x"]
    assert story.languages == ("en", "ja")
    assert story.origin == Origin(STORY, URL, "Báo Thanh niên", None)


def test_any_order_of_joining_ends_in_the_same_bytes() -> None:
    ends = set()
    for order in permutations([ENGLISH, JAPANESE, ORIGINAL]):
        stream = MemoryStream()
        linker = Linker("/test/linker")
        for each in order:
            stream.append(joins(each))
            stream.run(linker)
        ends.add(stream.take(STORIES)[-1].value)
    assert len(ends) == 1


def test_the_same_member_again_publishes_nothing() -> None:
    stream = MemoryStream()
    assert len(run(stream, joins(ENGLISH))) == 1
    assert run(stream, joins(ENGLISH)) == []


def test_the_original_once_seen_speaks_for_itself() -> None:
    (story,) = run(MemoryStream(), joins(ENGLISH), joins(ORIGINAL))
    assert story is not None
    assert story.origin == ORIGINAL.origin


def test_when_a_member_leaves_its_word_about_the_original_leaves_too() -> None:
    stream = MemoryStream()
    run(stream, joins(ENGLISH), joins(JAPANESE))
    (story,) = run(stream, leaves(ENGLISH))
    assert story is not None
    assert story.origin == Origin(STORY, None, "TNO", None)


def test_a_story_without_members_is_a_tombstone() -> None:
    stream = MemoryStream()
    run(stream, joins(ENGLISH))
    assert run(stream, leaves(ENGLISH)) == [None]
    assert run(stream, leaves(ENGLISH)) == []


def test_what_is_no_member_goes_to_quarantine_and_the_story_goes_on() -> None:
    stream = MemoryStream()
    broken = replace(joins(JAPANESE), value=b'{"article_id": "viet')
    stories = run(stream, joins(ENGLISH), broken)
    assert [story and len(story.members) for story in stories] == [1]
    (kept,) = stream.take(QUARANTINE)
    assert (kept.key, kept.value) == (broken.key, broken.value)


def test_tell_needs_no_order() -> None:
    assert tell(STORY, [JAPANESE, ENGLISH]) == tell(STORY, [ENGLISH, JAPANESE])


def test_a_member_record_is_partitioned_by_its_story() -> None:
    record = joins(ENGLISH)
    assert (record.topic, record.partition_key) == (MEMBERS, STORY.encode())


def test_a_member_whose_record_breaks_is_told_no_more_and_at_once() -> None:
    """As it would be after the topic is compacted: the story is what its members' last records make it."""
    stream = MemoryStream()
    run(stream, joins(ENGLISH), joins(JAPANESE))
    (story,) = run(stream, replace(joins(JAPANESE), value=b'{"article_id": "viet'))
    assert story is not None
    assert [each.article_id for each in story.members] == [ENGLISH.article_id]
    assert len(stream.take(QUARANTINE)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        replace(joins(JAPANESE), value=joins(ENGLISH).value),
        replace(joins(JAPANESE), key=b"\xff|vietnam.vn/ja/x"),
        replace(joins(JAPANESE), key=STORY.encode()),
        replace(joins(JAPANESE), partition_key=b"elsewhere?"),
        replace(joins(JAPANESE), headers=(("ce_dataschema", b"urn:dongtin:schema:member:v2"),)),
    ],
)
def test_a_record_of_another_article_or_in_another_place_is_quarantined(broken: Record) -> None:
    stream = MemoryStream()
    run(stream, joins(ENGLISH))
    assert run(stream, broken) == []
    (kept,) = stream.take(QUARANTINE)
    assert (kept.key, kept.value) == (broken.key, broken.value)


def test_a_story_that_its_topic_would_refuse_stays_as_it_was() -> None:
    """And the linker goes on: the member that made it too large waits in quarantine."""
    stream = MemoryStream()
    run(stream, joins(ENGLISH))
    large = replace(JAPANESE, headline="x" * STORIES.max_bytes)
    assert run(stream, joins(large)) == []
    (kept,) = stream.take(QUARANTINE)
    assert kept.key == joins(large).key
    (story,) = run(stream, joins(JAPANESE))
    assert story is not None
    assert len(story.members) == 2
