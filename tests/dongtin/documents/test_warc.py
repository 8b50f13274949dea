"""WARC files: each response that counts is a page, and what is cut, huge or corrupt is told and bounded."""

import gzip
import json
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from dongtin.documents import Inventory, find_documents, warc_bytes
from dongtin.events import Page

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # Of warcio's writer.

URL = "https://thanhnien.vn/cau-moi-185250117194334368.htm"
KEY = "thanhnien.vn/185250117194334368"
HTML = b"<html><body><p>Tin</p></body></html>"


def only(inventory: Inventory) -> tuple[str, Page]:
    assert not inventory.unreadable
    (document,) = inventory.documents
    return document.load()


def warc(
    path: Path, *responses: tuple[str, str, dict[str, str], bytes], metadata: dict[str, str] | None = None
) -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=path.suffix == ".gz")
        for url, status, headers, body in responses:
            http = StatusAndHeaders(status, list(headers.items()), protocol="HTTP/1.1")
            record = writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                http_headers=http,
                warc_headers_dict={"WARC-Date": "2025-01-17T12:00:00Z"},
            )
            writer.write_record(record)
            if metadata:
                about = {"WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID")}
                said = BytesIO(json.dumps(metadata).encode())
                writer.write_record(
                    writer.create_warc_record(
                        url, "metadata", payload=said, warc_content_type="application/json", warc_headers_dict=about
                    )
                )
    return path


@pytest.mark.parametrize("name", ["pages.warc", "pages.warc.gz"])
def test_the_responses_of_a_warc_are_pages(tmp_path: Path, name: str) -> None:
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip", "ETag": "x"}
    other = "https://www.vietnam.vn/en/cau-moi"
    path = warc(
        tmp_path / name,
        (URL, "200 OK", packed, gzip.compress(HTML)),
        (other, "404 Not Found", {"Content-Type": "text/html"}, b"gone"),
        (URL, "503 Busy", {}, b""),
        (other, "301 Moved", {"Location": "/"}, b""),
    )
    inventory = find_documents([path], None)
    assert inventory.skipped == {"status 503": 1}
    pages = dict(each.load() for each in inventory.documents if each.load()[1].status != 301)
    assert pages[KEY].body == HTML
    assert (pages[KEY].etag, pages[KEY].date_fetched) == ("x", "2025-01-17T12:00:00Z")
    assert pages["vietnam.vn/en/cau-moi"].body == b""
    (moved,) = [page for _, page in (each.load() for each in inventory.documents) if page.status == 301]
    assert moved.final_url == "https://www.vietnam.vn/"


def test_our_metadata_adds_what_was_asked_for(tmp_path: Path) -> None:
    asked = URL.replace("https", "http")
    path = warc(
        tmp_path / "a.warc.gz",
        (URL, "200 OK", {"Content-Type": "text/html"}, HTML),
        metadata={"requested_url": asked, "discovery": "feed"},
    )
    _, page = only(find_documents([path], None))
    assert (page.requested_url, page.final_url, page.discovery) == (asked, URL, "feed")


