"""The spiders against a web server on loopback, which is their proxy: addresses and code are the real ones."""

import base64
import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from scrapy.resolver import CachingThreadedResolver
from twisted.internet import defer, error

from dongtin.codec import Event, decode_parts, page_record
from dongtin.errors import BrokerUnavailable, RecordTooLarge, TopicMismatch
from dongtin.events import Lane, Page
from dongtin.record import Record
from dongtin.settings import Settings
from dongtin.stream.base import Acknowledgement
from dongtin.topics import PAGE_BYTES
from spiders.pages import timestamp

ROOT = Path(__file__).parents[2]
HTML = b"<!doctype html><html><body><p>C\xc3\xa2u m\xe1\xbb\x99t.</p></body></html>"
FAST = {"DOWNLOAD_DELAY": "0.001", "AUTOTHROTTLE_ENABLED": "False", "RETRY_TIMES": "1", "DOWNLOAD_TIMEOUT": "3"}


# What the child processes use: sinks that behave as Kafka does, made by the setting PAGES_SINK.


class RecordingSink:
    """Writes each record as a line of the file `RECORDED`, and acknowledges it from another thread."""

    def __init__(self, settings: Settings, in_flight: int) -> None:
        self.bound = in_flight
        self._file = Path(os.environ["RECORDED"])

    def send(self, record: Record, done: Acknowledgement) -> None:
        self.write(record)
        threading.Timer(0.002, done, [None]).start()

    def write(self, record: Record) -> None:
        line = {
            "topic": record.topic.name,
            "key": (record.key or b"").decode(),
            "value": base64.b64encode(record.value or b"").decode(),
            "headers": [[name, value.decode()] for name, value in record.headers],
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def close(self, timeout_s: float) -> None:
        pass


class SlowSink(RecordingSink):
    """Acknowledges all that it holds only when nothing more comes, and refuses to hold more than the spider's bound."""

    def __init__(self, settings: Settings, in_flight: int) -> None:
        super().__init__(settings, in_flight)
        self._held: list[Acknowledgement] = []
        self._timer = threading.Timer(0, int)

    def send(self, record: Record, done: Acknowledgement) -> None:
        self.write(record)
        self._held.append(done)
        assert len(self._held) <= self.bound
        self._timer.cancel()
        self._timer = threading.Timer(0.05, self._release)
        self._timer.start()

    def _release(self) -> None:
        held, self._held = self._held, []
        for done in held:
            done(None)


class RefusingSink(RecordingSink):
    """Takes one record and refuses every later one."""

    taken = 0

    def send(self, record: Record, done: Acknowledgement) -> None:
        self.taken += 1
        if self.taken == 1:
            super().send(record, done)
        else:
            threading.Timer(0.002, done, [OSError("the disk is full")]).start()


class LastSink(RefusingSink):
    """When it fails its topic is gone: no other can be made."""

    def __init__(self, settings: Settings, in_flight: int) -> None:
        super().__init__(settings, in_flight)
        if self._file.stat().st_size:
            raise TopicMismatch("dongtin.pages.v1 is missing: run `dongtin topics create`")


class MuteSink(RecordingSink):
    """Never acknowledges."""

    def send(self, record: Record, done: Acknowledgement) -> None:
        self.write(record)


class NarrowSink(RecordingSink):
    """Takes no bodies above 1,000 bytes."""

    def send(self, record: Record, done: Acknowledgement) -> None:
        if len(record.value or b"") > 1000:
            raise RecordTooLarge("too much")
        super().send(record, done)


def missing_sink(settings: Settings, in_flight: int) -> RecordingSink:
    raise BrokerUnavailable("no Kafka answers at nowhere:9092")


class NoNames(CachingThreadedResolver):
    """A resolver that knows no host."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Any:  # noqa: N802  # Twisted's name
        return defer.fail(error.DNSLookupError(name))


# The web.


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()
    claimed: int | None = None
    """Content-Length; None for that of the body, -1 for none."""
    hangs: bool = False


@dataclass
class Web:
    """Every host of the web: answers by address, and what was asked of it."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    """What is being answered."""
    most_at_once: int = 0
    proxy: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def count(self, url: str) -> int:
        return sum(asked == url for asked, _ in self.asked)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    yield from serve(Web())


@pytest.fixture
def own_web() -> Iterator[Web]:
    yield from serve(Web())


def serve(web: Web) -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.asked.append((self.path, dict(self.headers)))
            web.busy.add(self.path)
            web.most_at_once = max(web.most_at_once, len(web.busy))
            answer = web.answers.get(self.path, Answer(404, b"nothing here"))
            if answer.hangs:
                web.over.wait(60)
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.claimed != -1:
                self.send_header("Content-Length", str(answer.claimed or len(answer.body)))
            self.close_connection = answer.claimed is not None
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            # The spider may ask for the next page as soon as it has the last byte of this one.
            web.busy.discard(self.path)
            self.wfile.write(answer.body)

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:
                # The spider hangs up on what is too large.
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web.proxy = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield web
        web.over.set()
        server.shutdown()
        thread.join()


def redirect(status: int, location: str) -> Answer:
    return Answer(status, b"moved", [("Location", location)])


def html(body: bytes = HTML, *headers: tuple[str, str]) -> Answer:
    return Answer(200, body, [("Content-Type", "text/html; charset=utf-8"), *headers])


# One crawl.


@dataclass(frozen=True)
class Crawl:
    code: int
    lines: list[dict[str, Any]]
    """Of the log."""
    output: str
    records: list[dict[str, Any]]
    began: str
    ended: str
    """Times, as events have them."""

    @property
    def outcomes(self) -> dict[str, str]:
        """Address → what became of it; each is told once."""
        told = [(line["url"], line["outcome"]) for line in self.lines if line.get("event") == "address"]
        assert max(Counter(told).values(), default=1) == 1
        return dict(told)

    @property
    def summary(self) -> dict[str, Any]:
        (line,) = [line for line in self.lines if line.get("event") == "crawl ended"]
        return line

    def events(self, key: str) -> list[Event]:
        return [decoded(record) for record in self.records if record["key"] == key]

    def pages(self, key: str) -> list[Page]:
        return [event.data for event in self.events(key) if isinstance(event.data, Page)]


def decoded(record: dict[str, Any]) -> Event:
    headers = [(name, value.encode()) for name, value in record["headers"]]
    return decode_parts(base64.b64decode(record["value"]), headers)


def scrapy(
    web: Web,
    folder: Path,
    spider: str,
    arguments: Sequence[str],
    sink: Callable[..., RecordingSink] = RecordingSink,
    stop_when: Callable[[], bool] | None = None,
    **settings: str,
) -> Crawl:
    """Run `scrapy crawl` to its end, or send it SIGTERM when something has come to pass."""
    recorded = folder / "recorded.jsonl"
    recorded.touch()
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {
        "http_proxy": web.proxy,
        "DONGTIN_CONTACT": "https://example.org/about",
        "DONGTIN_STATE_DIR": str(folder / "state"),
        "DONGTIN_TOPIC_PREFIX": "test.",
        "RECORDED": str(recorded),
        "PYTHONPATH": str(Path(__file__).parent),
    }
    chosen = FAST | {"PAGES_SINK": f"{Path(__file__).stem}.{sink.__name__}"} | settings
    command = [sys.executable, "-m", "scrapy", "crawl", spider]
    command += [part for argument in arguments for part in ("-a", argument)]
    command += [part for name, value in chosen.items() for part in ("-s", f"{name}={value}")]
    began = timestamp(datetime.now(UTC))
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while stop_when and process.poll() is None and not stop_when():
            time.sleep(0.01)
        if stop_when:
            process.terminate()
        _, output = process.communicate(timeout=120)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    records = [json.loads(line) for line in recorded.read_text(encoding="utf-8").splitlines()]
    return Crawl(process.returncode, lines, output, records, began, timestamp(datetime.now(UTC)))


def article_id(number: int) -> str:
    """Ids as the site makes them: a time of day and milliseconds, whose last digit is never 0."""
    return f"thanhnien.vn/185250117194334{number}"


def url(number: int, slug: str = "tin-moi") -> str:
    return f"http://thanhnien.vn/{slug}-185250117194334{number}.htm"


ROBOTS = b"User-agent: *\nDisallow: /cam-\nUser-agent: dongtin\nDisallow: /rieng-\n"
HEADERS = (
    ("ETag", '"abc"'),
    ("Last-Modified", "Fri, 17 Jan 2025 12:58:00 GMT"),
    ("X-Robots-Tag", "noarchive"),
    ("X-Robots-Tag", "noai"),
    ("tdm-reservation", "1"),
    ("TDM-Policy", "https://thanhnien.vn/policy.json"),
)
FOREIGN = (
    "https://vnexpress.net/slug-123.html",
    "ftp://thanhnien.vn/tin-moi-185250117194334101.htm",
    "file:///etc/passwd",
    "http://user:secret@thanhnien.vn/tin-moi-185250117194334101.htm",
    "http://thanhnien.vn:22/tin-moi-185250117194334101.htm",
    "http://thanhnien.vn.example.org/tin-moi-185250117194334101.htm",
    "http://[::1",
    "tin-moi",
)
BOMB = gzip.compress(bytes(PAGE_BYTES + 1))
ANSWERS = {
    "http://thanhnien.vn/robots.txt": Answer(200, ROBOTS, [("Content-Type", "text/plain")]),
    "http://thanhnien.vn/": html(b"<p>home</p>"),
    url(101): html(HTML, *HEADERS),
    url(102): html(gzip.compress(HTML), ("Content-Encoding", "gzip")),
    url(103): Answer(404, b"<p>gone</p>", [("Content-Type", "text/html")]),
    url(104): Answer(410, b"<p>gone</p>"),
    url(105): redirect(301, "/khac-185250117194334106.htm"),
    url(106, "khac"): html(b"<p>the other</p>"),
    url(107): redirect(301, url(107, "sua")),
    url(107, "sua"): html(),
    url(108): redirect(301, "/"),
    url(109): redirect(302, "/"),
    url(111): redirect(307, url(112)),
    url(112): html(b"<p>elsewhere for now</p>"),
    url(113): Answer(403, b"no"),
    url(114): Answer(500, b"broken"),
    url(115): Answer(hangs=True),
    url(116): html(bytes(PAGE_BYTES + 1)),
    url(117): Answer(200, bytes(PAGE_BYTES + 1), claimed=-1),
    url(118): html(BOMB, ("Content-Encoding", "gzip")),
    url(119): html(bytes(PAGE_BYTES)),
    url(121): Answer(200, HTML, [("Content-Type", "text/html")], claimed=len(HTML) + 10),
    url(122): redirect(301, "http://tuoitre.vn/tin-100250117194334122.htm"),
    url(123): redirect(301, url(124)),
    url(124): redirect(301, url(123)),
    url(125): redirect(301, "file:///etc/passwd"),
    url(126): Answer(301, b"nowhere"),
    url(127): redirect(308, url(128)),
    url(128): Answer(410),
    url(129): redirect(301, url(131)),
    url(131): Answer(500),
    url(132): html(HTML, ("Content-Encoding", "rot13")),
    url(133): redirect(301, url(134)),
    url(134): redirect(301, url(135)),
    url(135): redirect(301, "/"),
    url(136): redirect(302, "http://thanhnien.vn/dang-nhap.htm"),
    "http://thanhnien.vn/dang-nhap.htm": redirect(301, url(136, "da-xem")),
    url(136, "da-xem"): html(b"<p>seen</p>"),
    url(137, "cam"): html(),
    url(138, "rieng"): html(),
    url(139): html(HTML, ("Content-Encoding", "identity")),
    url(141): Answer(204),
}


@pytest.fixture(scope="module")
def crawl(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """Every kind of answer, in one crawl."""
    folder = tmp_path_factory.mktemp("crawl")
    web.answers |= ANSWERS
    first, second, *rest = [
        address for address in ANSWERS if address.split("-")[0].endswith(("/tin", "/cam", "/rieng"))
    ]
    lines = ["# addresses", "", *rest, url(101) + "#:~:text=abc", *FOREIGN, "http://thanhnien.vn/chinh-tri.htm"]
    file = folder / "addresses.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    return scrapy(web, folder, "thanhnien", [f"url={first}", f"url={second}", f"file={file}"])


def test_a_page_carries_what_the_server_said(crawl: Crawl) -> None:
    (event,) = crawl.events(article_id(101))
    page = event.data
    assert isinstance(page, Page)
    assert (event.type, event.source, event.subject) == ("dongtin.page.fetched.v1", "/test/spiders", article_id(101))
    assert event.time == page.date_fetched
    assert page.date_fetched is not None
    assert crawl.began <= page.date_fetched <= crawl.ended
    assert page == Page(
        body=HTML,
        content_type="text/html; charset=utf-8",
        requested_url=url(101),
        final_url=url(101),
        status=200,
        date_fetched=page.date_fetched,
        publisher="thanhnien.vn",
        etag='"abc"',
        last_modified="Fri, 17 Jan 2025 12:58:00 GMT",
        x_robots_tag="noarchive, noai",
        tdm_reservation="1",
        tdm_policy="https://thanhnien.vn/policy.json",
        discovery="given",
        lane=Lane.LIVE,
    )


def test_every_address_is_accounted_for_once(crawl: Crawl) -> None:
    addresses = crawl.summary["addresses"]
    assert addresses["given"] == sum(count for word, count in addresses.items() if word != "given")
    assert crawl.summary["pages"] == {"delivered": len(crawl.records)}
    assert crawl.code == 1


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (113, "bad_status"),
        (114, "bad_status"),
        (115, "timeout"),
        (116, "too_large"),
        (117, "too_large"),
        (118, "too_large"),
        (121, "cut"),
        (122, "offsite_redirect"),
        (123, "redirect_loop"),
        (124, "redirect_loop"),
        (125, "bad_redirect"),
        (126, "bad_redirect"),
        (129, "bad_status"),
        (131, "bad_status"),
        (132, "undecoded"),
        (141, "bad_status"),
    ],
)
def test_a_failure_is_told_and_gives_no_event(crawl: Crawl, number: int, outcome: str) -> None:
    assert crawl.outcomes[url(number)] == outcome
    assert crawl.events(article_id(number)) == []


def test_bodies_are_decoded(crawl: Crawl) -> None:
    assert [page.body for page in crawl.pages(article_id(102))] == [HTML]
    assert [page.body for page in crawl.pages(article_id(139))] == [HTML]


def test_the_largest_page_goes_through(crawl: Crawl) -> None:
    assert [len(page.body) for page in crawl.pages(article_id(119))] == [PAGE_BYTES]


@pytest.mark.parametrize(("number", "status"), [(103, 404), (104, 410)])
def test_a_page_that_is_gone_has_an_empty_body(crawl: Crawl, number: int, status: int) -> None:
    (page,) = crawl.pages(article_id(number))
    assert (page.status, page.body, page.final_url) == (status, b"", url(number))


def test_an_article_that_moved_gives_two_pages(crawl: Crawl) -> None:
    target = url(106, "khac")
    (moved,) = crawl.pages(article_id(105))
    (page,) = crawl.pages(article_id(106))
    assert (moved.status, moved.body, moved.requested_url, moved.final_url) == (301, b"", url(105), target)
    assert (page.status, page.body, page.requested_url, page.final_url) == (200, b"<p>the other</p>", target, target)


def test_a_move_by_308_to_a_page_that_is_gone(crawl: Crawl) -> None:
    (moved,) = crawl.pages(article_id(127))
    (gone,) = [page for page in crawl.pages(article_id(128)) if page.requested_url == url(128)][:1]
    assert (moved.status, moved.final_url) == (301, url(128))
    assert gone.status == 410


def test_a_chain_of_moves_gives_a_page_for_each(crawl: Crawl) -> None:
    assert [page.final_url for page in crawl.pages(article_id(133))] == [url(134)]
    assert {page.final_url for page in crawl.pages(article_id(134))} == {url(135)}
    assert {(page.status, page.final_url) for page in crawl.pages(article_id(135))} == {(301, "http://thanhnien.vn/")}


def test_another_address_of_the_same_article_is_followed_in_silence(crawl: Crawl) -> None:
    (page,) = crawl.pages(article_id(107))
    assert (page.status, page.requested_url, page.final_url) == (200, url(107), url(107, "sua"))


def test_a_permanent_redirect_to_no_article_is_told_by_a_page_of_status_301(crawl: Crawl) -> None:
    (page,) = crawl.pages(article_id(108))
    assert (page.status, page.body, page.final_url) == (301, b"", "http://thanhnien.vn/")


def test_a_temporary_redirect_ends_where_it_ends(crawl: Crawl) -> None:
    (page,) = crawl.pages(article_id(109))
    assert (page.status, page.requested_url, page.final_url) == (200, url(109), "http://thanhnien.vn/")
    elsewhere = [page for page in crawl.pages(article_id(112)) if page.requested_url == url(111)]
    assert [(page.status, page.final_url, page.body) for page in elsewhere] == [
        (200, url(112), b"<p>elsewhere for now</p>")
    ]
    (seen,) = crawl.pages(article_id(136))
    assert (seen.status, seen.requested_url, seen.final_url) == (200, url(136), url(136, "da-xem"))


def test_robots_txt_is_obeyed_and_fetched_once(crawl: Crawl, web: Web) -> None:
    assert crawl.outcomes[url(138, "rieng")] == "robots_disallowed"
    assert web.count(url(138, "rieng")) == 0
    # The group that names us is the one that holds for us.
    assert crawl.outcomes[url(137, "cam")] == "fetched"
    assert web.count("http://thanhnien.vn/robots.txt") == 1


def test_only_own_articles_are_asked_for(crawl: Crawl, web: Web) -> None:
    assert {address: crawl.outcomes[address] for address in FOREIGN} == dict.fromkeys(FOREIGN, "foreign")
    assert crawl.outcomes["http://thanhnien.vn/chinh-tri.htm"] == "not_an_article"
    assert {urlsplit(address).netloc for address, _ in web.asked} == {"thanhnien.vn"}
    assert web.count("http://thanhnien.vn/chinh-tri.htm") == 0


def test_an_address_given_twice_is_asked_for_once(crawl: Crawl, web: Web) -> None:
    assert crawl.outcomes[url(101) + "#:~:text=abc"] == "repeated"
    assert web.count(url(101)) == 1


def test_server_errors_are_tried_again_and_refusals_are_not(crawl: Crawl, web: Web) -> None:
    assert web.count(url(114)) == 2
    assert web.count(url(113)) == 1


def test_we_say_who_we_are(crawl: Crawl, web: Web) -> None:
    agents = {headers["User-Agent"] for _, headers in web.asked}
    assert len(agents) == 1
    assert agents.pop().startswith("dongtin/")
    assert all(headers["User-Agent"].endswith(" (+https://example.org/about)") for _, headers in web.asked)
    assert not any("Cookie" in headers or "Referer" in headers for _, headers in web.asked)


def test_a_record_is_a_function_of_its_page(crawl: Crawl) -> None:
    for recorded in crawl.records:
        page = decoded(recorded).data
        assert isinstance(page, Page)
        record = page_record(page, recorded["key"], "/test/spiders")
        assert [[name, value.decode()] for name, value in record.headers] == recorded["headers"]
        assert (record.topic.name, record.value) == (recorded["topic"], page.body)
    assert {recorded["topic"] for recorded in crawl.records} == {"pages.v1"}


# Other crawls.


def test_languages_and_mirrors_in_the_lane_of_the_past(own_web: Web, tmp_path: Path) -> None:
    page = "http://www.vietnam.vn/en/tin-moi-trong-ngay"
    mirror = "http://vjs.vietnam.vn/tin-moi-trong-ngay"
    own_web.answers |= {page: html(), mirror: html()}
    crawl = scrapy(own_web, tmp_path, "vietnam", [f"url={page},{mirror}", "lane=backfill"])
    assert crawl.code == 0, crawl.output
    assert {(record["topic"], record["key"]) for record in crawl.records} == {
        ("pages-backfill.v1", "vietnam.vn/en/tin-moi-trong-ngay"),
        ("pages-backfill.v1", "vietnam.vn/vi/tin-moi-trong-ngay"),
    }
    (found,) = crawl.pages("vietnam.vn/en/tin-moi-trong-ngay")
    assert (found.lane, found.publisher) == (Lane.BACKFILL, "vietnam.vn")


def test_a_publisher_gets_one_request_at_a_time_whatever_its_hosts(own_web: Web, tmp_path: Path) -> None:
    addresses = [
        f"http://{host}/tin-so-{number}"
        for number in range(10)
        for host in ("vietnam.vn", "www.vietnam.vn", "vjs.vietnam.vn", "vrviet.vn")
    ]
    own_web.answers |= {address: html() for address in addresses}
    crawl = scrapy(own_web, tmp_path, "vietnam", ["url=" + " ".join(addresses)])
    assert crawl.code == 0, crawl.output
    assert own_web.most_at_once == 1
    assert sum(address.endswith("/robots.txt") for address, _ in own_web.asked) == 4


def test_nothing_is_fetched_where_robots_txt_cannot_be_had(own_web: Web, tmp_path: Path) -> None:
    own_web.answers |= {"http://thanhnien.vn/robots.txt": Answer(503), url(101): html(), url(102): html()}
    crawl = scrapy(own_web, tmp_path, "thanhnien", [f"url={url(101)} {url(102)}"])
    assert set(crawl.outcomes.values()) == {"robots_unavailable"}
    assert {address for address, _ in own_web.asked} == {"http://thanhnien.vn/robots.txt"}
    assert (crawl.code, crawl.records) == (1, [])


def test_crawl_delay_is_kept(own_web: Web, tmp_path: Path) -> None:
    robots = b"User-agent: *\nCrawl-delay: 1.5\nDisallow:\n"
    own_web.answers |= {"http://thanhnien.vn/robots.txt": Answer(200, robots), url(101): html()}
    crawl = scrapy(own_web, tmp_path, "thanhnien", [f"url={url(101)}"], AUTOTHROTTLE_ENABLED="True")
    assert [line["delay_s"] for line in crawl.lines if line["event"] == "crawl-delay"] == [1.5]
    assert crawl.code == 0


def test_an_unknown_host_is_told(own_web: Web, tmp_path: Path) -> None:
    own_web.proxy = ""
    crawl = scrapy(
        own_web, tmp_path, "thanhnien", [f"url={url(101)}"], TWISTED_DNS_RESOLVER=f"{Path(__file__).stem}.NoNames"
    )
    (line,) = [line for line in crawl.lines if line["event"] == "address"]
    assert line["outcome"] == "unknown_host"
    assert "DNS lookup failed" in line["why"]
    assert (crawl.code, crawl.records) == (1, [])


def test_no_setting_changes_who_we_say_we_are(own_web: Web, tmp_path: Path) -> None:
    own_web.answers |= {url(101): html()}
    crawl = scrapy(own_web, tmp_path, "thanhnien", [f"url={url(101)}"], USER_AGENT="Mozilla/5.0")
    assert crawl.code == 0
    assert {headers["User-Agent"].split("/")[0] for _, headers in own_web.asked} == {"dongtin"}


def test_pages_in_flight_stay_below_the_bound(own_web: Web, tmp_path: Path) -> None:
    addresses = [url(number) for number in range(101, 180) if number % 10]
    own_web.answers |= {address: html() for address in addresses}
    crawl = scrapy(own_web, tmp_path, "thanhnien", ["url=" + ",".join(addresses)], SlowSink, PAGES_IN_FLIGHT="4")
    assert crawl.code == 0, crawl.output
    assert len(crawl.records) == len(addresses)


def test_a_spider_stops_asking_while_kafka_does_not_answer(own_web: Web, tmp_path: Path) -> None:
    addresses = [url(number) for number in range(101, 180) if number % 10]
    own_web.answers |= {address: html(bytes(10_000)) for address in addresses}
    crawl = scrapy(
        own_web,
        tmp_path,
        "thanhnien",
        ["url=" + ",".join(addresses)],
        MuteSink,
        PAGES_TIMEOUT_S="1",
        SCRAPER_SLOT_MAX_ACTIVE_SIZE="50000",
        PAGES_IN_FLIGHT="3",
    )
    assert len(own_web.asked) < 20
    assert len(crawl.records) == 3
    assert crawl.code == 69


def test_a_page_that_is_not_delivered_ends_the_crawl_and_is_told(own_web: Web, tmp_path: Path) -> None:
    addresses = [url(number) for number in range(101, 180) if number % 10]
    own_web.answers |= {address: html() for address in addresses}
    crawl = scrapy(
        own_web,
        tmp_path,
        "thanhnien",
        ["url=" + ",".join(addresses)],
        RefusingSink,
        SCRAPER_SLOT_MAX_ACTIVE_SIZE="2000",
    )
    assert crawl.code == 69
    assert crawl.summary["reason"] == "undelivered"
    pages = crawl.summary["pages"]
    assert pages["delivered"] == 1
    assert pages["undelivered"] == len(own_web.asked) - 2
    last = crawl.output.splitlines()[-1]
    assert last.startswith(f"dongtin: {pages['undelivered']} of ")
    assert last.endswith(" pages were not delivered: OSError: the disk is full")
    assert len(own_web.asked) < 20


def test_a_topic_that_is_gone_ends_a_service_in_one_line(own_web: Web, tmp_path: Path) -> None:
    """Waiting does not bring it back."""
    addresses = [url(number) for number in range(101, 180) if number % 10]
    own_web.answers |= {address: html() for address in addresses}
    service = {"IS_SERVICE": "True", "WAIT_FOR_KAFKA": "True"}
    crawl = scrapy(own_web, tmp_path, "thanhnien", ["url=" + ",".join(addresses)], LastSink, **service)
    assert crawl.code == 2
    assert "Traceback" not in crawl.output
    assert crawl.output.splitlines()[-1] == "dongtin: dongtin.pages.v1 is missing: run `dongtin topics create`"
    assert len(own_web.asked) < 20


def test_a_crawl_that_is_stopped_delivers_what_it_has_fetched(own_web: Web, tmp_path: Path) -> None:
    addresses = [url(number) for number in range(101, 180) if number % 10]
    own_web.answers |= {address: html() for address in addresses}
    crawl = scrapy(
        own_web,
        tmp_path,
        "thanhnien",
        ["url=" + ",".join(addresses)],
        SlowSink,
        stop_when=lambda: len(own_web.asked) > 5,
        DOWNLOAD_DELAY="0.05",
    )
    assert crawl.code == 1
    assert crawl.summary["reason"] == "shutdown"
    fetched = len(own_web.asked) - 1
    assert fetched < len(addresses)
    assert crawl.summary["pages"] == {"delivered": fetched}
    assert len(crawl.records) == fetched


def test_a_page_above_the_topics_limit_is_counted_and_the_rest_go_on(own_web: Web, tmp_path: Path) -> None:
    own_web.answers |= {url(101): html(bytes(2000)), url(102): html()}
    crawl = scrapy(own_web, tmp_path, "thanhnien", [f"url={url(101)} {url(102)}"], NarrowSink)
    assert crawl.summary["pages"] == {"delivered": 1, "too_large": 1}
    assert crawl.code == 1


def test_without_a_sink_nothing_is_fetched(own_web: Web, tmp_path: Path) -> None:
    crawl = scrapy(own_web, tmp_path, "thanhnien", [f"url={url(101)}"], missing_sink)
    assert crawl.code == 69
    assert own_web.asked == []
    assert "Traceback" not in crawl.output
    assert crawl.output.splitlines()[-1] == "dongtin: no Kafka answers at nowhere:9092"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["ulr=x"], "dongtin: a spider takes url, file, lane, since, until and once, and not ulr"),
        (["once=maybe"], "dongtin: once is yes, and not 'maybe'"),
        (["since=2025-01-17"], "dongtin: since and until are two days, as 2025-01-31"),
        (["url=x", "lane=fast"], "dongtin: lane is live or backfill, and not 'fast'"),
        (["file=/nowhere/at/all"], "dongtin: /nowhere/at/all: No such file or directory"),
    ],
)
def test_a_wrong_argument_is_one_line(own_web: Web, tmp_path: Path, arguments: list[str], line: str) -> None:
    crawl = scrapy(own_web, tmp_path, "thanhnien", arguments)
    assert (crawl.code, crawl.output.splitlines()) == (2, [line])
