"""What becomes of pages that reserve their rights, under each policy, from one page of an article to the next."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dongtin.cli.explain import command
from dongtin.codec import decode_parts, page_record
from dongtin.documents import find_documents
from dongtin.events import Article, Cause, Fate, Page, Rejection, RejectionReason, Rights
from dongtin.record import Message
from dongtin.rights import RightsPolicy, reserved
from dongtin.stream.base import Outcome
from dongtin.stream.memory import MemoryStream
from dongtin.topics import ARTICLE_STATE, ARTICLES, REJECTED
from processors.look import look
from processors.pipeline import Normalizer
from processors.rights import respecting

GOLDEN = Path(__file__).parents[1] / "golden"
RESERVED_CASE = GOLDEN / "rights" / "tdm-meta"
URL = "https://thanhnien.vn/cau-moi-185250117194334368.htm"
PAGES = sorted(path.parent for path in GOLDEN.glob("*/*/page.html"))
SENTENCES = [
    f"Đoạn thứ {number} của bài nói về cây cầu mới bắc qua sông, nơi người dân hai bên bờ chờ đợi đã nhiều năm nay."
    for number in ("nhất", "hai", "ba", "tư", "năm", "sáu")
]


def page(minute: int, sentences: list[str] = SENTENCES, url: str = URL, **headers: str) -> Page:
    text = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    html = f"<html><head><title>Cầu mới</title></head><body><article>{text}</article></body></html>"
    time = f"2025-01-17T12:{minute:02}:00Z"
    return replace(Page(html.encode(), "text/html; charset=utf-8", url, url, 200, time, "thanhnien.vn"), **headers)  # type: ignore[arg-type]  # headers are text


class Press:
    """A normalizer whose policy may change, and what it published last."""

    def __init__(self, key: str = "thanhnien.vn/185250117194334368") -> None:
        self.stream, self.key = MemoryStream(), key

    def sees(self, seen: Page, policy: RightsPolicy) -> Fate:
        self.stream.append(page_record(seen, self.key, "/test/replay"))
        (outcome,) = self.stream.run(Normalizer("/test/normalizer", respecting(policy, look)))
        return self.taken(outcome)

    def taken(self, outcome: Outcome) -> Fate:
        self.articles = [article_of(message) for message in self.stream.take(ARTICLES)]
        self.rejections = [decode_parts(each.value, each.headers).data for each in self.stream.take(REJECTED)]
        self.states = self.stream.take(ARTICLE_STATE)
        return outcome.fate


def article_of(message: Message) -> Article:
    article = decode_parts(message.value, message.headers).data
    assert isinstance(article, Article)
    return article


def test_under_reject_a_page_that_reserves_its_rights_later_leaves_the_state_alone() -> None:
    press = Press()
    press.sees(page(0), RightsPolicy.REJECT)
    assert press.sees(page(1, tdm_reservation="1"), RightsPolicy.REJECT) == Fate.REJECTED
    (rejection,) = press.rejections
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.detail) == (RejectionReason.RIGHTS_RESERVED, "tdm-reservation")
    assert (press.articles, press.states) == ([], [])
    assert press.sees(page(1, [*SENTENCES, "Một câu mới."]), RightsPolicy.REJECT) == Fate.PUBLISHED
    assert press.articles[0].revision == 2


def test_under_metadata_only_the_text_goes_at_once_and_comes_back() -> None:
    press, policy = Press(), RightsPolicy.METADATA_ONLY
    press.sees(page(0), policy)
    assert press.sees(page(1, tdm_reservation="1"), policy) == Fate.PUBLISHED
    (bare,) = press.articles
    assert (bare.revision, bare.cause, bare.body.blocks, bare.images) == (2, Cause.PUBLISHER, (), ())
    assert set(bare.changed_fields) == {"body", "rights"}
    assert bare.diff is not None
    assert (bare.diff.kept, len(bare.diff.removed)) == (0, len(SENTENCES))
    assert (bare.quality.word_count, bare.quality.coverage) == (0, None)
    assert "text_withheld" in bare.quality.flags
    assert press.sees(page(2, SENTENCES[:1] + SENTENCES[2:], tdm_reservation="1"), policy) == Fate.UNCHANGED
    assert press.sees(page(3), policy) == Fate.PUBLISHED
    (whole,) = press.articles
    assert (whole.revision, whole.cause, len(whole.body.blocks)) == (3, Cause.PUBLISHER, len(SENTENCES))
    assert "text_withheld" not in whole.quality.flags


def test_a_short_page_is_still_a_loss_where_nothing_is_withheld() -> None:
    press, policy = Press(), RightsPolicy.METADATA_ONLY
    press.sees(page(0), policy)
    assert press.sees(page(1, SENTENCES[:2]), policy) == Fate.PENDING


RESERVED = page(0, tdm_reservation="1")


@pytest.mark.parametrize(
    ("second", "cause"),
    [(RESERVED, Cause.READER), (page(5, [*SENTENCES, "Câu mới."], tdm_reservation="1"), Cause.MIXED)],
)
def test_another_policy_is_no_change_of_the_publisher(second: Page, cause: Cause) -> None:
    press = Press()
    press.sees(RESERVED, RightsPolicy.PUBLISH)
    press.sees(second, RightsPolicy.METADATA_ONLY)
    assert [article.cause for article in press.articles] == [cause]
    press.sees(replace(second, date_fetched="2025-01-17T12:30:00Z"), RightsPolicy.PUBLISH)
    assert [article.cause for article in press.articles] == [Cause.READER]


def test_a_withheld_translation_is_not_translated_anew() -> None:
    url = "https://www.vietnam.vn/en/cau-moi"
    english = ["The people on both banks of the river have waited for this bridge for many long years."] * 6
    press = Press("vietnam.vn/en/cau-moi")
    press.sees(page(0, english, url), RightsPolicy.METADATA_ONLY)
    assert press.articles[0].machine_translated
    press.sees(page(1, english, url, x_robots_tag="noai"), RightsPolicy.METADATA_ONLY)
    assert [article.cause for article in press.articles] == [Cause.PUBLISHER]


def test_a_page_that_is_gone_is_withdrawn_under_every_policy() -> None:
    gone = [Page(b"", None, URL, URL, 410, f"2025-01-17T{hour}:00:00Z", tdm_reservation="1") for hour in (13, 15)]
    for policy in RightsPolicy:
        press = Press()
        press.sees(page(0), policy)
        assert press.sees(gone[0], policy) == Fate.PENDING
        stream = press.stream
        stream.append(page_record(gone[1], press.key, "/test/replay"))
        (outcome,) = stream.run(Normalizer("/test/normalizer", respecting(policy, look)))
        assert (outcome.fate, outcome.detail) == (Fate.PUBLISHED, "withdrawn revision 2")


@pytest.mark.parametrize("case", PAGES, ids=lambda path: path.name)
def test_no_text_of_a_reserved_page_is_published(case: Path) -> None:
    """Every golden page, as if its server reserved the rights."""
    (document,) = find_documents([case], None).documents
    key, plain = document.load()
    values = {}
    for policy in RightsPolicy:
        stream = MemoryStream()
        stream.append(page_record(replace(plain, tdm_reservation="1"), key, "/test/replay"))
        stream.run(Normalizer("/test/normalizer", respecting(policy, look)))
        values[policy] = [message.value or b"" for message in stream.take(ARTICLES)]
    assert values[RightsPolicy.REJECT] == []
    assert len(values[RightsPolicy.METADATA_ONLY]) == len(values[RightsPolicy.PUBLISH])
    for whole, bare in zip(values[RightsPolicy.PUBLISH], values[RightsPolicy.METADATA_ONLY], strict=True):
        told = json.loads(bare)
        kept = {told["headline"], *told["keywords"], *told["section"], *(author["raw"] for author in told["authors"])}
        assert (told["description"], told["body"], told["images"]) == (None, {"text": "", "blocks": []}, [])
        for block in json.loads(whole)["body"]["blocks"]:
            assert block["text"] in kept or json.dumps(block["text"], ensure_ascii=False)[1:-1] not in bare.decode()


directives = st.lists(st.sampled_from(["noai", "noimageai", "noindex", "none", "dongtin: noai", "otherbot: noai"]))


@given(directives, st.sampled_from([None, True, False]))
def test_what_reserves_rights(robots: list[str], tdm: bool | None) -> None:
    counts = tdm is True or bool({"noai", "noimageai", "dongtin: noai"} & set(robots))
    assert (reserved(Rights(tuple(robots), tdm_reservation=tdm)) is not None) == counts


def test_publish_is_the_look_itself() -> None:
    assert respecting(RightsPolicy.PUBLISH, look) is look


@pytest.mark.parametrize(("policy", "fate"), [("publish", "published"), ("reject", "rejected")])
def test_explain_goes_by_the_setting(monkeypatch: pytest.MonkeyPatch, policy: str, fate: str) -> None:
    monkeypatch.setenv("DONGTIN_RIGHTS", policy)
    told = CliRunner().invoke(command, [str(RESERVED_CASE), "--format", "json"], catch_exceptions=False)
    assert json.loads(told.stdout)["fate"]["fate"] == fate
