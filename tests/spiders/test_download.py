"""What a server may do to us, and where it may send us: each has an end, a bound and a word."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
import zstandard
from loopback_web import Asked, LoopbackWeb, Reply, loopback_web, reply
from wanderer import Wandering, wander

from dongtin.topics import PAGE_BYTES

HOST = "http://thanhnien.vn"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = "".join(f"<p>Đoạn {number} của bài.</p>" for number in range(300)).encode()
SENT_AT_MOST = 40_000_000
"""What an endless answer has sent when it is hung up on: our limit, and what the sockets of this machine hold."""


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    with loopback_web() as served:
        yield served


def slowly(first: bytes, piece: bytes = b"a") -> Iterator[bytes]:
    yield first
    for _ in range(600):
        time.sleep(0.1)
        yield piece


def endlessly(first: bytes, piece: bytes) -> Iterator[bytes]:
    yield first
    for _ in range(1_000_000_000 // len(piece)):
        yield piece


def bomb() -> bytes:
    return bytes(PAGE_BYTES + 1)


ANSWERS = {
    "/trickling-status": (lambda: slowly(b"HTTP/1.1 2"), "timeout"),
    "/trickling-header": (lambda: slowly(HEAD, b"X-Header: a\r\n"), "timeout"),
    "/trickling-body": (lambda: slowly(HEAD + b"Content-Length: 4000\r\n\r\n"), "timeout"),
    "/trickling-chunks": (lambda: slowly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"), "timeout"),
    "/silent": (lambda: slowly(b"", b""), "timeout"),
    "/endless-body": (lambda: endlessly(HEAD + b"\r\n", bytes(65536)), "too_large"),
    "/endless-line": (lambda: endlessly(HEAD + b"X-Header: ", b"a" * 65536), "too_large"),
    "/endless-header": (lambda: endlessly(HEAD, b"X-Header: a\r\n" * 5000), "too_large"),
    "/endless-continuation": (lambda: endlessly(HEAD + b"X-Header: a\r\n", b" a\r\n" * 5000), "too_large"),
    "/endless-100": (lambda: endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "too_large"),
    "/header-of-1-mb": (lambda: reply(200, b"", ("X-Header", "a" * 1_000_000)), "too_large"),
    "/1-mb-of-headers": (lambda: reply(200, b"", *[("X-Header", "a" * 1000)] * 1000), "too_large"),
    "/large-header": (lambda: reply(200, b"", *[("X-Header", "a" * 1000)] * 60), "200"),
    "/gzip-bomb": (lambda: reply(200, gzip.compress(bomb()), ("Content-Encoding", "gzip")), "too_large"),
    "/brotli-bomb": (lambda: reply(200, brotli.compress(bomb()), ("Content-Encoding", "br")), "too_large"),
    "/zstd-bomb": (lambda: reply(200, zstandard.compress(bomb()), ("Content-Encoding", "zstd")), "too_large"),
    "/gzip-in-gzip": (
        lambda: reply(200, gzip.compress(gzip.compress(bomb())), ("Content-Encoding", "gzip, gzip")),
        "too_large",
    ),
    "/whole-gzip": (lambda: reply(200, gzip.compress(PAGE), ("Content-Encoding", "gzip")), "200"),
    "/cut-gzip": (lambda: reply(200, gzip.compress(PAGE)[:-10], ("Content-Encoding", "gzip")), "cut"),
    "/cut-brotli": (lambda: reply(200, brotli.compress(PAGE)[:-10], ("Content-Encoding", "br")), "cut"),
    "/no-gzip": (lambda: reply(200, PAGE, ("Content-Encoding", "gzip")), "undecoded"),
    "/a-thousand-codings": (lambda: reply(200, PAGE, ("Content-Encoding", ", ".join(["br"] * 1000))), "undecoded"),
    "/gone-in-cut-gzip": (lambda: reply(404, gzip.compress(PAGE)[:-10], ("Content-Encoding", "gzip")), "404"),
    "/cut": (lambda: [HEAD + b"Content-Length: 4000\r\n\r\na"], "cut"),
    "/no-http": (lambda: [b"SSH-2.0-OpenSSH_9.0\r\n\r\n"], "no_answer"),
    "/last": (lambda: reply(200, b"the last"), "200"),
}


def test_each_answer_has_an_end_a_bound_and_a_word(web: LoopbackWeb, tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        path = asked.url.removeprefix(HOST)
        return ANSWERS[path][0]() if path in ANSWERS else reply(404)

    web.answer = answer
    urls = [HOST + path for path in ANSWERS]
    outcomes = wander(web, tmp_path, *urls, DOWNLOAD_TIMEOUT="2", RETRY_TIMES="0", DOWNLOAD_MAXSIZE=str(PAGE_BYTES))
    assert outcomes == {HOST + path: outcome for path, (_, outcome) in ANSWERS.items()}
    assert web.sent < SENT_AT_MOST


@pytest.mark.parametrize("coding", ["gzip", "rot13"])
def test_rules_of_which_a_part_came_allow_nothing(web: LoopbackWeb, tmp_path: Path, coding: str) -> None:
    rules = gzip.compress(b"User-agent: *\nDisallow: /a\n" + b"# and more\n" * 100 + b"Disallow: /b\n")[:-10]
    web.answer = lambda asked: reply(200, rules if "robots" in asked.url else PAGE, ("Content-Encoding", coding))
    assert wander(web, tmp_path, f"{HOST}/b", RETRY_TIMES="0") == {f"{HOST}/b": "robots_unavailable"}
    assert web.count(f"{HOST}/b") == 0


def test_a_header_that_is_too_large_is_asked_for_once(web: LoopbackWeb, tmp_path: Path) -> None:
    web.answer = lambda asked: reply(200, b"", ("X-Header", "a" * 1_000_000)) if asked.url[-1] == "a" else reply(404)
    assert wander(web, tmp_path, f"{HOST}/a", RETRY_TIMES="2") == {f"{HOST}/a": "too_large"}
    assert web.count(f"{HOST}/a") == 1


TARGETS = (
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::1]/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://thanhnien.vn:22/",
    "http://thanhnien.vn:8080/",
    "http://reader:secret@thanhnien.vn/",
)


def test_no_redirect_leads_out_of_the_public_web(web: LoopbackWeb, tmp_path: Path) -> None:
    """Here every name leads to this machine; Scrapy follows, and the handler does not."""
    targets = {f"{HOST}/{number}": target for number, target in enumerate(TARGETS)}
    web.answer = lambda asked: reply(302, b"", ("Location", targets[asked.url])) if asked.url in targets else reply(404)
    outcomes = wander(web, tmp_path, *targets)
    assert outcomes == dict.fromkeys(targets, "forbidden_address")
    assert {asked.headers["Host"] for asked in web.log} == {"thanhnien.vn"}
    assert len(web.log) == 1 + len(TARGETS)


def test_no_redirect_leads_out_of_the_web(web: LoopbackWeb, tmp_path: Path) -> None:
    """Scrapy follows no such redirect: it is an answer of status 302. Nor is such an address asked for otherwise."""
    targets = ["file:///etc/passwd", "ftp://thanhnien.vn/", "data:text/html,a", "s3://a/b"]
    moved = {f"{HOST}/{number}": target for number, target in enumerate(targets)}
    web.answer = lambda asked: (
        reply(302, b"moved", ("Location", moved[asked.url])) if asked.url in moved else reply(404)
    )
    outcomes = wander(web, tmp_path, *moved, *targets)
    assert outcomes == dict.fromkeys(moved, "bad_status") | dict.fromkeys(targets, "forbidden_address")


def test_a_name_that_leads_to_a_private_address_is_not_asked(web: LoopbackWeb, tmp_path: Path) -> None:
    """The project's own resolver; the hosts file of every machine has this name."""
    url = "http://localhost/"
    wandering = Wandering(web, tmp_path, url, TWISTED_DNS_RESOLVER="spiders.resolver.PublicAddresses")
    assert wandering.outcomes() == {url: "forbidden_address"}
    assert "localhost is at " in wandering.why[url]
