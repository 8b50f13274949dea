"""The server: what it answers is what the world says, over http and https, with all that can go wrong."""

import gzip
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, LineTooLong, RemoteDisconnected
from pathlib import Path

import pytest

from tests.site.faults import Fault, FaultKind, Time
from tests.site.politeness import forbidden, of_publisher, pauses_s, without_rules
from tests.site.running import ROOT, SCRAPY_SETTINGS, RunningSite
from tests.site.settings import WorldSettings
from tests.site.storms import bad_day
from tests.site.web import Web

HOST = "thanhnien.vn"
FEED = "/rss/home.rss"
PLACES = "/sitemap"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with RunningSite(tmp_path_factory.mktemp("twin"), WorldSettings(articles=40)) as running:
        yield running


@pytest.fixture(autouse=True)
def _without_faults(site: RunningSite) -> Iterator[None]:
    yield
    site.set_faults([])


def get(
    site: RunningSite, path: str, host: str = HOST, timeout_s: float = 10, **headers: str
) -> tuple[HTTPResponse, bytes]:
    name, _, port = site.address.partition(":")
    connection = HTTPConnection(name, int(port), timeout=timeout_s)
    try:
        asked = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": host, **asked})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def an_article(site: RunningSite) -> str:
    listed = next(each for each in site.world.listed(site.pace.origin, HOST))
    return listed.content.url.removeprefix(f"https://{HOST}")


def test_it_answers_what_the_world_says(site: RunningSite) -> None:
    web = Web(site.world)
    for path in (an_article(site), FEED, "/sitemap.xml", "/thoi-su.htm", "/robots.txt", "/nothing-here"):
        response, body = get(site, path)
        said = web.answer(HOST, path, site.pace.now())
        assert (response.status, body, response.headers["Content-Type"]) == (said.status, said.body, said.content_type)


def test_what_has_not_changed_is_not_sent_again(site: RunningSite) -> None:
    path = an_article(site)
    first, _ = get(site, path)
    for asked in (
        {"If_None_Match": first.headers["ETag"]},
        {"If_Modified_Since": first.headers["Last-Modified"]},
    ):
        response, body = get(site, path, **asked)
        assert (response.status, body) == (304, b"")
    other, _ = get(site, path, If_None_Match='"another"', If_Modified_Since=first.headers["Last-Modified"])
    assert other.status == 200


