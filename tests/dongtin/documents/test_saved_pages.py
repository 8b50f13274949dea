"""Saved pages: a folder with page.html and request.json."""

import json
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.documents import find_documents
from dongtin.events import Lane, Page

ARTICLE = "https://thanhnien.vn/mot-hai-ba-185250117194334368.htm"
RENAMED = "https://thanhnien.vn/bon-nam-sau-185250117194334368.htm"
OTHER = "https://thanhnien.vn/bay-tam-chin-185250118080000.htm"
KEY = "thanhnien.vn/185250117194334368"
BODY = b"<html><p>Tin</p></html>"

Save = Callable[[dict[str, Any]], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(request: dict[str, Any]) -> Path:
        (tmp_path / "page.html").write_bytes(BODY)
        (tmp_path / "request.json").write_text(json.dumps(request))
        return tmp_path

    return save


def only(path: Path) -> tuple[str, Page]:
    (document,) = find_documents([path], None).documents
    return document.load()


def reason(path: Path) -> str:
    inventory = find_documents([path], None)
    assert inventory.documents == []
    (unreadable,) = inventory.unreadable
    return unreadable.reason


def test_a_saved_page_says_what_its_request_says(save: Save) -> None:
    folder = save(
        {
            "url": "http://thanhnien.vn/mot-hai-ba-185250117194334368.htm",
            "final_url": ARTICLE,
            "status": 200,
            "headers": {
                "Content-Type": ["text/plain", "text/html; charset=utf-8"],
                "ETAG": '"1"',
                "last-modified": "Fri, 17 Jan 2025 05:43:34 GMT",
                "X-Robots-Tag": ["noai", "noimageai"],
                "TDM-Reservation": 1,
                "tdm-policy": "https://thanhnien.vn/tdm.json",
                "Set-Cookie": "secret",
            },
            "fetched_at": "2025-01-17T12:43:34.368+07:00",
        }
    )
    (folder / "expected.json").write_text("{}")
    (folder / "note.txt").write_text("passed over")
    assert only(folder) == (
        KEY,
        Page(
            body=BODY,
            content_type="text/html; charset=utf-8",
            requested_url="http://thanhnien.vn/mot-hai-ba-185250117194334368.htm",
            final_url=ARTICLE,
            status=200,
            date_fetched="2025-01-17T05:43:34.368Z",
            publisher="thanhnien.vn",
            etag='"1"',
            last_modified="Fri, 17 Jan 2025 05:43:34 GMT",
            x_robots_tag="noai, noimageai",
            tdm_reservation="1",
            tdm_policy="https://thanhnien.vn/tdm.json",
            lane=Lane.BACKFILL,
        ),
    )


@pytest.mark.parametrize("nothing", [{}, {"status": None, "headers": None, "fetched_at": None, "final_url": None}])
def test_an_address_is_enough(save: Save, nothing: dict[str, None]) -> None:
    key, page = only(save({"url": ARTICLE} | nothing))
    assert key == KEY
    assert (page.status, page.date_fetched, page.content_type, page.final_url) == (200, None, None, ARTICLE)


def test_headers_may_be_a_list_of_pairs_and_a_file_may_begin_with_a_mark(save: Save) -> None:
    folder = save({})
    request = {"url": ARTICLE, "headers": [["Content-Type", "text/html"], ["ETag", "x\r\nEvil: 1"]]}
    (folder / "request.json").write_text(json.dumps(request), "utf-8-sig")
    page = only(folder)[1]
    assert (page.content_type, page.etag) == ("text/html", "xEvil: 1")


@pytest.mark.parametrize(
    ("given_time", "time"),
    [
        ("2025-01-17T12:43:34+07:00", "2025-01-17T05:43:34Z"),
        ("2025-01-17t05:43:34.120z", "2025-01-17T05:43:34.120Z"),
        ("2025-01-17 05:43:34.123456789-00:00", "2025-01-17T05:43:34.123456789Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("0001-01-02T00:00:00+23:59", "0001-01-01T00:01:00Z"),
    ],
)
def test_a_fetch_time_is_brought_to_utc(save: Save, given_time: str, time: str) -> None:
    assert only(save({"url": ARTICLE, "fetched_at": given_time}))[1].date_fetched == time


@pytest.mark.parametrize(
    "time",
    [
        "",
        "yesterday",
        "2025-01-17",
        "2025-01-17T12:43:34",
        "2025-02-30T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "2025-01-17T12:43:34+0700",
        "2025-01-17T12:43:34.Z",
        "２０２５-01-17T12:43:34Z",
        "20250117T124334Z",
    ],
)
def test_what_is_no_fetch_time_is_told(save: Save, time: str) -> None:
    assert (
        reason(save({"url": ARTICLE, "fetched_at": time})) == f"request.json: fetched_at is no RFC 3339 time: {time!r}"
    )


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({}, "request.json: it names no url"),
        ({"url": 1}, "request.json: url is not text"),
        ({"url": "thanhnien.vn/a"}, "not an http address: 'thanhnien.vn/a'"),
        ({"url": ARTICLE, "final_url": "about:blank"}, "not an http address: 'about:blank'"),
        ({"url": ARTICLE, "final_url": "http://[a"}, "request.json: not an http address: 'http://[a'"),
        ({"url": ARTICLE, "status": "200"}, "request.json: status is not a number"),
        ({"url": ARTICLE, "status": True}, "request.json: status is not a number"),
        ({"url": ARTICLE, "headers": "a: b"}, "request.json: headers is not an object"),
        ({"url": ARTICLE, "headers": {"etag": "a" * 9000}}, "request.json: more than 8,000 characters of headers"),
        ({"url": ARTICLE, "fetched_at": 1737092614}, "request.json: fetched_at is not text"),
    ],
)
def test_what_a_request_gets_wrong_is_told(save: Save, request_: dict[str, Any], why: str) -> None:
    assert reason(save(request_)) == why


