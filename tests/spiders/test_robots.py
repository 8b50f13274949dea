"""robots.txt by RFC 9309: each answer that a host may give, over time and over a restart."""

import asyncio
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback_web import LoopbackWeb, loopback_web, reply
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from wanderer import wander

from dongtin.content_coding import ContentCut
from spiders.outcomes import BadCertificate, ForbiddenAddress, HostHeld, RobotsDisallowed, RobotsUnavailable
from spiders.pace import Pace, PaceRules
from spiders.pace_file import PaceFile
from spiders.robots import Robots, known_robots
from spiders.robots_file import ROBOTS_BYTES, Verdict, fresh_s, kept, rules_of, text_of

ROBOTS = "https://thanhnien.vn/robots.txt"
PAGE = "https://thanhnien.vn/page"
HOUR, DAY = 3600.0, 86_400.0
FORBIDS = b"User-agent: *\nDisallow: /page\n"

Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]] | Exception


@dataclass
class Host:
    """A publisher's hosts: an answer by address, and what was asked; time goes on when a test says so."""

    folder: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: float = 1_800_000_000.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = PaceFile(self.folder / "turn")
        self.pace = Pace("thanhnien.vn", file, PaceRules(), lambda: 1.0, asyncio.Event())
        self.robots = Robots("thanhnien.vn", self.folder, self.pace, self.fetch, lambda: self.now)

    async def fetch(self, url: str) -> Response:
        self.asked.append(url)
        answer = self.answers.get(url, (404, b""))
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer
        return Response(url, status=status, body=body, headers=dict(*headers))

    def verdict(self, url: str = PAGE) -> type[IgnoreRequest] | None:
        """What a request for an address comes to; None where it may be made."""
        try:
            asyncio.run(self.robots.require_allowed(url))
        except IgnoreRequest as error:
            return type(error)
        return None


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "thanhnien.vn")


@pytest.mark.parametrize(
    ("answer", "verdict", "word"),
    [
        ((200, FORBIDS), RobotsDisallowed, Verdict.RULES),
        ((200, b""), None, Verdict.RULES),
        ((200, b"<!doctype html><html><body>Disallow everything</body></html>"), None, Verdict.RULES),
        ((200, bytes(range(256)) * 100), None, Verdict.RULES),
        (ContentCut(), RobotsUnavailable, Verdict.UNREACHABLE),
        ((204, b""), None, Verdict.RULES),
        ((400, b""), None, Verdict.NO_RULES),
        ((401, b""), None, Verdict.NO_RULES),
        ((403, FORBIDS), None, Verdict.NO_RULES),
        ((404, FORBIDS), None, Verdict.NO_RULES),
        ((410, b""), None, Verdict.NO_RULES),
        ((429, b""), RobotsUnavailable, Verdict.UNREACHABLE),
        ((500, b""), RobotsUnavailable, Verdict.UNREACHABLE),
        ((503, FORBIDS), RobotsUnavailable, Verdict.UNREACHABLE),
        ((599, b""), RobotsUnavailable, Verdict.UNREACHABLE),
        ((304, b""), RobotsUnavailable, Verdict.UNREACHABLE),
        ((301, b""), RobotsUnavailable, Verdict.UNREACHABLE),
        ((302, b"", {"Location": "file:///etc/passwd"}), RobotsUnavailable, Verdict.UNREACHABLE),
        ((302, b"", {"Location": "https://example.org/robots.txt"}), RobotsUnavailable, Verdict.UNREACHABLE),
        ((302, b"", {"Location": ROBOTS}), RobotsUnavailable, Verdict.UNREACHABLE),
        (DownloadTimeoutError("30 s"), RobotsUnavailable, Verdict.UNREACHABLE),
        (OSError("no route"), RobotsUnavailable, Verdict.UNREACHABLE),
        (ForbiddenAddress("10.0.0.1"), ForbiddenAddress, Verdict.UNREACHABLE),
        (BadCertificate("self-signed"), BadCertificate, Verdict.UNREACHABLE),
        ((200, b"User-agent: *\nCrawl-delay: 3601\n"), RobotsDisallowed, Verdict.TOO_SLOW),
    ],
)
def test_each_answer_has_its_verdict(host: Host, answer: Answer, verdict: type | None, word: Verdict) -> None:
    host.answers[ROBOTS] = answer
    assert host.verdict() is verdict
    # And it is known: the second request asks for nothing.
    assert host.verdict() is verdict
    assert host.asked == [ROBOTS]
    (known,) = host.robots.known
    assert (known.url, known.verdict(host.now)) == (ROBOTS, word)
    assert known.status == (answer[0] if isinstance(answer, tuple) else None)
    assert bool(known.why) == (word == Verdict.UNREACHABLE)