def test_bodies_are_packed_where_that_is_asked_for(site: RunningSite) -> None:
    path = an_article(site)
    _, plain = get(site, path)
    response, packed = get(site, path, Accept_Encoding="gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain


def test_it_is_vouched_for_by_its_own_authority(site: RunningSite) -> None:
    for wrong in ("", "authority", "name", "time"):
        site.set_faults([Fault(FaultKind.BAD_CERTIFICATE, target=wrong)] if wrong else [])
        context = ssl.create_default_context(cafile=str(site.authority))
        with socket.create_connection(("127.0.0.1", int(site.address.rpartition(":")[2]))) as plain:
            if wrong:
                with pytest.raises(ssl.SSLCertVerificationError):
                    context.wrap_socket(plain, server_hostname=HOST)
            else:
                with context.wrap_socket(plain, server_hostname=HOST) as secure:
                    secure.sendall(f"GET {FEED} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                    assert secure.recv(12) == b"HTTP/1.1 200"


def test_each_request_is_in_the_log_even_after_a_kill(site: RunningSite) -> None:
    before = len(site.requests())
    began = time.time()
    get(site, "/rss/home.rss?after", User_Agent="somebody")
    site.stop()
    site.start()
    get(site, "/rss/home.rss?again")
    first, second = site.requests()[before:]
    assert (first.path, first.status, first.agent, first.host) == ("/rss/home.rss?after", 200, "somebody", HOST)
    assert began <= first.arrived <= first.ended <= second.arrived


def test_one_connection_serves_many_requests(site: RunningSite) -> None:
    name, _, port = site.address.partition(":")
    connection = HTTPSConnection(name, int(port), context=_vouching_for(site))
    for path in (FEED, "/sitemap.xml", an_article(site)):
        connection.request("GET", path, headers={"Host": HOST})
        response = connection.getresponse()
        assert (response.status, len(response.read()) > 0) == (200, True)
    connection.close()


def _vouching_for(site: RunningSite) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(site.authority))
    context.check_hostname = False  # the connection is to an address
    return context


def test_faults_hold_for_their_hosts_paths_and_number(site: RunningSite) -> None:
    site.set_faults(
        [
            Fault(FaultKind.STATUS, path=PLACES, status=403, times=2),
            Fault(FaultKind.STATUS, host="www.vietnam.vn", status=429, retry_after="7"),
            Fault(FaultKind.STATUS, status=503, until_s=0, time=Time.REAL),
        ]
    )
    assert [get(site, "/sitemap.xml")[0].status for _ in range(3)] == [403, 403, 200]
    assert get(site, FEED)[0].status == 200
    response, _ = get(site, "/", host="www.vietnam.vn")
    assert (response.status, response.headers["Retry-After"]) == (429, "7")


def test_a_share_of_requests_fails_by_the_seed(site: RunningSite) -> None:
    def statuses() -> list[int]:
        site.set_faults([Fault(FaultKind.STATUS, status=503, probability=0.5)])
        return [get(site, FEED)[0].status for _ in range(20)]

    first = statuses()
    assert set(first) == {200, 503}
    assert statuses() == first


def test_a_connection_can_end_in_the_middle(site: RunningSite) -> None:
    site.set_faults([Fault(FaultKind.RESET)])
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        get(site, FEED)
    site.set_faults([Fault(FaultKind.CUT)])
    with pytest.raises(Exception, match="IncompleteRead"):
        get(site, FEED)


def test_a_body_without_end_goes_on_for_as_long_as_somebody_listens(site: RunningSite) -> None:
    site.set_faults([Fault(FaultKind.TRICKLE, seconds=0.01)])
    name, _, port = site.address.partition(":")
    connection = HTTPConnection(name, int(port), timeout=10)
    connection.request("GET", FEED, headers={"Host": HOST})
    response = connection.getresponse()
    assert len(response.read(30)) == 30
    connection.close()


OF_THE_CONNECTION = {
    FaultKind.BAD_CERTIFICATE,
    FaultKind.RESET,
    FaultKind.CUT,
    FaultKind.TRICKLE,
    FaultKind.HUGE_HEADER,
}
OF_LISTINGS = {FaultKind.CALENDAR, FaultKind.REPEATED}
PAST_THE_END = "/timelinelist/1854/99.htm"


@pytest.mark.parametrize("kind", sorted({*FaultKind} - OF_THE_CONNECTION))
def test_every_other_fault_answers_wherever_it_happens(site: RunningSite, kind: FaultKind) -> None:
    status = 429 if kind == FaultKind.STATUS else None
    site.set_faults([Fault(kind, status=status, seconds=0.01, target="file:///etc/passwd")])
    answers = {path: get(site, path) for path in (PAST_THE_END, an_article(site), FEED, "/nothing-here")}
    shown = PAST_THE_END if kind in OF_LISTINGS else FEED
    response, body = answers[shown]
    usual = Web(site.world).answer(HOST, shown, site.pace.now())
    assert ((response.status, body) == (usual.status, usual.body)) is (kind == FaultKind.SLOW)


def test_a_mistake_of_the_twin_is_heard_of(tmp_path: Path) -> None:
    made = RunningSite(tmp_path, WorldSettings(articles=1), faults=[Fault(FaultKind.BROKEN_XML, times=1)])
    (tmp_path / "faults.json").write_text("no rules")
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        get(made, FEED)
    with pytest.raises(RuntimeError, match="the twin failed"):
        made.stop()


def test_a_header_of_a_megabyte_is_sent(site: RunningSite) -> None:
    site.set_faults([Fault(FaultKind.HUGE_HEADER)])
    with pytest.raises(LineTooLong):
        get(site, FEED)


def test_further_rules_of_a_bad_day_are_read(site: RunningSite) -> None:
    site.set_faults([Fault(FaultKind.STATUS, status=418, times=1), *bad_day()])
    assert get(site, FEED)[0].status == 418


def test_the_log_tells_of_pauses_and_of_what_robots_forbid(site: RunningSite) -> None:
    before = len(site.requests())
    for path in ("/robots.txt", FEED, "/print/mot-bai-185250117194334368.htm"):
        get(site, path)
    get(site, "/", host="www.vietnam.vn")
    made = site.requests()[before:]
    own = of_publisher(made, HOST)
    assert [each.path for each in forbidden(made, Web(site.world))] == ["/print/mot-bai-185250117194334368.htm"]
    assert [each.host for each in without_rules(made)] == ["www.vietnam.vn"]
    assert len(pauses_s(own)) == 2
    assert all(pause > 0 for pause in pauses_s(own))
    at_once = [replace(own[0], ended=own[1].arrived + 1), own[1]]
    assert pauses_s(at_once) == [-1]


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib;"
        "from tests.site.running import RunningSite; from tests.site.settings import WorldSettings;"
        "site = RunningSite(pathlib.Path(sys.argv[1]), WorldSettings(articles=1)); print(site.address, flush=True);"
        "sys.stdin.read()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout
    host, _, port = starter.stdout.readline().strip().partition(":")
    socket.create_connection((host, int(port))).close()
    starter.kill()
    starter.communicate()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    pytest.fail("it answers for ever")


def test_a_spider_takes_it_for_the_web(site: RunningSite, tmp_path: Path) -> None:
    """Through its own resolver and over https, with the twin's authority trusted."""
    recorded, path = tmp_path / "recorded.jsonl", an_article(site)
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= site.environment | {"DONGTIN_CONTACT": "https://example.org", "RECORDED": str(recorded)}
    environment["DONGTIN_STATE_DIR"] = str(tmp_path / "state")
    environment["PYTHONPATH"] += f"{os.pathsep}{ROOT / 'tests' / 'spiders'}"
    command = [sys.executable, "-m", "scrapy", "crawl", "thanhnien", "-a", f"url=https://{HOST}{path}"]
    for setting in (
        "PAGES_SINK=test_crawl.RecordingSink",
        "DOWNLOAD_DELAY=0",
        "AUTOTHROTTLE_ENABLED=False",
        *SCRAPY_SETTINGS,
    ):
        command += ["-s", setting]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (record,) = map(json.loads, recorded.read_text(encoding="utf-8").splitlines())
    assert record["key"] == f"thanhnien.vn/{path.rpartition('-')[2].removesuffix('.htm')}"
    robots, page = site.requests()[-2:]
    assert (robots.path, page.path, page.secure) == ("/robots.txt", path, True)
