"""Every page has exactly one fate, and the records that go with it."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.codec import decode, page_record
from dongtin.errors import ReaderDied, ReaderTimeout, ReaderUnavailable
from dongtin.events import Article, Evidence, Fate, Lane, Membership, Page, Rejection, RelationType, Withdrawn
from dongtin.record import Message, Record
from dongtin.stream.base import Outcome
from dongtin.stream.memory import MemoryStream, MemoryTables
from dongtin.topics import (
    ARTICLE_STATE,
    ARTICLES,
    MEMBERS,
    PAGES,
    QUARANTINE,
    REJECTED,
    REVISIONS,
    TOPICS,
    Topic,
    partition,
)
from processors.arrival import Arrival
from processors.changes import Shows
from processors.look import look
from processors.pipeline import Look, Normalizer
from processors.reader import Reader

URL = "https://thanhnien.vn/cau-moi-185250117194334368.htm"
KEY = "thanhnien.vn/185250117194334368"
OTHER = "https://thanhnien.vn/bai-khac-185250118000000001.htm"
HOME = "https://thanhnien.vn/"
NOON, AN_HOUR_LATER = "2025-01-17T12:00:00Z", "2025-01-17T13:00:00Z"


def html(*paragraphs: str, title: str = "Cầu mới", head: str = "") -> bytes:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    head = f"<head><title>{title}</title>{head}</head>"
    return f'<html lang="vi">{head}<body><article>{body}</article></body></html>'.encode()


PARAGRAPHS = [
    f"Đoạn thứ {number} của bài nói về cây cầu mới bắc qua sông, nơi người dân hai bên bờ chờ đợi đã nhiều năm nay."
    for number in ("nhất", "hai", "ba", "tư", "năm", "sáu")
]
PAGE = Page(html(*PARAGRAPHS), "text/html; charset=utf-8", URL, URL, 200, NOON, "thanhnien.vn")


class Pipeline:
    """A normalizer on a stream in memory."""

    def __init__(self) -> None:
        self.stream = MemoryStream(4)
        self.normalizer = Normalizer("/test/normalizer", look)

    def page(self, page: Page, key: str = KEY) -> Outcome:
        return self.record(page_record(page, key, "/test/spiders"))

    def record(self, record: Record) -> Outcome:
        self.stream.append(record)
        (outcome,) = self.stream.run(self.normalizer)
        return outcome

    def data(self, topic: Topic) -> list[object]:
        return [decode(message).data for message in self.stream.take(topic)]


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_an_article_goes_out_with_revision_state_and_membership(pipeline: Pipeline) -> None:
    assert pipeline.page(PAGE).fate == Fate.PUBLISHED
    (article,), (revision,) = pipeline.stream.take(ARTICLES), pipeline.stream.take(REVISIONS)
    assert (article.key, revision.key) == (KEY.encode(), f"{KEY}@1".encode())
    assert (article.value, article.headers) == (revision.value, revision.headers)
    headers = dict(article.headers)
    assert headers["ce_lane"] == b"live"
    assert headers["ce_time"] == NOON.encode()
    assert "ce_cause" not in headers
    (member,) = pipeline.data(MEMBERS)
    assert isinstance(member, Membership)
    assert (member.relation, member.origin.article_id, member.origin.date_created) == (
        None,
        KEY,
        "2025-01-17T19:43:34.368+07:00",
    )
    assert len(pipeline.stream.take(ARTICLE_STATE)) == 1


def test_the_same_page_again_writes_nothing(pipeline: Pipeline) -> None:
    pipeline.page(PAGE)
    for topic in TOPICS:
        pipeline.stream.take(topic)
    assert pipeline.page(PAGE).fate == Fate.UNCHANGED
    assert not any(pipeline.stream.take(topic) for topic in TOPICS if topic != PAGES)


def test_a_translation_names_its_vietnamese_page(pipeline: Pipeline) -> None:
    url = "https://www.vietnam.vn/en/cau-moi-bac-qua-song"
    text = "The new bridge over the river has been awaited by the people on both banks for many years, they say."
    page = replace(PAGE, body=html(*[f"{text} Part {n}." for n in range(5)]), final_url=url, requested_url=url)
    pipeline.page(page, "vietnam.vn/en/cau-moi-bac-qua-song")
    (article,) = pipeline.data(ARTICLES)
    assert isinstance(article, Article)
    assert article.story_id == "vietnam.vn/vi/cau-moi-bac-qua-song"
    assert article.machine_translated is True
    (relation,) = article.relations
    assert (relation.type, relation.evidence) == (RelationType.TRANSLATION_OF, Evidence.SAME_SLUG)


def test_a_canonical_address_elsewhere_is_the_origin(pipeline: Pipeline) -> None:
    head = '<link rel="canonical" href="https://tuoitre.vn/cau-moi-20250117194334368.htm?utm_source=x">'
    pipeline.page(replace(PAGE, body=html(*PARAGRAPHS, head=head)))
    (article,) = pipeline.data(ARTICLES)
    assert isinstance(article, Article)
    assert article.story_id == "tuoitre.vn/20250117194334368"
    assert article.relations[0].evidence == Evidence.DECLARED_CANONICAL
    assert article.origin is not None
    assert article.origin.url == "https://tuoitre.vn/cau-moi-20250117194334368.htm"


def test_an_article_that_declares_an_origin_later_changes_its_story(pipeline: Pipeline) -> None:
    pipeline.page(PAGE)
    pipeline.stream.take(MEMBERS)
    head = '<link rel="canonical" href="https://tuoitre.vn/cau-moi-20250117194334368.htm">'
    outcome = pipeline.page(replace(PAGE, body=html(*PARAGRAPHS, head=head), date_fetched=AN_HOUR_LATER))
    assert outcome.fate == Fate.PUBLISHED
    leave, join = pipeline.stream.take(MEMBERS)
    assert (leave.key, leave.value) == (f"{KEY}|{KEY}".encode(), None)
    assert join.key == f"tuoitre.vn/20250117194334368|{KEY}".encode()


def test_a_withdrawn_article_leaves_its_story(pipeline: Pipeline) -> None:
    pipeline.page(PAGE)
    pipeline.stream.take(MEMBERS)
    gone = replace(PAGE, status=404, body=b"", date_fetched=NOON.replace("17T12", "18T12"))
    assert pipeline.page(gone).fate == Fate.PENDING
    assert pipeline.page(replace(gone, date_fetched="2025-01-19T12:00:00Z")).fate == Fate.PUBLISHED
    _, withdrawn = pipeline.data(ARTICLES)
    assert isinstance(withdrawn, Withdrawn)
    assert withdrawn.reason == "gone"
    (leave,) = pipeline.stream.take(MEMBERS)
    assert leave.value is None


def test_what_comes_back_in_another_story_left_the_old_one_once(pipeline: Pipeline) -> None:
    pipeline.page(PAGE)
    pipeline.page(replace(PAGE, status=301, body=b"", final_url=OTHER, date_fetched="2025-01-17T12:30:00Z"))
    pipeline.stream.take(MEMBERS)
    head = '<link rel="canonical" href="https://tuoitre.vn/cau-moi-20250117194334368.htm">'
    assert (
        pipeline.page(replace(PAGE, body=html(*PARAGRAPHS, head=head), date_fetched=AN_HOUR_LATER)).fate == "published"
    )
    (join,) = pipeline.stream.take(MEMBERS)
    assert join.key == f"tuoitre.vn/20250117194334368|{KEY}".encode()


@pytest.mark.parametrize(
    ("asked", "answered", "fate"),
    [
        ("https://vjs.vietnam.vn/cau-moi", "https://www.vietnam.vn/bai-khac", Fate.STALE),
        ("https://www.vietnam.vn/cau-moi", "https://vjs.vietnam.vn/bai-khac", Fate.PUBLISHED),
    ],
)
def test_a_redirect_ranks_by_the_host_that_was_asked(pipeline: Pipeline, asked: str, answered: str, fate: Fate) -> None:
    """A mirror that redirects takes nothing away from the main host, wherever it leads."""
    address = "https://www.vietnam.vn/cau-moi"
    pipeline.page(replace(PAGE, requested_url=address, final_url=address), "vietnam.vn/vi/cau-moi")
    moved = replace(PAGE, requested_url=asked, final_url=answered, status=301, body=b"", date_fetched=AN_HOUR_LATER)
    assert pipeline.page(moved, "vietnam.vn/vi/cau-moi").fate == fate


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ((b'"status":"published"', b'"status":"embargoed"'), "status unknown to this version: embargoed"),
        ((b'"pending":null', b'"pending":{"kind":"shrunk","since":null}'), "loss unknown to this version: shrunk"),
        ((b'"date_fetched":"2025-01-17T12:00:00Z"', b'"date_fetched":"noon"'), "not RFC 3339: 'noon'"),
        ((b'"revision":1', b'"revision":null'), "not a ArticleState: revision"),
        ((b'"}', b""), "not JSON"),
    ],
)
def test_a_state_that_this_version_cannot_read_is_never_guessed_at(change: tuple[bytes, bytes], error: str) -> None:
    """The page waits in quarantine, whatever it shows, and the state stays as it is."""
    pipeline = Pipeline()
    pipeline.page(PAGE)
    (state,) = pipeline.stream.take(ARTICLE_STATE)
    assert state.value is not None
    assert change[0] in state.value
    tables = MemoryTables()
    tables.apply(ARTICLE_STATE, state.key, state.value.replace(*change))
    gone = page_record(replace(PAGE, status=404, body=b"", date_fetched=AN_HOUR_LATER), KEY, "/s")
    edited = page_record(replace(PAGE, body=html(*PARAGRAPHS[:5]), date_fetched=AN_HOUR_LATER), KEY, "/s")
    for record in (gone, edited):
        message = Message(PAGES, partition(record.key or b"", 4), 4, 0, record.key, record.value, record.headers)
        result = pipeline.normalizer.process([message], tables)
        assert [each.topic for each in result.records] == [QUARANTINE]
        headers = dict(result.records[0].headers)
        assert headers["__connect.errors.exception.class.name"] == b"dongtin.errors.DecodeError"
        assert error in headers["__connect.errors.exception.message"].decode()
    assert tables.get(ARTICLE_STATE, KEY) == state.value.replace(*change)


def test_a_permanent_redirect_moves_the_article(pipeline: Pipeline) -> None:
    pipeline.page(PAGE)
    pipeline.page(replace(PAGE, status=301, body=b"", final_url=OTHER, date_fetched=AN_HOUR_LATER))
    _, withdrawn = pipeline.data(ARTICLES)
    assert isinstance(withdrawn, Withdrawn)
    assert (withdrawn.reason, withdrawn.moved_to) == ("moved", "thanhnien.vn/185250118000000001")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (replace(PAGE, status=404, body=b""), "gone_before_seen"),
        (replace(PAGE, status=410, body=b""), "gone_before_seen"),
        (replace(PAGE, status=301, body=b"", final_url=OTHER), "gone_before_seen"),
        (replace(PAGE, final_url=HOME), "not_an_article"),
        (replace(PAGE, status=301, body=b"", final_url=HOME), "not_an_article"),
        (replace(PAGE, status=503), "unsupported_content"),
        (replace(PAGE, content_type="image/png"), "unsupported_content"),
        (replace(PAGE, content_type="text/plain; charset=utf-8"), "unsupported_content"),
        (replace(PAGE, body=b""), "empty_body"),
        (replace(PAGE, body=b"<html><body><script>1</script></body></html>"), "empty_body"),
        (replace(PAGE, body=b"\x1f\x8b broken"), "unsupported_content"),
    ],
)
def test_what_gives_no_article_is_rejected_with_its_reason(pipeline: Pipeline, page: Page, reason: str) -> None:
    outcome = pipeline.page(page)
    assert outcome.fate == Fate.REJECTED
    (rejection,) = pipeline.data(REJECTED)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.publisher_id) == (reason, "thanhnien.vn")
    assert not pipeline.stream.take(ARTICLE_STATE)


def test_unsupported_content_leaves_a_known_article_alone(pipeline: Pipeline) -> None:
    pipeline.page(PAGE)
    later = replace(PAGE, date_fetched=AN_HOUR_LATER, content_type="application/pdf")
    assert pipeline.page(later).fate == Fate.REJECTED
    assert pipeline.page(replace(PAGE, date_fetched="2025-01-17T12:30:00Z")).fate == Fate.UNCHANGED


def text_record(body: bytes, key: str | None = None) -> Record:
    page = Page(body, "text/plain; charset=utf-8", lane=Lane.BACKFILL)
    return page_record(page, key or f"text/{sha256(body).hexdigest()[:16]}", "/test/replay")


def moved(record: Record, key: bytes | None) -> Record:
    return replace(record, key=key)


def with_header(record: Record, name: str, value: bytes) -> Record:
    others = tuple(header for header in record.headers if header[0] != name)
    return replace(record, headers=(*others, (name, value)))


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (moved(page_record(PAGE, KEY, "/s"), b"thanhnien.vn/1"), "WrongKey"),
        (moved(page_record(PAGE, KEY, "/s"), None), "WrongKey"),
        (moved(page_record(PAGE, KEY, "/s"), b"\xff"), "WrongKey"),
        (replace(page_record(PAGE, KEY, "/s"), partition_key=b"elsewhere?"), "WrongKey"),
        (text_record(b"Tin", "text/0000000000000000"), "WrongKey"),
        (page_record(replace(PAGE, date_fetched="yesterday"), KEY, "/s"), "DecodeError"),
        (replace(page_record(PAGE, KEY, "/s"), value=None), "DecodeError"),
        (replace(page_record(PAGE, KEY, "/s"), headers=()), "DecodeError"),
        (with_header(page_record(PAGE, KEY, "/s"), "ce_type", b"dongtin.page.fetched.v2"), "DecodeError"),
        (with_header(page_record(PAGE, KEY, "/s"), "ce_dataschema", b"urn:dongtin:schema:page:v2"), "DecodeError"),
    ],
)
def test_what_breaks_the_contract_is_quarantined_whole(pipeline: Pipeline, record: Record, error: str) -> None:
    outcome = pipeline.record(record)
    assert outcome.fate == Fate.QUARANTINED
    (kept,) = pipeline.stream.take(QUARANTINE)
    assert (kept.key, kept.value) == (record.key, record.value)
    assert kept.headers[: len(record.headers)] == record.headers
    assert dict(kept.headers)["__connect.errors.exception.class.name"] == f"dongtin.errors.{error}".encode()


HUGE = b"x" * 30_000_000


@pytest.mark.parametrize(
    "record",
    [
        replace(text_record(HUGE), headers=()),
        replace(with_header(page_record(PAGE, KEY, "/s"), "x-huge", HUGE), value=None),
        replace(page_record(PAGE, KEY, "/s"), key=HUGE, partition_key=HUGE),
        Record(PAGES, HUGE, HUGE, (("x-huge", HUGE),), b""),
    ],
    ids=["value", "headers", "key", "all"],
)
def test_a_message_larger_than_the_quarantine_takes_is_cut_and_says_so(pipeline: Pipeline, record: Record) -> None:
    assert pipeline.record(record).fate == Fate.QUARANTINED
    (kept,) = pipeline.stream.take(QUARANTINE)
    assert Record(QUARANTINE, kept.key, kept.value, kept.headers, b"").size <= QUARANTINE.max_bytes
    headers, value = dict(kept.headers), record.value or b""
    assert headers["dongtin.original.bytes"] == str(len(value)).encode()
    assert headers["dongtin.original.sha256"] == sha256(value).hexdigest().encode()
    assert value.startswith(kept.value or b"")
    assert headers["__connect.errors.offset"].isdigit()


def test_an_article_that_its_topic_would_refuse_is_quarantined(pipeline: Pipeline) -> None:
    paragraph = "Một đoạn văn dài. " * 200 + "\n\n"
    body = (paragraph * (3_900_000 // len(paragraph.encode()))).encode()
    outcome = pipeline.record(text_record(body))
    assert outcome.fate == Fate.QUARANTINED
    assert outcome.detail is not None
    assert "RecordTooLarge" in outcome.detail
    assert not pipeline.stream.take(ARTICLE_STATE)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=3000), st.sampled_from(["text", "html", "nothing"]))
def test_any_bytes_have_one_fate(body: bytes, kind: str) -> None:
    pipeline = Pipeline()
    if kind == "text":
        outcome = pipeline.record(text_record(body))
    else:
        content_type = "text/html" if kind == "html" else None
        outcome = pipeline.page(replace(PAGE, body=body, content_type=content_type))
    assert outcome.fate in (Fate.PUBLISHED, Fate.REJECTED), outcome


def test_a_batch_sees_its_own_writes() -> None:
    """Two pages of one article in one batch: the second is measured against the first."""
    normalizer, tables = Normalizer("/test/normalizer", look), MemoryTables()
    record = page_record(PAGE, KEY, "/s")
    at = partition(record.partition_key, 4)
    messages = [Message(PAGES, at, 4, offset, record.key, record.value, record.headers) for offset in (0, 1)]
    fates = [outcome.fate for outcome in normalizer.process(messages, tables).outcomes]
    assert fates == [Fate.PUBLISHED, Fate.UNCHANGED]


def test_what_is_expected_is_begun_in_order_and_changes_nothing() -> None:
    """Also where a message cannot be taken in, and where another comes than was expected."""
    pages = [replace(PAGE, body=html(*PARAGRAPHS, title=f"Cầu {number}")) for number in range(6)]
    records = [page_record(page, KEY, "/test/spiders") for page in pages]
    records[2] = replace(records[2], key=b"another")
    messages = [Message(PAGES, partition(each.key, 4), 4, 0, each.key, each.value, each.headers) for each in records]
    messages[4] = replace(messages[4], headers=())
    plain, tables, ahead_tables = Normalizer("/test/normalizer", look), MemoryTables(), MemoryTables()
    with Reader() as reader:
        ahead = Normalizer("/test/normalizer", reader.look, ahead=reader)
        for at, message in enumerate(messages):
            ahead.expect(messages[at : at + 2] if at != 3 else [message, messages[0]])
            found, expected = ahead.process([message], ahead_tables), plain.process([message], tables)
            assert (found.records, found.outcomes) == (expected.records, expected.outcomes)
        ahead.expect(())


def failing(error: Exception) -> Look:
    def look(arrival: Arrival) -> Shows:
        raise error

    return look


def arrived() -> Message:
    record = page_record(PAGE, KEY, "/test/spiders")
    return Message(record.topic, partition(record.key, 4), 4, 0, record.key, record.value, record.headers)


@pytest.mark.parametrize(
    "error", [ReaderDied("read twice: SIGSEGV; SIGSEGV"), ReaderTimeout("read twice: over 5 s; over 5 s")]
)
def test_a_page_that_ends_its_reader_is_quarantined_whole(error: Exception) -> None:
    result = Normalizer("/test/normalizer", failing(error)).process([arrived()], MemoryTables())
    (record,) = result.records
    assert (record.topic, record.key, record.value) == (QUARANTINE, KEY.encode(), PAGE.body)
    assert dict(record.headers)["__connect.errors.exception.message"] == str(error).encode()
    assert result.outcomes[0].fate == Fate.QUARANTINED


def test_without_a_reader_the_worker_stops_and_no_page_is_blamed() -> None:
    with pytest.raises(ReaderUnavailable):
        Normalizer("/test/normalizer", failing(ReaderUnavailable("none starts"))).process([arrived()], MemoryTables())