def test_redirects_are_followed_five_times_within_the_publisher(host: Host) -> None:
    hosts = [ROBOTS, *(f"https://www.thanhnien.vn/robots{number}.txt" for number in range(6))]
    for here, there in pairwise(hosts):
        host.answers[here] = (301, b"", {"Location": there})
    host.answers[hosts[5]] = (200, FORBIDS)
    assert host.verdict() is RobotsDisallowed
    assert host.asked == hosts[:6]
    # Its rules are those of the host that was asked first, and of no other.
    assert host.verdict("https://www.thanhnien.vn/other") is None

    host.answers[hosts[5]] = (301, b"", {"Location": hosts[6]})
    host.answers[hosts[6]] = (200, b"")
    host.now += DAY + 1
    assert host.verdict() is RobotsUnavailable
    assert hosts[6] not in host.asked


def test_each_scheme_and_authority_has_its_own(host: Host) -> None:
    host.answers[ROBOTS] = (200, FORBIDS)
    urls = {
        "https://thanhnien.vn/page": RobotsDisallowed,
        "https://THANHNIEN.vn:443/page": RobotsDisallowed,
        "http://thanhnien.vn/page": None,
        "https://www.thanhnien.vn/page": None,
        "http://thanhnien.vn:443/page": None,
    }
    assert {url: host.verdict(url) for url in urls} == urls
    assert host.asked == [
        ROBOTS,
        "http://thanhnien.vn/robots.txt",
        "https://www.thanhnien.vn/robots.txt",
        "http://thanhnien.vn:443/robots.txt",
    ]


def test_requests_that_wait_together_ask_once_and_all_obey(host: Host) -> None:
    host.answers[ROBOTS] = (200, FORBIDS)

    async def both() -> list[Any]:
        requests = [host.robots.require_allowed(PAGE) for _ in range(3)]
        return await asyncio.gather(*requests, return_exceptions=True)

    assert [type(error) for error in asyncio.run(both())] == [RobotsDisallowed] * 3
    assert host.asked == [ROBOTS]


def test_a_copy_is_asked_for_again_after_a_day_in_a_crawl_that_goes_on(host: Host) -> None:
    host.answers[ROBOTS] = (200, FORBIDS)
    host.verdict()
    host.answers[ROBOTS] = (200, b"")
    host.now += DAY - 1
    assert host.verdict() is RobotsDisallowed
    host.now += 2
    assert host.verdict() is None
    assert len(host.asked) == 2


def test_a_shorter_max_age_is_honoured(host: Host) -> None:
    host.answers[ROBOTS] = (404, b"", {"Cache-Control": "public, max-age=1800"})
    host.verdict()
    host.now += 1799
    host.verdict()
    assert len(host.asked) == 1
    host.now += 2
    host.verdict()
    assert len(host.asked) == 2


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        (None, DAY),
        ("", DAY),
        ("public", DAY),
        ("max-age=7200", 7200),
        ("public,MAX-AGE = 7200", 7200),
        ('max-age="7200"', 7200),
        ("max-age=0", 600),
        ("no-cache", 600),
        ("max-age=9000, no-store", 600),
        ("max-age=99999999999999", DAY),
        ("max-age=-1", DAY),
        ("s-maxage=60", DAY),
    ],
)
def test_freshness_is_between_ten_minutes_and_a_day(cache_control: str | None, seconds: float) -> None:
    assert fresh_s(cache_control) == seconds


