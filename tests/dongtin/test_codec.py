"""Events on the wire and in files: CloudEvents as they should be, and a clear error for what is none."""

import contextlib
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongtin import codec
from dongtin.errors import DecodeError
from dongtin.events import Change, Lane, Membership, Origin, Page, PageFacts, Rejection, RejectionReason, Story
from dongtin.record import Record

PAGE = Page(
    body=b"<p>Tin</p>",
    content_type="text/html; charset=utf-8",
    requested_url="http://thanhnien.vn/x-185250117194334368.htm",
    final_url="https://thanhnien.vn/x-185250117194334368.htm",
    status=200,
    date_fetched="2025-01-17T12:00:00Z",
    publisher="thanhnien.vn",
    etag='"1"',
    lane=Lane.LIVE,
)
STORY = Story("a", Origin("a", None, "Báo", None), (), ("en", "vi"))
REJECTION = Rejection(None, None, RejectionReason.EMPTY_BODY, None, PageFacts("00", None, "text/plain", 0))


@dataclass
class KafkaPython:
    """As kafka-python has it: attributes."""

    value: bytes | None
    headers: Any


class Confluent:
    """As confluent-kafka has it: methods, and None for no headers."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def value(self) -> bytes | None:
        return self._record.value

    def headers(self) -> Any:
        return list(self._record.headers) or None


def read(record: Record) -> codec.Event:
    return codec.decode(KafkaPython(record.value, list(record.headers)))


def test_a_page_comes_back_as_it_went() -> None:
    record = codec.page_record(PAGE, "thanhnien.vn/185250117194334368", "/dongtin/spiders")
    assert read(record).data == PAGE
    assert record.topic.name == "pages.v1"
    assert codec.page_record(replace(PAGE, lane=Lane.BACKFILL), "x", "/s").topic.name == "pages-backfill.v1"


def test_both_clients_records_are_decoded() -> None:
    record = codec.story_record("a", STORY, "/dongtin/linker")
    assert codec.decode(Confluent(record)) == read(record)
    assert read(record).data == STORY


def test_attributes_are_headers_and_unknown_ones_are_absent() -> None:
    headers = dict(codec.page_record(replace(PAGE, date_fetched=None), "k", "/dongtin/spiders").headers)
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"] == b"dongtin.page.fetched.v1"
    assert headers["content-type"] == b"text/html; charset=utf-8"
    assert headers["ce_subject"] == b"k"
    assert not {"ce_time", "ce_lastmodified", "ce_dataschema"} & headers.keys()


def test_a_tombstone_is_null_and_keeps_its_type() -> None:
    record = codec.story_record("a", None, "/dongtin/linker")
    assert record.value is None
    event = read(record)
    assert (event.type, event.data) == ("dongtin.story.updated.v1", None)


def test_the_id_is_a_function_of_what_is_said() -> None:
    first, second = (read(codec.story_record("a", story, "/s")).id for story in (STORY, replace(STORY, languages=())))
    assert first != second
    assert first == read(codec.story_record("a", STORY, "/s")).id
    assert first.startswith("a@")
    assert len(first) == len("a@") + 16


def test_newer_events_are_read_by_older_consumers() -> None:
    """Unknown fields are passed over, unknown enum values kept."""
    value = json.loads(codec.canonical(REJECTION)) | {"reason": "paywalled", "since": 2030}
    event = codec.decode(
        KafkaPython(json.dumps(value).encode(), list(codec.rejection_record("k", REJECTION, None, "/s").headers))
    )
    assert isinstance(event.data, Rejection)
    assert event.data.reason == "paywalled"


def test_a_structured_line_says_the_same() -> None:
    record = codec.page_record(PAGE, "k", "/dongtin/replay")
    line = json.loads(codec.json_line(record.topic, record.key, record.value, record.headers))
    assert line["topic"] == "pages.v1"
    assert (line["specversion"], line["status"], line["datacontenttype"]) == ("1.0", 200, PAGE.content_type)
    assert line["data_base64"] == "PHA+VGluPC9wPg=="
    story = codec.story_record("a", STORY, "/s")
    assert json.loads(codec.json_line(story.topic, story.key, story.value, story.headers))["data"]["story_id"] == "a"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ce_type": b"dongtin.page.fetched.v2"}, "unknown ce_type"),
        ({"ce_type": None}, "no ce_type"),
        ({"ce_id": b""}, "no ce_id"),
        ({"ce_specversion": b"0.3"}, "another CloudEvents version"),
        ({"ce_status": b"many"}, "not a page: status"),
    ],
)
def test_what_does_not_keep_the_contract_is_told(change: dict[str, bytes | None], message: str) -> None:
    headers = dict(codec.page_record(PAGE, "k", "/s").headers) | change
    with pytest.raises(DecodeError, match=message):
        codec.decode(KafkaPython(b"", [(name, value) for name, value in headers.items() if value is not None]))


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"null", b'{"story_id": 1}', b"\xff\xfe", b"[" * 2000])
def test_a_value_that_is_no_event_is_told(value: bytes) -> None:
    headers = list(codec.story_record("a", STORY, "/s").headers)
    with pytest.raises(DecodeError):
        codec.decode(KafkaPython(value, headers))


def test_a_page_has_no_tombstone() -> None:
    with pytest.raises(DecodeError, match="tombstone"):
        codec.decode(KafkaPython(None, list(codec.page_record(PAGE, "k", "/s").headers)))


@given(
    st.one_of(st.none(), st.binary()),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["ce_type", "ce_id", "ce_source", "ce_specversion", "ce_status", "content-type", "ce_revision", "x"]
            ),
            st.binary(),
        )
    ),
)
def test_any_record_is_decoded_or_told_and_can_be_printed(
    value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    with contextlib.suppress(DecodeError):
        codec.decode(KafkaPython(value, headers))
    line = codec.json_line(codec.PAGES, b"\xff", value, tuple(headers))
    assert json.loads(line)["topic"] == "pages.v1"


def test_a_member_is_partitioned_by_its_story_and_keyed_by_both() -> None:
    member = Membership("m", "en", None, None, None, None, None, None, None, Origin("s", None, None, None))
    record = codec.member_record("s", "m", member, "/n")
    assert (record.key, record.partition_key) == (b"s|m", b"s")
    assert read(record).data == member


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("dongtin.", "/dongtin/linker"), ("", "/linker"), ("a.b.", "/a.b/linker"), ("x-", "/x-/linker")],
)
def test_the_source_names_the_prefix_without_its_last_dot(prefix: str, expected: str) -> None:
    assert codec.source(prefix, "linker") == expected


def test_an_unknown_change_decodes_to_itself() -> None:
    assert Change("annotated").value == "annotated"
    assert codec.canonical(Change("annotated")) == b'"annotated"'
