"""The pause between requests: as the server's own log shows it, over everything that asks."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback_web import Asked, LoopbackWeb, Reply, loopback_web, reply
from wanderer import Wandering, wander

from spiders.outcomes import HostHeld
from spiders.pace import UNHEARD_S, Pace, PaceRules
from spiders.pace_file import JUST_ENDED, NEVER_ASKED, PaceFile, PaceRecord
from spiders.politeness import known_pace

HOST = "http://thanhnien.vn"
OTHER = "http://www.thanhnien.vn"


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    with loopback_web() as served:
        yield served


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


# What the server sees.


def test_the_pause_holds_over_redirects_retries_robots_txt_and_two_hosts(web: LoopbackWeb, tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        match asked.url.removeprefix(HOST).removeprefix(OTHER):
            case "/robots.txt":
                return reply(404)
            case "/moved":
                return reply(302, b"", ("Location", f"{OTHER}/there"))
            case "/broken":
                return reply(500)
            case "/slow":
                time.sleep(0.5)
        return reply()

    web.answer = answer
    urls = [f"{HOST}/moved", f"{HOST}/broken", f"{OTHER}/slow", f"{HOST}/last"]
    assert wander(web, tmp_path, *urls, DOWNLOAD_DELAY="0.3", CONCURRENT_REQUESTS_PER_DOMAIN="4") == {
        f"{HOST}/moved": "200",
        f"{HOST}/broken": "500",
        f"{OTHER}/slow": "200",
        f"{HOST}/last": "200",
    }
    assert web.count(f"{HOST}/broken") == 2
    assert web.count(f"{HOST}/robots.txt") == web.count(f"{OTHER}/robots.txt") == 1
    assert len(web.log) == 8
    assert min(web.gaps_s) >= 0.3
    slow = next(number for number, asked in enumerate(web.log) if asked.url == f"{OTHER}/slow")
    # From the end of an answer, not from its beginning.
    assert slow == len(web.gaps_s) or web.gaps_s[slow] >= 0.8


def test_a_kept_connection_that_ends_is_no_reason_to_ask_again_at_once(web: LoopbackWeb, tmp_path: Path) -> None:
    web.answer = lambda asked: None if web.count(f"{HOST}/b") == 1 and asked.url.endswith("/b") else reply()
    assert wander(web, tmp_path, f"{HOST}/a", f"{HOST}/b", DOWNLOAD_DELAY="0.4")[f"{HOST}/b"] == "200"
    assert web.count(f"{HOST}/b") == 2
    assert min(web.gaps_s) >= 0.4


@pytest.mark.parametrize("killed_in_a_request", [True, False])
def test_the_pause_outlives_kill_9(web: LoopbackWeb, tmp_path: Path, killed_in_a_request: bool) -> None:
    """The delay is longer than a process takes to start, so that nothing but its file can keep it."""

    def answer(asked: Asked) -> Reply:
        if asked.url.endswith("/robots.txt"):
            return reply(404)
        if killed_in_a_request and asked.url == f"{HOST}/a":
            web.over.wait(60)
        return reply()

    web.answer = answer
    first = Wandering(web, tmp_path, f"{HOST}/a", f"{HOST}/b", DOWNLOAD_DELAY="4")
    wait_for(lambda: web.count(f"{HOST}/a") == 1)
    time.sleep(0 if killed_in_a_request else 0.5)
    first.process.send_signal(signal.SIGKILL)
    first.process.communicate()
    assert wander(web, tmp_path, f"{HOST}/c", DOWNLOAD_DELAY="4") == {f"{HOST}/c": "200"}
    assert web.count(f"{HOST}/a") == web.count(f"{HOST}/c") == 1
    assert min(web.gaps_s) >= 4


def test_two_processes_keep_one_pause_and_both_get_on(web: LoopbackWeb, tmp_path: Path) -> None:
    paths = [[f"{HOST}/{name}{number}" for number in range(5)] for name in "ab"]
    both = [Wandering(web, tmp_path, *urls, DOWNLOAD_DELAY="0.4") for urls in paths]
    for urls, wandering in zip(paths, both, strict=True):
        assert wandering.outcomes() == dict.fromkeys(urls, "200")
    assert min(web.gaps_s) >= 0.4


def test_crawl_delay_is_kept_over_a_restart(web: LoopbackWeb, tmp_path: Path) -> None:
    robots = b"User-agent: *\nCrawl-delay: 1.5\n"
    web.answer = lambda asked: reply(200, robots if asked.url.endswith("/robots.txt") else b"text")
    for path in "ab":
        wander(web, tmp_path, f"{HOST}/{path}")
    assert [asked.url.removeprefix(HOST) for asked in web.log] == ["/robots.txt", "/a", "/b"]
    assert min(web.gaps_s) >= 1.5


def in_two_seconds() -> tuple[str, str]:
    """As a whole number of seconds, and a time that is no sooner; the server's clock is a year late."""
    late = datetime.now(UTC).replace(microsecond=0) - timedelta(days=365)
    return format_datetime(late, usegmt=True), format_datetime(late + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("dated", [True, False])
def test_retry_after_is_waited_for(web: LoopbackWeb, tmp_path: Path, status: int, dated: bool) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.url != f"{HOST}/a":
            return reply()
        date, until = in_two_seconds()
        return reply(status, b"", ("Date", date), ("Retry-After", until if dated else "2"))

    web.answer = answer
    assert wander(web, tmp_path, f"{HOST}/a", f"{OTHER}/b") == {f"{HOST}/a": str(status), f"{OTHER}/b": "200"}
    refused = next(asked for asked in web.log if asked.url == f"{HOST}/a")
    assert all(asked.at - refused.at >= 2 for asked in web.log if asked.at > refused.at)
    assert web.count(f"{HOST}/a") == 1


def test_a_storm_of_429_is_answered_by_longer_and_longer_silence(web: LoopbackWeb, tmp_path: Path) -> None:
    urls = [f"{HOST}/{name}" for name in "abcde"]
    web.answer = lambda asked: reply(429 if asked.url in urls[:3] else 200)
    outcomes = wander(web, tmp_path, *urls, HOLD_FIRST_S="0.4", HOLD_LONGEST_S="1")
    assert list(outcomes.values()) == ["429", "429", "429", "200", "200"]
    _, first, second, third, _ = web.gaps_s
    assert first >= 0.4
    assert second >= 0.8
    assert third >= 1


def test_who_is_told_to_stay_away_for_long_does_not_ask(web: LoopbackWeb, tmp_path: Path) -> None:
    web.answer = lambda asked: reply(503, b"", ("Retry-After", "3600"))
    urls = [f"{HOST}/{name}" for name in "abc"]
    first = wander(web, tmp_path, *urls)
    assert first[urls[0]] == "robots_unavailable"
    held_s = known_pace(tmp_path, "thanhnien.vn").held_until - time.time()
    assert 3000 < held_s <= 3600
    assert known_pace(tmp_path, "vietnam.vn") == NEVER_ASKED
    # The hold is the publisher's: another host, and another process, keep it too.
    again = wander(web, tmp_path, f"{OTHER}/d")
    assert again == {f"{OTHER}/d": "held"}
    assert [asked.url for asked in web.log] == [f"{HOST}/robots.txt"]


@pytest.mark.parametrize("throttled", ["True", "False"])
def test_a_stop_ends_all_waiting(web: LoopbackWeb, tmp_path: Path, throttled: str) -> None:
    web.answer = lambda asked: reply() if asked.url.endswith("/robots.txt") else reply(429, b"", ("Retry-After", "100"))
    urls = [f"{HOST}/{name}" for name in "abcdef"]
    wandering = Wandering(
        web, tmp_path, *urls, AUTOTHROTTLE_ENABLED=throttled, AUTOTHROTTLE_START_DELAY="1", DOWNLOAD_DELAY="0.1"
    )
    wait_for(lambda: web.count(f"{HOST}/a") == 1)
    wandering.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    outcomes = wandering.outcomes()
    assert time.monotonic() - began < 60  # the hold is longer
    assert outcomes[f"{HOST}/a"] == "429"
    assert set(outcomes.values()) <= {"429", "held"}
    assert len(web.log) == 2


def test_without_a_delay_requests_run_side_by_side_up_to_the_bound(web: LoopbackWeb, tmp_path: Path) -> None:
    running, most = 0, 0

    def answer(asked: Asked) -> Reply:
        nonlocal running, most
        if asked.url.endswith("/robots.txt"):
            return reply(404)
        running += 1
        most = max(most, running)
        time.sleep(0.2)
        running -= 1
        return reply()

    web.answer = answer
    urls = [f"{HOST}/{number}" for number in range(9)]
    bounds = {"CONCURRENT_REQUESTS_PER_DOMAIN": "3", "CONCURRENT_REQUESTS": "9"}
    assert set(wander(web, tmp_path, *urls, DOWNLOAD_DELAY="0", **bounds).values()) == {"200"}
    assert most == 3


# The pace itself.


def pace(path: Path, delay_s: float = 0.05, patience_s: float = 60.0) -> Pace:
    return Pace("thanhnien.vn", PaceFile(path), PaceRules(patience_s), lambda: delay_s, asyncio.Event())


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(60):
            await work()

    asyncio.run(within())


def test_the_pause_is_no_reason_for_impatience(tmp_path: Path) -> None:
    """A Crawl-delay makes a crawl slow, and does not end it."""
    one = pace(tmp_path / "turn", delay_s=0.3, patience_s=0.1)

    async def work() -> None:
        for _ in range(3):
            async with one.turn():
                pass
            assert one.held_until() is None

    run(work)


def test_requests_of_one_process_have_their_turns_one_after_the_other(tmp_path: Path) -> None:
    one = pace(tmp_path / "turn")
    times: list[tuple[float, float]] = []

    async def request() -> None:
        async with one.turn():
            began = time.monotonic()
            await asyncio.sleep(0.02)
            times.append((began, time.monotonic()))

    async def work() -> None:
        await asyncio.gather(*(request() for _ in range(5)))

    run(work)
    assert all(later[0] - earlier[1] >= 0.05 for earlier, later in pairwise(times))


def test_a_request_that_failed_ends_when_its_server_has_heard_of_it(tmp_path: Path) -> None:
    own = pace(tmp_path / "turn", delay_s=0.1)
    times = []

    async def work() -> None:
        with contextlib.suppress(TimeoutError):
            async with own.turn():
                times.append(time.monotonic())
                raise TimeoutError
        async with own.turn():
            times.append(time.monotonic())

    run(work)
    assert times[1] - times[0] >= 0.1 + UNHEARD_S


def test_the_longest_delay_of_all_hosts_is_kept_and_goes_when_it_goes(tmp_path: Path) -> None:
    one = pace(tmp_path / "turn", delay_s=1)
    one.keep_crawl_delay("a", 5)
    one.keep_crawl_delay("b", 3)
    assert one.delay_s == 5
    one.keep_crawl_delay("a", 0)
    assert one.delay_s == 3
    one.keep_crawl_delay("b", 0.5)
    assert one.delay_s == 1


def test_a_hold_can_be_asked_for_and_is_every_ones(tmp_path: Path) -> None:
    one, other = pace(tmp_path / "turn"), pace(tmp_path / "turn")

    async def work() -> None:
        assert one.held_until() is None
        async with one.turn():
            one.answered(429, "3600")
        for held in (one, other):
            until = held.held_until()
            assert until is not None
            assert 3590 < until - time.time() <= 3600
            with pytest.raises(HostHeld) as told:
                async with held.turn():
                    pass
            assert told.value.until == pytest.approx(until, abs=5)

    run(work)


def test_a_good_answer_ends_the_counting(tmp_path: Path) -> None:
    file = PaceFile(tmp_path / "turn")
    one = Pace("thanhnien.vn", file, PaceRules(), lambda: 0.001, asyncio.Event())
    for status, refusals in ((429, 1), (503, 2), (500, 2), (403, 2), (404, 0), (429, 1), (200, 0)):
        one.answered(status)
        assert file.read().refusals == refusals


def test_a_403_is_a_hold_where_it_says_how_long(tmp_path: Path) -> None:
    one = pace(tmp_path / "turn")
    one.answered(403)
    assert one.held_until() is None
    one.answered(403, "600")
    assert one.held_until() is not None


@pytest.mark.parametrize(
    "content",
    [b"\0\0\0", b"{", b'{"ended_at": 17', b"[]", b'{"ended_at": "no"}', b'{"ended_at": 1e400}', b"x" * 10_000],
)
def test_foreign_content_counts_as_a_request_that_has_just_ended(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "turn"
    path.write_bytes(content)
    assert PaceFile(path).read() == JUST_ENDED
    _waits_for_the_pause(path)


@pytest.mark.parametrize("record", [PaceRecord(ended_at=None), PaceRecord(ended_at=time.time() + 1e6)])
def test_a_request_without_an_end_and_one_that_is_yet_to_end_have_just_ended(
    tmp_path: Path, record: PaceRecord
) -> None:
    PaceFile(tmp_path / "turn").write(record)
    _waits_for_the_pause(tmp_path / "turn")


def _waits_for_the_pause(path: Path) -> None:
    one = pace(path, delay_s=0.3)

    async def work() -> None:
        began = time.monotonic()
        async with one.turn():
            assert time.monotonic() - began >= 0.3

    run(work)


@settings(derandomize=True)
@given(st.binary(max_size=400))
def test_no_content_makes_it_fail_or_wait_for_ever(content: bytes) -> None:
    descriptor = os.memfd_create("turn")
    os.write(descriptor, content)
    one = pace(Path(f"/proc/self/fd/{descriptor}"), patience_s=0)
    until = one.held_until()
    assert until is None or until <= time.time() + 86_401
    os.close(descriptor)


def test_a_record_is_what_was_written(tmp_path: Path) -> None:
    file = PaceFile(tmp_path / "turn")
    assert file.read() == NEVER_ASKED
    for record in (PaceRecord(1e9, 3600.0, 1e9 + 0.123456789, 10**9), PaceRecord(None), PaceRecord(1.5)):
        file.write(record)
        assert file.read() == record


def test_one_process_at_a_time_has_a_publisher(tmp_path: Path) -> None:
    one, other = PaceFile(tmp_path / "turn"), PaceFile(tmp_path / "turn")
    assert one.lock()
    assert not other.lock()
    one.unlock()
    assert other.lock()


def test_a_state_folder_that_cannot_be_had_is_one_line(web: LoopbackWeb, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file", encoding="utf-8")
    wandering = Wandering(web, state, f"{HOST}/a")
    _, log = wandering.process.communicate(timeout=60)
    assert wandering.process.returncode == 2
    assert log.splitlines()[-1] == f"dongtin: {state}/pace: Not a directory"
    assert web.log == []


def test_a_hold_that_a_clock_ahead_has_made_ends_within_a_day(tmp_path: Path) -> None:
    file = PaceFile(tmp_path / "turn")
    file.write(PaceRecord(held_until=time.time() + 400 * 86_400))
    one = pace(tmp_path / "turn", delay_s=0.001)

    async def work() -> None:
        with pytest.raises(HostHeld):
            async with one.turn():
                pass

    run(work)
    assert file.read().held_until <= time.time() + 86_400