def test_while_it_cannot_be_had_a_copy_counts_until_it_is_a_day_old(host: Host) -> None:
    host.answers[ROBOTS] = (200, FORBIDS, {"Cache-Control": "max-age=3600"})
    host.verdict()
    host.answers[ROBOTS] = (503, b"")
    other = "https://thanhnien.vn/other"
    host.now += HOUR + 1
    assert host.verdict(other) is None
    assert host.verdict() is RobotsDisallowed
    assert len(host.asked) == 2
    host.now += 22.9 * HOUR
    assert host.verdict(other) is None
    host.now += 0.2 * HOUR
    assert host.verdict(other) is RobotsUnavailable
    host.answers[ROBOTS] = (404, b"")
    host.now += HOUR
    assert host.verdict() is None


def test_it_is_tried_again_later_and_later(host: Host) -> None:
    host.answers[ROBOTS] = OSError("no route")
    tries = []
    began = host.now
    for minute in range(6 * 60):
        host.now = began + minute * 60
        known = len(host.asked)
        assert host.verdict() is RobotsUnavailable
        if len(host.asked) > known:
            tries.append(minute)
    assert tries == [0, 5, 15, 35, 75, 135, 195, 255, 315]


def test_a_publisher_that_is_held_says_nothing_of_robots_txt(host: Host) -> None:
    host.answers[ROBOTS] = HostHeld("for an hour", host.now + HOUR)
    assert host.verdict() is HostHeld
    assert host.robots.known == []
    host.answers[ROBOTS] = (404, b"")
    assert host.verdict() is None


def test_a_restart_asks_for_none_that_is_fresh(host: Host) -> None:
    host.answers[ROBOTS] = (200, FORBIDS + b"Crawl-delay: 7\n")
    host.verdict()
    host.verdict("https://www.thanhnien.vn/page")
    assert len(host.asked) == 2
    host.start()
    assert host.pace.delay_s == 7
    assert host.verdict() is RobotsDisallowed
    assert host.verdict("https://www.thanhnien.vn/page") is None
    assert len(host.asked) == 2
    # What another process sees.
    assert [known.url for known, _ in kept(host.folder)] == [ROBOTS, "https://www.thanhnien.vn/robots.txt"]
    host.now += DAY + 1
    assert host.verdict() is RobotsDisallowed
    assert len(host.asked) == 3


def test_a_restart_keeps_what_a_server_said_and_forgets_that_none_answered(host: Host) -> None:
    host.answers[ROBOTS] = (503, b"")
    host.verdict()
    host.start()
    assert host.verdict() is RobotsUnavailable
    assert host.asked == [ROBOTS]

    there = "https://www.thanhnien.vn/robots.txt"
    host.answers[there] = OSError("no network")
    host.verdict("https://www.thanhnien.vn/page")
    host.answers[there] = (404, b"")
    host.start()
    assert host.verdict("https://www.thanhnien.vn/page") is None
    assert host.asked == [ROBOTS, there, there]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"{}\n", b"[]\nUser-agent: *", b'{"url": 1, "publisher": "a"}\n']
)
def test_a_damaged_file_is_as_none(host: Host, content: bytes) -> None:
    host.answers[ROBOTS] = (200, FORBIDS)
    host.verdict()
    (file,) = host.folder.glob("robots-*")
    file.write_bytes(content)
    host.start()
    assert host.verdict() is RobotsDisallowed
    assert len(host.asked) == 2


def test_a_clock_that_was_set_back_makes_a_copy_old(host: Host) -> None:
    host.answers[ROBOTS] = (404, b"")
    host.verdict()
    host.now -= HOUR
    assert host.verdict() is None
    assert len(host.asked) == 2


