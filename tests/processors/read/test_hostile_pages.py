"""Whatever bytes come as a page, it has one fate, and never that of our own failure."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.codec import load_json, page_record
from dongtin.documents import find_documents
from dongtin.events import Fate, Page
from dongtin.publishers import page_key
from dongtin.stream.memory import MemoryStream
from dongtin.topics import PAGE_BYTES, REJECTED
from processors.look import look
from processors.pipeline import Normalizer

ADDRESSES = (
    "https://thanhnien.vn/cau-moi-185250117194334368.htm",
    "https://www.vietnam.vn/en/cau-moi-qua-song",
    "https://bao.example/cau-moi",
)
SENTENCE = "Người dân hai bên bờ sông đã chờ đợi cây cầu này từ nhiều năm nay, theo lời kể của những người lớn tuổi. "
BODY = f"<h1>Cầu mới</h1><div class='detail-content afcbc-body post-detail-body' data-role=content>{f'<p>{SENTENCE}</p>' * 6}</div>"  # noqa: E501  # one element
ARTICLE = f"<html lang=vi><head><title>Cầu mới</title></head><body><article>{BODY}</article></body></html>"
BROKEN_JSON_LD = '{"@type": "NewsArticle", "headline": "' + '\\"' * 40_000 + ', "datePublished": '


def fate(
    body: bytes, url: str = ADDRESSES[0], content_type: str = "text/html; charset=utf-8"
) -> tuple[str, str | None]:
    """The fate of a page, and the reason of its rejection."""
    page = Page(body, content_type, url, url, 200, "2025-01-17T12:00:00Z")
    stream = MemoryStream()
    stream.append(page_record(page, page_key(url, url, 200), "/test/spiders"))
    (outcome,) = stream.run(Normalizer("/test/normalizer", look))
    rejected = stream.take(REJECTED)
    assert outcome.fate in (Fate.PUBLISHED, Fate.REJECTED), outcome.detail
    return outcome.fate, load_json(rejected[0].value or b"")["reason"] if rejected else None


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_body"),
        (b" \r\n\t ", "empty_body"),
        (json.dumps({"html": ARTICLE}).encode(), "unsupported_content"),
        (b"[]", "unsupported_content"),
        (b"Not found", "unsupported_content"),
        (b"<?xml version='1.0'?><rss><channel><title>Tin</title></channel></rss>", "unsupported_content"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), "unsupported_content"),
        (b"\x1f\x8b" + bytes(100), "unsupported_content"),
        (gzip.compress(b"a" * (PAGE_BYTES + 1)), "unsupported_content"),
        (ARTICLE.encode() + b" " * 5_000_000, "unsupported_content"),
        (ARTICLE.replace("</article>", "<i></i>" * 60_000 + "</article>").encode(), "unsupported_content"),
        (ARTICLE.replace("<h1>", "<div>" * 20_000 + "<h1>").encode(), "unsupported_content"),
    ],
    ids=[
        "nothing",
        "space",
        "json",
        "list",
        "text",
        "feed",
        "picture",
        "no gzip",
        "gzip bomb",
        "5 MB",
        "elements",
        "deep",
    ],
)
def test_what_is_no_page_is_rejected_with_its_reason(body: bytes, reason: str, url: str) -> None:
    assert fate(body, url) == (Fate.REJECTED, reason)


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize(
    "markup",
    [
        ARTICLE,
        ARTICLE.replace("lượ", "l\0ượ").replace("<p>", "\0<p>"),
        ARTICLE[: ARTICLE.rindex("Người dân") + 60],
        ARTICLE[: ARTICLE.rindex("</p>") + 2],
        ARTICLE.replace("</head>", f"<script type='application/ld+json'>{BROKEN_JSON_LD}</script></head>"),
        ARTICLE.replace("<html", "<!DOCTYPE html [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><html").replace(
            "<p>", "<p>&b;"
        ),
        ARTICLE.replace("</article>", "<!-- <p>Bình luận</p> " * 1_000 + "--></article>"),
        ARTICLE.replace("<body>", "<body " + " ".join(f"a{n}=1" for n in range(2_000)) + ">"),
        ARTICLE.replace("<p>", "<p>" + "<b>" * 60),
        ARTICLE.replace("</article>", "</div>" * 5_000 + "</article>"),
    ],
    ids=[
        "whole",
        "null bytes",
        "cut text",
        "cut tag",
        "json-ld",
        "entities",
        "comments",
        "attributes",
        "unclosed",
        "closed",
    ],
)
def test_a_hurt_page_still_gives_its_article(markup: str, url: str) -> None:
    assert fate(markup.encode(), url) == (Fate.PUBLISHED, None)


def test_gzip_under_another_name_is_unpacked_once() -> None:
    assert fate(gzip.compress(ARTICLE.encode())) == (Fate.PUBLISHED, None)
    assert fate(gzip.compress(gzip.compress(ARTICLE.encode()))) == (Fate.REJECTED, "unsupported_content")


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=2_000), st.sampled_from(ADDRESSES), st.sampled_from(["text/html", "text/html; charset=utf-16"])
)
def test_any_bytes_have_a_fate(body: bytes, url: str, content_type: str) -> None:
    fate(body, url, content_type)


PIECES = [
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<li>",
    "<ul>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<figure>",
    "<img>",
    "</figure>",
    "<!--",
    "-->",
    "<blockquote>",
    "<br>",
    "<h1>",
    "</h1>",
    "<div/class=post-detail-body>",
    "<div/data-role=content/class=afcbc-body>",
    "<script/type=application/ld+json>{",
    "</script>",
    "<a/href='https://thanhnien.vn/a-185250117194334368.htm'>",
    "&#0;",
    "&#xd800;",
    "\u202e",
    "Nguồn:",
    "<",
    ">",
    "'",
    "<div/class=VCSortableInPreviewMode/type=Photo>",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, SENTENCE]), max_size=40).map("".join), st.sampled_from(ADDRESSES))
def test_any_markup_has_a_fate(markup: str, url: str) -> None:
    fate(markup.encode(), url)


@cache
def golden_body() -> bytes:
    case = Path(__file__).parents[2] / "golden" / "thanhnien" / "article-full"
    return find_documents([case], None).documents[0].load()[1].body


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 60_000), st.integers(0, 40), st.binary(max_size=20))
def test_a_page_with_bytes_cut_out_or_put_in_has_a_fate(at: int, removed: int, put_in: bytes) -> None:
    body = golden_body()
    fate(body[:at] + put_in + body[at + removed :])
