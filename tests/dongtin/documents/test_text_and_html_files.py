"""Text files and bare HTML files: what they give, and what is refused, in a line and without waiting."""

import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.documents import Unreadable, find_documents
from dongtin.documents.declared import declared_address
from dongtin.documents.files import FILE_BYTES
from dongtin.errors import DocumentUnreadable
from dongtin.events import Lane, Page

ARTICLE = "https://thanhnien.vn/mot-hai-ba-185250117194334368.htm"
KEY = "thanhnien.vn/185250117194334368"


def only(path: Path, url: str | None = None) -> tuple[str, Page]:
    inventory = find_documents([path], url)
    assert inventory.unreadable == []
    (document,) = inventory.documents
    return document.load()


def reason(path: Path, url: str | None = None) -> str:
    inventory = find_documents([path], url)
    assert inventory.documents == []
    (unreadable,) = inventory.unreadable
    assert "\n" not in unreadable.name + unreadable.reason
    return unreadable.reason


@pytest.mark.parametrize("body", [b"", "Một, hai, ba\n".encode(), b"\xff\xfe\x00"])
def test_a_text_file_is_a_page_without_address_and_time(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a.TXT").write_bytes(body)
    key, page = only(tmp_path / "a.TXT")
    assert key == f"text/{hashlib.sha256(body).hexdigest()[:16]}"
    assert page == Page(body, "text/plain; charset=utf-8", lane=Lane.BACKFILL)


def test_a_page_may_have_four_million_bytes_and_no_more(tmp_path: Path) -> None:
    for name, size in (("a.txt", FILE_BYTES), ("b.txt", FILE_BYTES + 1), ("c.html", 10**13)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    assert len(only(tmp_path / "a.txt")[1].body) == FILE_BYTES
    assert reason(tmp_path / "b.txt") == "too large: 16,000,001 bytes, and at most 16,000,000 are read"
    assert reason(tmp_path / "c.html", ARTICLE).startswith("too large: 10,000,000,000,000 bytes")


def test_an_html_file_is_at_the_given_address(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b'<link rel="canonical" href="https://example.com/b"><p>Tin')
    key, page = only(tmp_path / "a.html", ARTICLE)
    assert key == KEY
    assert page == Page(
        (tmp_path / "a.html").read_bytes(),
        "text/html",
        requested_url=ARTICLE,
        final_url=ARTICLE,
        status=200,
        publisher="thanhnien.vn",
        lane=Lane.BACKFILL,
    )


def test_an_html_file_is_at_the_address_that_it_declares(tmp_path: Path) -> None:
    (tmp_path / "a.htm").write_text(f'<head><link rel="canonical" href="{ARTICLE}"></head><p>Tin')
    key, page = only(tmp_path / "a.htm")
    assert (key, page.final_url, page.publisher) == (KEY, ARTICLE, "thanhnien.vn")


def test_an_html_file_without_an_address_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"<p>Tin")
    assert reason(tmp_path / "a.html") == "no address: the page declares none, give --url"
    assert reason(tmp_path / "a.html", "ftp://thanhnien.vn/a") == "not an http address: 'ftp://thanhnien.vn/a'"


@pytest.mark.parametrize(
    ("head", "address"),
    [
        (f"<link href='{ARTICLE}' REL='Shortlink Canonical'>", ARTICLE),
        (f'<meta property="og:url" content=" {ARTICLE} ">', ARTICLE),
        (f'<meta name="og:url" content="{ARTICLE}">', ARTICLE),
        (f'<meta property="og:url" content="{ARTICLE}"><link rel=canonical href="https://a.vn/b">', "https://a.vn/b"),
        (f'<link rel=canonical href="https://thanhnien.vn/"><meta property="og:url" content="{ARTICLE}">', ARTICLE),
        ('<link rel=canonical href="https://thanhnien.vn/">', "https://thanhnien.vn/"),
        ('<link rel=canonical href="https://vi.vn/tin-tức">', "https://vi.vn/tin-tức"),
        (f'<link rel=canonical href="/a-185250117194334368.htm"><meta property="og:url" content="{ARTICLE}">', ARTICLE),
        (f"<!-- <link rel=canonical href='{ARTICLE}'> -->", None),
        (f"<script>'<link rel=canonical href={ARTICLE}>'</script>", None),
        ('<link rel=canonical href="javascript:alert(1)"><link rel=canonical>', None),
        (f"{' ' * 300_000}<link rel=canonical href='{ARTICLE}'>", None),
    ],
)
def test_the_first_declared_address_of_an_article_counts(head: str, address: str | None) -> None:
    assert declared_address(f"<html><head>{head}</head><p>Tin".encode()) == address


def test_a_page_in_utf_16_declares_its_address_too() -> None:
    assert declared_address(f"<link rel=canonical href='{ARTICLE}'>".encode("utf-16")) == ARTICLE


@given(st.binary(max_size=400) | st.text("<>&;!-=\"'/ \0linkmetarel=canonicalhref", max_size=200).map(str.encode))
@settings(derandomize=True, deadline=None)
def test_any_bytes_declare_an_address_or_none(body: bytes) -> None:
    assert declared_address(body) is None or isinstance(declared_address(body), str)


def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo.txt")
    (tmp_path / "device.txt").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)  # The address of a socket has 107 bytes at most.
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.txt")
        inventory = find_documents([tmp_path], None)
    assert inventory.documents == []
    assert inventory.unreadable == [
        Unreadable(str(tmp_path / name), "not a regular file") for name in ("device.txt", "fifo.txt", "socket.txt")
    ]


def test_a_file_of_the_kernel_whose_size_is_not_told_is_read_within_bounds(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("/proc/self/status")
    assert b"Pid:" in find_documents([tmp_path / "a.txt"], None).documents[0].load()[1].body


def test_a_path_that_leads_nowhere_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    (tmp_path / "broken.txt").symlink_to("missing")
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    assert reason(tmp_path / "missing.txt") == "No such file or directory"
    assert reason(tmp_path / "a.txt" / "b.txt") == "Not a directory"
    assert reason(tmp_path / "broken.txt") == "a link to what is not there"
    assert reason(tmp_path / "loop.txt") == "Too many levels of symbolic links"
    assert reason(tmp_path / "nul\0.txt") == "not a path of a file"

    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert reason(tmp_path / "a.txt") == "Permission denied"


def test_a_file_of_another_kind_counts_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_bytes(b"{}")
    (tmp_path / "a.txt").write_bytes(b"a")
    assert reason(tmp_path / "expected.json").startswith("no document that dongtin knows: .txt")
    inventory = find_documents([tmp_path], None)
    assert len(inventory.documents) == 1
    assert inventory.unreadable == []


def test_a_name_of_any_bytes_is_told_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\n\xff\x1b[31m.html")
    path.write_bytes(b"")
    (unreadable,) = find_documents([path], None).unreadable
    assert unreadable.name == str(tmp_path / r"a\n\udcff\x1b[31m.html")


def test_a_document_that_went_away_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    (document,) = find_documents([tmp_path], None).documents
    (tmp_path / "a.txt").unlink()
    with pytest.raises(DocumentUnreadable, match="No such file"):
        document.load()