def test_the_largest_crawl_delay_of_the_hosts_is_kept_and_changes_with_them(host: Host) -> None:
    other = "https://www.thanhnien.vn/robots.txt"
    host.answers[ROBOTS] = (200, b"User-agent: *\nCrawl-delay: 5\n")
    host.answers[other] = (200, b"User-agent: dongtin\nCrawl-delay: 2.5\n")
    host.verdict()
    host.verdict("https://www.thanhnien.vn/page")
    assert host.pace.delay_s == 5
    host.answers[ROBOTS] = (200, b"User-agent: *\nCrawl-delay: 99999\n")
    host.now += DAY + 1
    assert host.verdict() is RobotsDisallowed
    assert host.pace.delay_s == 2.5


# The file.


def allowed(body: bytes, path: str = "/page") -> bool:
    rules = rules_of(text_of(body))
    assert rules is not None
    return rules.allowed(f"https://thanhnien.vn{path}", "dongtin")


def test_a_line_that_is_cut_at_500_kib_is_no_rule() -> None:
    head = b"User-agent: *\nDisallow: /\n"
    for end in (b"\n", b"\r\n", b"\r"):
        body = head.replace(b"\n", end)
        body += b"#" * (ROBOTS_BYTES - len(body) - len(end) - len(b"Allow: /")) + end + b"Allow: /public"
        assert text_of(body).endswith(end)
        assert not allowed(body)
    whole = head + b"#" * (ROBOTS_BYTES - len(head) - len(b"\nAllow: /page")) + b"\nAllow: /page"
    assert len(whole) == ROBOTS_BYTES
    assert allowed(whole)


SAVED = "User-agent: *\r\nDisallow: /bài\r\n"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize(
    "body",
    [*(SAVED.encode(each) for each in ENCODINGS), *(mark + b"\0\0" + SAVED.encode() for mark in (b"", BOM_UTF8))],
)
def test_what_an_editor_saves_is_read(body: bytes) -> None:
    assert not allowed(body, "/b%C3%A0i-1")
    assert allowed(body)


def test_a_file_made_to_fill_memory_is_not_read(host: Host) -> None:
    body = b"".join(b"User-agent: a%d\n" % number for number in range(15_000))
    body += b"".join(b"Allow: /%d\n" % number for number in range(15_000))
    assert len(body) < ROBOTS_BYTES
    host.answers[ROBOTS] = (200, body)
    assert host.verdict() is RobotsUnavailable