def test_a_bomb_in_a_warc_is_told(tmp_path: Path) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    path = warc(tmp_path / "a.warc", (URL, "200 OK", {"Content-Encoding": "gzip"}, bomb), (URL, "200 OK", {}, HTML))
    inventory = find_documents([path], None)
    (told,) = inventory.unreadable
    assert told.reason == "too large: at most 4,000,000 bytes are read"
    assert len(inventory.documents) == 1


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(HTML)),
        ({"Content-Encoding": "x-gzip"}, gzip.compress(HTML[:9]) + gzip.compress(HTML[9:])),
        ({"Content-Encoding": "deflate"}, zlib.compress(HTML)),
        ({"Content-Encoding": "deflate"}, zlib.compress(HTML, wbits=-15)),
        ({"Content-Encoding": "br"}, brotli.compress(HTML)),
        ({"Content-Encoding": "zstd"}, zstandard.compress(HTML)),
        ({"Transfer-Encoding": "chunked"}, b"9\r\n" + HTML[:9] + b"\r\n1b;x=y\r\n" + HTML[9:] + b"\r\n0\r\n\r\n"),
        ({"Content-Encoding": "gzip"}, HTML),  # Writers of archives decode, and leave the header.
        ({"Transfer-Encoding": "chunked"}, HTML),
        ({}, HTML),
    ],
)
def test_a_body_is_decoded(tmp_path: Path, headers: dict[str, str], body: bytes) -> None:
    assert only(find_documents([warc(tmp_path / "a.warc", (URL, "200 OK", headers, body))], None))[1].body == HTML


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(HTML)[:-9], "its content is cut"),
        ({"Content-Encoding": "gzip"}, b"\x1f\x8b\x08" + b"\xff" * 30, "its gzip content is corrupt"),
        ({"Content-Encoding": "br"}, brotli.compress(HTML)[:-2], "its content is cut"),
        ({"Content-Encoding": "br"}, b"\0" + HTML, "its content is not br"),
        ({"Content-Encoding": "zstd"}, zstandard.compress(HTML)[:-2], "its content is cut"),
        ({"Content-Encoding": "compress"}, HTML, "the content coding 'compress' is not read"),
        ({"Content-Encoding": "gzip,gzip,gzip,gzip"}, HTML, "4 content codings, one over the other"),
        ({"Transfer-Encoding": "chunked"}, b"ffffffff\r\n" + HTML, "its content is cut"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_told(
    tmp_path: Path, headers: dict[str, str], body: bytes, reason: str
) -> None:
    (told,) = find_documents([warc(tmp_path / "a.warc", (URL, "200 OK", headers, body))], None).unreadable
    assert told.reason == reason


def test_records_of_one_gzip_member_are_loaded_without_inflating_all_of_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [f"<p>{number} {'Tin ' * number}</p>".encode() for number in range(200)]
    urls = [f"https://thanhnien.vn/tin-185250117194334{number + 100}.htm" for number in range(200)]
    answers = [(url, "200 OK", {"Content-Type": "text/html"}, body) for url, body in zip(urls, bodies, strict=True)]
    plain = warc(tmp_path / "pages.warc", *answers).read_bytes()
    (tmp_path / "one.warc.gz").write_bytes(gzip.compress(plain))
    monkeypatch.setattr(warc_bytes, "MARK_BYTES", 4_096)
    documents = find_documents([tmp_path / "one.warc.gz"], None).documents
    read: list[int] = []
    monkeypatch.setattr(warc_bytes, "BLOCK_BYTES", 512)
    whole = warc_bytes.ArchiveBytes.read
    monkeypatch.setattr(
        warc_bytes.ArchiveBytes, "read", lambda self, limit: (got := whole(self, limit), read.append(len(got)))[0]
    )
    assert {page.final_url: page.body for _, page in (document.load() for document in reversed(documents))} == dict(
        zip(urls, bodies, strict=True)
    )
    assert sum(read) < 200 * (4_096 + 2 * 1_024) + sum(map(len, bodies))


def test_a_head_without_an_end_is_read_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(b"WARC/1.1\r\n" + b"A" * 100_000_000))
    tracemalloc.start()
    (told,) = find_documents([path], None).unreadable
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "more than 262,144 bytes of headers" in told.reason
    assert peak < 20_000_000


def test_a_file_that_is_no_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(HTML)
    (tmp_path / "b.warc.gz").write_bytes(b"")
    assert len(find_documents([tmp_path], None).unreadable) == 2


@pytest.mark.parametrize("name", ["cut.warc", "cut.warc.gz"])
def test_what_was_readable_of_a_cut_warc_counts(tmp_path: Path, name: str) -> None:
    path = warc(tmp_path / name, *[(URL, "200 OK", {"Content-Type": "text/html"}, HTML + b"x" * 3000)] * 3)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 4 // 5])
    inventory = find_documents([path], None)
    assert len(inventory.documents) == 2
    assert "cut" in inventory.unreadable[0].reason


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from(["a.warc", "a.warc.gz", "a.html", "a.txt"]))
def test_any_bytes_are_a_document_or_a_line(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    for document in find_documents([tmp_path / name], None).documents:
        document.load()
    (tmp_path / "b.warc").write_bytes(b"WARC/1.0\r\nWARC-Type: response\r\n" + content)
    find_documents([tmp_path / "b.warc"], None)
