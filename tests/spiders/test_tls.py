"""https: redirects to it are followed, and a certificate that nobody vouches for is refused."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from https_web import Answer, https_web, make_certificate

ROOT = Path(__file__).parents[2]
HOST = "thanhnien.vn"
PATH = "/tin-moi-185250117194334368.htm"


@pytest.fixture
def names() -> tuple[str, timedelta]:
    """Of the certificate: its host, and how long it is valid still."""
    return HOST, timedelta(days=1)


@pytest.fixture
def certificate(tmp_path: Path, names: tuple[str, timedelta]) -> Path:
    host, valid = names
    return make_certificate(host, tmp_path / "certificate.pem", valid)


@pytest.fixture
def proxy(certificate: Path) -> Iterator[str]:
    """The publisher's web, which sends http to https."""

    def answer(is_secure: bool, path: str) -> Answer:
        if not is_secure:
            return 301, {"Location": f"https://{HOST}{path.removeprefix(f'http://{HOST}')}"}, b"text"
        return (200 if path == PATH else 404), {}, b"text"

    with https_web(certificate, answer) as address:
        yield address


def crawl(proxy: str, recorded: Path, **trust: str) -> tuple[int, list[dict[str, Any]]]:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {
        "http_proxy": proxy,
        "https_proxy": proxy,
        "DONGTIN_CONTACT": "https://example.org",
        "DONGTIN_STATE_DIR": str(recorded.parent / "state"),
        "RECORDED": str(recorded),
        "PYTHONPATH": str(Path(__file__).parent),
    }
    command = [sys.executable, "-m", "scrapy", "crawl", "thanhnien", "-a", f"url=http://{HOST}{PATH}"]
    for setting in ("PAGES_SINK=test_crawl.RecordingSink", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False"):
        command += ["-s", setting]
    done = subprocess.run(command, cwd=ROOT, env=environment | trust, capture_output=True, text=True, timeout=120)
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


def test_http_leads_to_https_of_the_same_article(proxy: str, certificate: Path, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.jsonl"
    code, _ = crawl(proxy, recorded, SSL_CERT_FILE=str(certificate))
    assert code == 0
    (record,) = map(json.loads, recorded.read_text(encoding="utf-8").splitlines())
    headers = dict(record["headers"])
    assert (headers["ce_requestedurl"], headers["ce_finalurl"]) == (f"http://{HOST}{PATH}", f"https://{HOST}{PATH}")
    assert headers["ce_status"] == "200"


def refused(proxy: str, recorded: Path, **trust: str) -> list[str]:
    """Why, once for each address: a certificate that is wrong is not tried again."""
    code, lines = crawl(proxy, recorded, **trust)
    assert code == 1
    assert not recorded.exists()
    told = [line for line in lines if line["event"] == "address"]
    assert [line["outcome"] for line in told] == ["bad_certificate"]
    return [line["why"] for line in told]


def test_an_unknown_certificate_is_refused(proxy: str, tmp_path: Path) -> None:
    refused(proxy, tmp_path / "recorded.jsonl")


@pytest.mark.parametrize("names", [("example.org", timedelta(days=1)), (HOST, -timedelta(days=1))])
def test_the_certificate_of_another_host_or_of_another_time_is_refused(
    proxy: str, certificate: Path, tmp_path: Path
) -> None:
    refused(proxy, tmp_path / "recorded.jsonl", SSL_CERT_FILE=str(certificate))