@pytest.mark.parametrize(
    ("body", "path", "verdict"),
    [
        (b"User-agent: *\nDisallow:\n", "/page", True),
        (b"User-agent: *\nDisallow: /\nUser-agent: dongtin\nDisallow:\n", "/page", True),
        (b"user-AGENT:DongTin\ndisallow:/page", "/page", False),
        (b"User-agent: *\nDisallow: /page\nAllow: /page\n", "/page", True),
        (b"User-agent: *\nAllow: /page/a\nDisallow: /page\n", "/page/ab", True),
        (b"User-agent: *\nDisallow: /*.php$\n", "/a.php", False),
        (b"User-agent: *\nDisallow: /*.php$\n", "/a.php?b", True),
        (b"User-agent: *\nDisallow: /a%2Fb\n", "/a/b", True),
        (b"User-agent: *\nDisallow: /%7Euser\n", "/~user", False),
        (b"User-agent: *\nDisallow: /tin-t%e1%bb%a9c\n", "/tin-t%E1%BB%A9c", False),
        (b"User-agent: a\nUser-agent: dongtin\nDisallow: /page\n", "/page", False),
        (
            b"User-agent: dongtin\nDisallow: /a\nUser-agent: *\nAllow: /\nUser-agent: dongtin\nDisallow: /page",
            "/page",
            False,
        ),
        (b"User-agent: dongtin\nSitemap: https://thanhnien.vn/s.xml\nUser-agent: x\nDisallow: /page\n", "/page", False),
        (b"User-agent: *\nCrawl-delay: 5\nUser-agent: x\nDisallow: /page\n", "/page", True),
        (b"User-agent: dongtin\n\nNoindex: /x\nUser-agent: x\nDisallow: /page\n", "/page", False),
        (b"User-agent: x\nDisallow: /\nCrawl-delay: 5\nUser-agent: dongtin\nAllow: /\n", "/page", True),
        (b"User-agent: dongtin/1.0\nDisallow: /page\nUser-agent: *\nAllow: /\n", "/page", False),
        (b"User-agent: DongTin (+https://example.org)\nDisallow: /page\n", "/page", False),
        ("\ufeffUser-agent: dongtin/1.0\nDisallow: /page\n".encode(), "/page", False),
        (b"User-agent: dongtin/1.0\x0bDisallow: /page\n", "/page", False),
        ("User-agent: dongtin\u2028Disallow: /page\n".encode(), "/page", False),
        (b"User-agent: dongtin-images\nDisallow: /page\n", "/page", True),
        (b"User-agent: *\rDisallow: /page\r", "/page", False),
        (b"Disallow: /page\nUser-agent: *\n", "/page", True),
        (b"User-agent: *\nDisallow: /\n", "/robots.txt", True),
        (b"User-agent: *\nDisallow: /page # all of them\n", "/page", False),
        (b"User-agent: dong\nDisallow:\n\nUser-agent: *\nDisallow: /page\n", "/page", False),
        (b"User-agent: dong*\nDisallow:\n\nUser-agent: *\nDisallow: /page\n", "/page", False),
        (b"User-agent: d\nDisallow: /page\n", "/page", True),
        (b"User-agent: *dongtin*\nDisallow: /page\n", "/page", False),
        (b"User-agent: * # all\nDisallow: /page\n", "/page", False),
        (b"User-agent: *bot\nDisallow: /page\n", "/page", True),
    ],
)
def test_rules_are_read_as_the_rfc_says(body: bytes, path: str, verdict: bool) -> None:
    assert allowed(body, path) is verdict


@settings(derandomize=True)
@given(st.binary(max_size=2000))
def test_no_file_makes_it_fail(body: bytes) -> None:
    rules = rules_of(text_of(body))
    assert rules is not None
    rules.allowed(PAGE, "dongtin")


# In a crawl.


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    with loopback_web() as served:
        yield served


def test_a_redirected_robots_txt_is_obeyed_and_kept_over_a_restart(web: LoopbackWeb, tmp_path: Path) -> None:
    here, there = "http://thanhnien.vn/robots.txt", "http://www.thanhnien.vn/robots.txt"
    answers = {here: reply(302, b"", ("Location", there)), there: reply(200, b"User-agent: *\nDisallow: /no\n")}
    web.answer = lambda asked: answers.get(asked.url, reply())
    yes, no = "http://thanhnien.vn/yes", "http://thanhnien.vn/no"
    for _ in range(2):
        assert wander(web, tmp_path, no, yes) == {no: "robots_disallowed", yes: "200"}
    assert [asked.url for asked in web.log] == [here, there, yes, yes]
    (known,) = known_robots(tmp_path, "thanhnien.vn")
    assert (known.url, known.status, known.publisher) == (here, 200, "thanhnien.vn")


def test_no_setting_of_the_command_line_turns_it_off(web: LoopbackWeb, tmp_path: Path) -> None:
    page = "http://thanhnien.vn/page"
    web.answer = lambda asked: reply(200, FORBIDS)
    outcomes = wander(
        web,
        tmp_path,
        page,
        ROBOTSTXT_OBEY="False",
        DOWNLOAD_DELAY="0",
        ROBOTSTXT_USER_AGENT="other",
        ROBOTSTXT_PARSER="scrapy.robotstxt.PythonRobotParser",
        DOWNLOADER_MIDDLEWARES='{"spiders.robots.RobotsMiddleware": null}',
        DOWNLOAD_HANDLERS='{"http": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"}',
        EXTENSIONS='{"spiders.politeness.Politeness": null}',
    )
    assert outcomes == {page: "robots_disallowed"}
    assert web.count(page) == 0