def test_a_request_that_is_no_object_or_too_large_is_told(save: Save) -> None:
    folder = save({})
    (folder / "request.json").write_bytes(b"[")
    assert reason(folder).startswith("request.json: not JSON")
    (folder / "request.json").write_bytes(b"[]")
    assert reason(folder) == "request.json: not an object"
    (folder / "request.json").write_bytes(b" " * 1_000_001)
    assert reason(folder).startswith("request.json: too large")


def test_a_page_without_its_bytes_is_told(save: Save) -> None:
    folder = save({"url": ARTICLE})
    (folder / "page.html").unlink()
    assert reason(folder) == "page.html: No such file or directory"


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_empty_and_needs_no_bytes(save: Save, status: int) -> None:
    folder = save({"url": ARTICLE, "status": status})
    key, page = only(folder)
    assert (key, page.body, page.status) == (KEY, b"", status)
    (folder / "page.html").unlink()
    assert only(folder) == (key, page)


@pytest.mark.parametrize("status", [301, 308])
@pytest.mark.parametrize(
    ("where", "target"),
    [
        ({"final_url": OTHER}, OTHER),
        ({"headers": {"location": "/bay-tam-chin-185250118080000.htm#a"}}, OTHER),
        ({"final_url": "https://thanhnien.vn/"}, "https://thanhnien.vn/"),
        ({"final_url": "https://example.com/a"}, "https://example.com/a"),
    ],
)
def test_an_article_that_moved_is_told_of_under_its_own_id(
    save: Save, status: int, where: dict[str, Any], target: str
) -> None:
    key, page = only(save({"url": ARTICLE, "status": status} | where))
    assert key == KEY
    assert (page.status, page.body, page.final_url, page.publisher) == (301, b"", target, "thanhnien.vn")


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"url": ARTICLE, "status": 301, "final_url": RENAMED}, "redirect that moves no article"),
        ({"url": "https://thanhnien.vn/", "status": 301, "final_url": ARTICLE}, "redirect that moves no article"),
        ({"url": ARTICLE, "status": 308}, "redirect to no address"),
        ({"url": ARTICLE, "status": 301, "final_url": "javascript:0"}, "redirect to no address"),
        ({"url": ARTICLE, "status": 302, "final_url": OTHER}, "status 302"),
        ({"url": ARTICLE, "status": 304}, "status 304"),
        ({"url": ARTICLE, "status": 503}, "status 503"),
        ({"url": ARTICLE, "status": -(10**30)}, "status -1e+30"),
    ][:-1],
)
def test_an_answer_that_gives_no_page_is_counted(save: Save, request_: dict[str, Any], why: str) -> None:
    inventory = find_documents([save(request_)], None)
    assert dict(inventory.skipped) == {why: 1}
    assert inventory.documents == []
    assert inventory.unreadable == []


@pytest.mark.parametrize(
    ("url", "final_url", "key"),
    [
        (OTHER, ARTICLE, KEY),
        (ARTICLE, "https://thanhnien.vn/", KEY),
        ("https://thanhnien.vn/thoi-su.htm", "https://thanhnien.vn/", "thanhnien.vn/thoi-su.htm"),
        (ARTICLE, RENAMED.removeprefix("https://thanhnien.vn"), KEY),
    ],
)
def test_the_key_is_the_article_that_answered_else_the_one_that_was_asked_for(
    save: Save, url: str, final_url: str, key: str
) -> None:
    assert only(save({"url": url, "final_url": final_url}))[0] == key


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
URLS = st.sampled_from([ARTICLE, OTHER, "http://[", "//", "https://thanhnien.vn/\0\ud800"]) | st.text() | ANYTHING
REQUESTS = st.fixed_dictionaries(
    {"url": URLS},
    optional={
        "final_url": URLS,
        "status": st.sampled_from([200, 301, 308, 404, 410]) | ANYTHING,
        "headers": st.dictionaries(st.sampled_from(["etag", "Location", "content-type"]), URLS) | ANYTHING,
        "fetched_at": st.datetimes().map(lambda moment: moment.isoformat() + "Z") | ANYTHING,
    },
)


@given(REQUESTS.map(lambda request: json.dumps(request).encode()) | st.binary())
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_request_is_a_page_or_a_line_or_a_count(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "page.html").write_bytes(BODY)
        Path(folder, "request.json").write_bytes(content)
        inventory = find_documents([Path(folder)], None)
        for document in inventory.documents:
            key, page = document.load()
            assert key
            kept = (page.etag or "") + (page.content_type or "")
            assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in kept)
    assert len(inventory.documents) + len(inventory.unreadable) + inventory.skipped.total() == 1
