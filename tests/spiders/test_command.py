"""`dongtin crawl`: what it refuses, where it waits, and pages on a real Kafka."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dongtin.codec import decode_parts
from dongtin.events import Lane, Page
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.tail import read
from dongtin.topics import PAGE_BYTES, PAGES, PAGES_BACKFILL, partition
from spiders.places import RETRY_S

ARTICLE = "http://thanhnien.vn/tin-moi-185250117194334368.htm"
TRANSLATION = "http://vietnam.vn/en/tin-moi-trong-ngay"
MOVED = "http://thanhnien.vn/tin-cu-18542574.htm"
FOREIGN = "https://vnexpress.net/tin-123.html"
KEYS = {ARTICLE: "thanhnien.vn/185250117194334368", TRANSLATION: "vietnam.vn/en/tin-moi-trong-ngay"}


def body_of(url: str) -> bytes:
    """One of them as large as a page may be."""
    return url.encode().ljust(PAGE_BYTES if url == ARTICLE else 0)


def environment(tmp_path: Path, **settings: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DONGTIN_") and not name.lower().endswith("_proxy")
    }
    return kept | {"DONGTIN_STATE_DIR": str(tmp_path / "state")} | settings


def dongtin(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dongtin", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


@pytest.fixture
def proxy() -> Iterator[str]:
    """A web in which every article answers, and one has moved to another."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = 404 if self.path.endswith("/robots.txt") else 301 if self.path == MOVED else 200
            body = body_of(self.path)
            self.send_response_only(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", ARTICLE)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_nothing_is_fetched_without_a_contact(tmp_path: Path) -> None:
    done = dongtin("crawl", "thanhnien", "--url", ARTICLE, env=environment(tmp_path))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("dongtin: DONGTIN_CONTACT: ")


def test_a_publisher_may_be_named_by_its_id(tmp_path: Path) -> None:
    env = environment(tmp_path)
    named = [dongtin("sources", name, "--format", "json", env=env).stdout for name in ("thanhnien", "thanhnien.vn")]
    assert [[each["publisher"] for each in json.loads(each)] for each in named] == [["thanhnien.vn"]] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--url", " "), "no address to fetch"),
        (("--since", "2025-01-17"), "--since and --until go together"),
        (("--since", "2025-01-17", "--until", "2025-01-16"), "until 2025-01-16 lies before since 2025-01-17"),
        (("--since", "17/01/2025", "--until", "18/01/2025"), "since and until are two days, as 2025-01-31"),
        (("--once", "--since", "2025-01-17", "--until", "2025-01-17"), "one of these at a time"),
        (("--once", "--lane", "backfill"), "--lane is for addresses that are given"),
        (("vnexpress", "--url", ARTICLE), "'vnexpress' is none of "),
        (("--wait", "--url", ARTICLE), "one of these at a time"),
        (("--file", "/nowhere/at/all"), "does not exist"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = dongtin("crawl", *arguments, env=environment(tmp_path, DONGTIN_CONTACT="https://example.org"))
    assert done.returncode == 2
    assert words in done.stderr.splitlines()[-1]


def test_an_unknown_language_is_one_line_with_those_that_are_known(tmp_path: Path) -> None:
    env = environment(tmp_path, DONGTIN_CONTACT="https://example.org", DONGTIN_LANGUAGES="en,xx")
    done = dongtin("crawl", env=env)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("dongtin: DONGTIN_LANGUAGES: 'xx' is none of ar, bn, de, el, en, ")


def test_an_address_of_no_publisher_is_told_by_the_command_and_starts_no_spider(tmp_path: Path) -> None:
    env = environment(tmp_path, DONGTIN_CONTACT="https://example.org")
    done = dongtin("crawl", "thanhnien", "--url", f"{FOREIGN} {TRANSLATION}", env=env)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"dongtin: {FOREIGN!r} is no web address of thanhnien.vn",
        f"dongtin: {TRANSLATION!r} is no web address of thanhnien.vn",
        "dongtin: fetched 0 articles, published 0 pages; failures: address foreign 2",
    ]


def test_no_kafka_is_one_line(tmp_path: Path, closed_port: int, proxy: str) -> None:
    env = environment(
        tmp_path,
        DONGTIN_CONTACT="https://example.org",
        DONGTIN_BOOTSTRAP_SERVERS=f"127.0.0.1:{closed_port}",
        DONGTIN_BOOTSTRAP_TIMEOUT_S="0.5",
        DONGTIN_LOG_LEVEL="error",
        http_proxy=proxy,
    )
    done = dongtin("crawl", "thanhnien", "--url", ARTICLE, env=env)
    assert done.returncode == 69
    assert done.stderr == f"dongtin: no Kafka answers at 127.0.0.1:{closed_port} within 0.5 s\n"


def test_without_a_contact_a_service_waits_healthy_and_ends_when_told(tmp_path: Path) -> None:
    waits, stops = waited(environment(tmp_path), tmp_path / "state" / "health" / "spiders")
    assert (waits["event"], waits["spiders"]) == ("spiders wait", ["thanhnien", "vietnam"])
    assert "DONGTIN_CONTACT" in waits["why"]
    assert stops["event"] == "spiders stop"


def test_without_kafka_a_service_waits_healthy_says_so_and_ends_when_told(tmp_path: Path, closed_port: int) -> None:
    env = environment(
        tmp_path,
        DONGTIN_CONTACT="https://example.org",
        DONGTIN_BOOTSTRAP_SERVERS=f"127.0.0.1:{closed_port}",
        DONGTIN_BOOTSTRAP_TIMEOUT_S="0.5",
    )
    told = waited(env, tmp_path / "state" / "health" / "dongtin.spiders-vietnam.vn")
    assert "no Kafka answers" in next(line["why"] for line in told if line["event"] == "states are not to be had")
    assert [line["reason"] for line in told if line["event"] == "crawl ended"] == ["shutdown", "shutdown"]


def test_a_service_says_at_its_start_what_it_crawls_and_when_it_looks_next(
    tmp_path: Path, kafka: str, topic_prefix: str, closed_port: int
) -> None:
    """A site that cannot be reached: the service that is started again has nothing to do yet, and says so."""
    env = without_sites(tmp_path, kafka, topic_prefix, closed_port)
    begins = [crawled_until("place", 2, env), crawled_until("crawl begins", 1, env)]
    assert [(line["publisher"], line["places"]) for line in begins] == [("vietnam.vn", 2)] * 2
    sooner, later = (datetime.fromisoformat(line["next_due"]) for line in begins)
    assert (later - sooner).total_seconds() >= RETRY_S


def test_one_pass_ends_with_a_sentence_whose_numbers_are_those_of_the_log(
    tmp_path: Path, kafka: str, topic_prefix: str, closed_port: int
) -> None:
    env = without_sites(tmp_path, kafka, topic_prefix, closed_port)
    done = dongtin("crawl", "vietnam", "--once", env=env)
    assert done.returncode == 1
    *logged, sentence = done.stderr.splitlines()
    words = Counter(line["outcome"] for line in map(json.loads, logged) if line["event"] == "place")
    failures = ", ".join(f"place {word} {count}" for word, count in words.items())
    assert sentence == f"dongtin: found 0 new articles, fetched 0 articles, published 0 pages; failures: {failures}"
    assert words.total() == 2


def without_sites(tmp_path: Path, kafka: str, topic_prefix: str, closed_port: int) -> dict[str, str]:
    """With topics on Kafka, and no site that can be reached."""
    nowhere = f"http://127.0.0.1:{closed_port}"
    env = kafka_environment(tmp_path, kafka, topic_prefix, nowhere) | {"https_proxy": nowhere}
    assert dongtin("topics", "create", env=env).returncode == 0
    return env


def crawled_until(event: str, times: int, env: dict[str, str]) -> dict[str, Any]:
    """What a service says when it begins; it is told to stop when it has told of an event so many times."""
    command = [sys.executable, "-m", "dongtin", "crawl", "vietnam"]
    lines: list[dict[str, Any]] = []
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        for line in service.stderr:
            lines.append(json.loads(line))
            if sum(each["event"] == event for each in lines) == times:
                service.send_signal(signal.SIGTERM)
                break
        lines += map(json.loads, service.stderr)
    assert service.returncode == 0
    (begins,) = [line for line in lines if line["event"] == "crawl begins"]
    return begins


def waited(env: dict[str, str], health_file: Path) -> list[dict[str, Any]]:
    """What a service tells that is told to stop when it has touched its health file twice."""
    command = [sys.executable, "-m", "dongtin", "crawl", "thanhnien", "vietnam", "--wait"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as service:
        deadline = time.monotonic() + 60
        while not health_file.exists() and service.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.utime(health_file, (0, 0))
        while health_file.stat().st_mtime == 0 and service.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert health_file.stat().st_mtime > 0
        service.send_signal(signal.SIGTERM)
        _, stderr = service.communicate(timeout=60)
    assert service.returncode == 0
    return [json.loads(line) for line in stderr.splitlines()]


def test_a_health_file_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file", encoding="utf-8")
    done = dongtin("crawl", "--wait", env=environment(tmp_path, DONGTIN_LOG_LEVEL="error"))
    assert done.returncode == 2
    assert done.stderr == f"dongtin: {tmp_path}/state/health/spiders: Not a directory\n"


def test_missing_topics_are_told(tmp_path: Path, kafka: str, topic_prefix: str, proxy: str) -> None:
    env = kafka_environment(tmp_path, kafka, topic_prefix, proxy)
    done = dongtin("crawl", "thanhnien", "--url", ARTICLE, env=env)
    assert done.returncode == 2
    assert "run `dongtin topics create`" in done.stderr.splitlines()[-1]


def test_pages_are_on_their_topic_when_the_command_ends(
    tmp_path: Path, kafka: str, topic_prefix: str, proxy: str
) -> None:
    env = kafka_environment(tmp_path, kafka, topic_prefix, proxy)
    assert dongtin("topics", "create", env=env).returncode == 0
    file = tmp_path / "addresses.txt"
    file.write_text(f"{TRANSLATION}\n{MOVED}\n", encoding="utf-8")

    done = dongtin("crawl", "--url", ARTICLE, "--file", str(file), env=env)
    assert done.returncode == 0, done.stderr
    again = dongtin("crawl", "vietnam", "thanhnien", "--url", f"{TRANSLATION},{FOREIGN}", "--lane", "backfill", env=env)
    assert again.returncode == 1
    assert again.stderr.splitlines()[0] == f"dongtin: {FOREIGN!r} is no web address of vietnam.vn or thanhnien.vn"
    assert again.stderr.splitlines()[-1] == (
        "dongtin: fetched 1 article, published 1 page; failures: address foreign 1"
    )

    cluster = Cluster((kafka,), topic_prefix)
    messages = list(read(cluster, PAGES, from_beginning=True, until_end=True))
    assert {message.key for message in messages} == {b"thanhnien.vn/18542574", *map(str.encode, KEYS.values())}
    for message in messages:
        assert message.key is not None
        assert message.partition == partition(message.key, message.partition_count)
        event = decode_parts(message.value, message.headers)
        page = event.data
        assert isinstance(page, Page)
        assert (event.type, event.source) == ("dongtin.page.fetched.v1", f"/{topic_prefix[:-1]}/spiders")
        assert (event.subject, event.time) == (message.key.decode(), page.date_fetched)
        if page.status == 301:
            assert (page.requested_url, page.final_url, page.body) == (MOVED, ARTICLE, b"")
        else:
            assert page.requested_url is not None
            assert message.key.decode() == KEYS[page.requested_url]
            assert page.body == body_of(page.requested_url)

    (message,) = read(cluster, PAGES_BACKFILL, from_beginning=True, until_end=True)
    page = decode_parts(message.value, message.headers).data
    assert isinstance(page, Page)
    assert (page.lane, page.publisher) == (Lane.BACKFILL, "vietnam.vn")


def kafka_environment(tmp_path: Path, kafka: str, topic_prefix: str, proxy: str) -> dict[str, str]:
    return environment(
        tmp_path,
        DONGTIN_CONTACT="mail@example.org",
        DONGTIN_BOOTSTRAP_SERVERS=kafka,
        DONGTIN_TOPIC_PREFIX=topic_prefix,
        DONGTIN_PARTITIONS="3",
        http_proxy=proxy,
    )
