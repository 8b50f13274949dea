"""Whatever a page does to its reader, the worker lives on and the page gets its answer or its error: real processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from hostile_reading import (
    RAISED,
    TOLD,
    chatty,
    digest,
    gives_nothing,
    never_ends_in_c,
    own_pid,
    raises,
    slow_each_time,
    slow_the_first_time,
    slow_the_first_two_times,
    swallows_memory_error,
    twice_fatal,
)
from hypothesis import given
from hypothesis import strategies as st
from processes import is_running, processor_s

from dongtin.errors import (
    DecodeError,
    DongtinError,
    Quarantine,
    ReaderDied,
    ReaderTimeout,
    ReaderUnavailable,
    ReadingFailed,
)
from dongtin.events import Page
from processors.changes import Moved
from processors.reader import Limits, Reader, wire

PATIENCE_S = 60
"""For what must come sooner or later; a test that fails waits so long."""
QUICK = Limits(wall_s=1.5)
MEMORY = 400 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc and PR_SET_PDEATHSIG are Linux's")


def arrival(body: bytes | Path) -> Any:
    return Page(body if isinstance(body, bytes) else str(body).encode())


def reader(function: Callable[[Any], object], limits: Limits | None = None) -> Reader:
    return Reader(f"{function.__module__}:{function.__name__}", None, limits)


def target(shows: object) -> str:
    return cast("Moved", shows).target


def eventually(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def while_reading(tmp_path: Path) -> Iterator[Callable[[Callable[[int], None]], Path]]:
    """A page, and what is done to the process that reads it, once, as soon as it does."""
    threads = []

    def start(deed: Callable[[int], None]) -> Path:
        log = tmp_path / "readings"

        def run() -> None:
            eventually(lambda: log.exists() and log.read_text().endswith("\n"))
            deed(int(log.read_text()))

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return log

    yield start
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("body", [b"", b"x", "chữ".encode(), bytes(4_000_000), os.urandom(4_000_000)], ids=len)
def test_a_page_of_any_size_comes_whole(body: bytes) -> None:
    with reader(digest) as each:
        assert each.look(arrival(body)) == Moved(sha256(body).hexdigest())


def test_reading_gives_the_same_as_in_process() -> None:
    # Here and not above, so that no other child loads all of it.
    from dongtin.codec import page_record
    from dongtin.publishers import page_key
    from dongtin.record import Message
    from processors.arrival import accept
    from processors.look import look

    url = "https://example.org/cau-moi"
    text = "".join(f"<p>Đoạn {n} của bài nói về cây cầu mới bắc qua con sông ở quê.</p>" for n in range(9))
    html = f"<html lang='vi'><title>Cầu mới</title><body><article>{text}</article></body></html>"
    pages = [
        Page(html.encode(), "text/html", url, url, 200, "2025-01-17T12:00:00Z"),
        Page(b"", "text/html", url, url, 404),
        Page(b"%PDF", "application/pdf", url, url, 200),
    ]
    with Reader() as each:
        for page in pages:
            record = page_record(page, page_key(url, url, page.status), "/test")
            arrived = accept(Message(record.topic, 0, 1, 0, record.key, record.value, record.headers))
            assert each.look(arrived) == look(arrived)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"segfault", "SIGSEGV"),
        (b"exit", "exit code 3"),
        (b"sys.exit", "exit code 4"),
        (b"kill", "SIGKILL"),
        (b"close", "exit code 1"),
        (b"allocate", "out of memory"),
        (b"garbage", "an answer of"),
        (b"gigabytes", "an answer of"),
        (b"unasked", "ready instead of an answer|more than an answer"),
        (b"out of turn", "an answer out of turn"),
    ],
)
def test_a_page_that_kills_its_reader_twice_is_an_error_and_the_next_is_read(body: bytes, why: str) -> None:
    with reader(twice_fatal, Limits(memory_bytes=MEMORY)) as each:
        with pytest.raises(ReaderDied, match=why) as caught:
            each.look(arrival(body))
        assert isinstance(caught.value, Quarantine)
        assert each.look(arrival(b"next")) == digest(arrival(b"next"))


def test_a_page_that_was_cut_for_want_of_memory_is_not_taken_for_read() -> None:
    with reader(swallows_memory_error, Limits(memory_bytes=MEMORY)) as each, pytest.raises(ReaderDied, match="memory"):
        each.look(arrival(b""))


def test_a_page_that_overruns_in_c_code_is_stopped_and_the_next_is_read() -> None:
    with reader(never_ends_in_c, QUICK) as each:
        with pytest.raises(ReaderTimeout, match=r"read twice: over 1\.5 s; over 1\.5 s"):
            each.look(arrival(b"endless"))
        assert each.look(arrival(b"next")) == digest(arrival(b"next"))


def test_a_page_whose_reader_was_killed_from_outside_is_read_again(
    while_reading: Callable[[Callable[[int], None]], Path],
) -> None:
    page = while_reading(lambda pid: os.kill(pid, signal.SIGKILL))
    with reader(slow_the_first_time, Limits(wall_s=PATIENCE_S)) as each:
        assert each.look(arrival(page)) == Moved("read")
    first, second = page.read_text().split()
    assert first != second


def test_an_overrun_is_its_own_pages_alone(tmp_path: Path) -> None:
    """Three pages that each overran once are three pages read: nothing adds up."""
    with reader(slow_the_first_time, QUICK) as each:
        for number in range(3):
            assert each.look(arrival(tmp_path / str(number))) == Moved("read")


def test_a_reader_that_was_killed_between_two_pages_costs_no_reading(tmp_path: Path) -> None:
    with reader(slow_each_time) as each:
        for number in range(3):
            log = tmp_path / str(number)
            assert each.look(arrival(log)) == Moved("read")
            assert len(log.read_text().split()) == 1
            assert each.pid is not None
            os.kill(each.pid, signal.SIGKILL)


def test_a_page_that_nobody_takes_from_the_pipe_is_read_in_a_fresh_process() -> None:
    body = bytes(4_000_000)
    with reader(own_pid, QUICK) as each:
        first = target(each.look(arrival(b"")))
        os.kill(int(first), signal.SIGSTOP)
        assert target(each.look(arrival(body))) != first
        assert not is_running(int(first))


def test_signals_of_a_terminal_let_the_page_be_finished(
    while_reading: Callable[[Callable[[int], None]], Path],
) -> None:
    def interrupt(pid: int) -> None:
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)

    page = while_reading(interrupt)
    with reader(slow_each_time) as each:
        assert each.look(arrival(page)) == Moved("read")
        assert page.read_text() == f"{each.pid}\n"


def test_an_interrupted_caller_never_gets_the_answer_of_another_page() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with reader(never_ends_in_c, Limits(wall_s=PATIENCE_S)) as each:
        each.look(arrival(b"first"))
        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(KeyboardInterrupt):
                each.look(arrival(b"endless"))
        finally:
            signal.signal(signal.SIGALRM, before)
        assert each.look(arrival(b"next")) == digest(arrival(b"next"))


def test_what_reading_prints_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with reader(chatty) as each:
        for body in (b"one", b"two"):
            assert each.look(arrival(body)) == digest(arrival(body))
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("stray") == 2000
    assert err.count("straight to the descriptor") == 2


@pytest.mark.parametrize("name", RAISED, ids=bytes.decode)
def test_an_error_comes_back_as_itself_and_costs_no_process(name: bytes) -> None:
    raised = RAISED[name]()
    with reader(raises) as each:
        pid = target(each.look(arrival(b"")))
        with pytest.raises(type(raised)) as caught:
            each.look(arrival(name))
        assert type(caught.value) is type(raised)
        assert (str(caught.value), caught.value.args) == (str(raised), raised.args)
        assert [note.rpartition(" ")[2] for note in caught.value.__notes__] == ["raises"]
        assert target(each.look(arrival(b""))) == pid


def test_an_error_that_cannot_be_carried_is_told() -> None:
    with reader(raises) as each:
        pid = target(each.look(arrival(b"")))
        for name in TOLD:
            with pytest.raises(ReadingFailed) as caught:
                each.look(arrival(name))
            assert type(TOLD[name]()).__qualname__ in str(caught.value)
            assert len(str(caught.value)) <= wire.TEXT_CHARACTERS
        assert target(each.look(arrival(b""))) == pid


def test_what_is_no_answer_is_an_error_of_ours() -> None:
    with reader(gives_nothing) as each, pytest.raises(TypeError, match="reading gave NoneType"):
        each.look(arrival(b""))


def test_a_process_is_replaced_after_its_pages() -> None:
    with reader(own_pid, Limits(pages=3)) as each:
        pids = [target(each.look(arrival(b""))) for _ in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


@linux
def test_a_process_is_replaced_when_it_holds_too_much() -> None:
    with reader(own_pid, Limits(resident_bytes=1)) as each:
        assert len({target(each.look(arrival(b""))) for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("function", "limits"),
    [("no_such_module:look", Limits()), ("os:getpid", Limits(start_s=0.001)), ("os:getpid", Limits(memory_bytes=1))],
    ids=["not found", "too late", "no memory"],
)
def test_where_no_process_starts_no_page_is_to_blame(function: str, limits: Limits) -> None:
    with Reader(function, None, limits) as each, pytest.raises(ReaderUnavailable) as caught:
        each.look(arrival(b""))
    assert isinstance(caught.value, DongtinError)
    assert not isinstance(caught.value, Quarantine)


@linux
def test_nothing_is_left_behind() -> None:
    before = descriptors()
    each = reader(twice_fatal)
    assert each.pid is None, "started with the first page"
    pids: list[int | None] = []
    for body in (b"page", b"exit", b"page", b"kill", b"page"):
        try:
            each.look(arrival(body))
            pids.append(each.pid)
        except ReaderDied:
            assert each.pid is None
    each.close()
    assert each.pid is None
    assert len(set(pids)) == 3
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids), "neither running nor a zombie"
    assert descriptors() == before
    each.close()
    with pytest.raises(ReaderUnavailable, match="closed"):
        each.look(arrival(b"page"))


def begun(each: Reader, *pages: Any, first: bytes | Path = b"first") -> None:
    """Hand pages over to a process that runs."""
    if each.pid is None:
        each.look(arrival(first))
    for page in pages:
        each.begin(page)


def readings(log: Path) -> int:
    return len(log.read_text().split()) if log.exists() else 0


def test_a_page_that_was_begun_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    one, other = (arrival(tmp_path / name) for name in ("one", "other"))
    with reader(slow_each_time) as each:
        begun(each, one, other, first=tmp_path / "first")
        eventually(lambda: readings(tmp_path / "other") == 1)
        assert [each.look(one), each.look(other)] == [Moved("read")] * 2
        assert (readings(tmp_path / "one"), readings(tmp_path / "other")) == (1, 1)


@pytest.mark.parametrize("size", [10, 150_000, 4_000_000])
def test_answers_of_begun_pages_are_their_own(size: int) -> None:
    bodies = [bytes([number]) * size for number in range(12)]
    pages = [arrival(body) for body in bodies]
    with reader(digest) as each:
        begun(each)
        pid = each.pid
        for page, following in zip(pages, [*pages[1:], pages[-1]], strict=True):
            each.begin(page)
            each.begin(following)
            assert each.look(page) == digest(page)
        assert each.pid == pid


@pytest.mark.parametrize("body", [b"segfault", b"kill", b"allocate", b"garbage", b"unasked", b"out of turn"])
def test_a_page_that_waits_behind_one_that_kills_is_read_in_its_turn(body: bytes) -> None:
    deadly, innocent = arrival(body), arrival(b"innocent")
    with reader(twice_fatal, Limits(memory_bytes=MEMORY)) as each:
        begun(each, deadly, innocent)
        with pytest.raises(ReaderDied, match="read twice"):
            each.look(deadly)
        assert each.look(innocent) == digest(innocent)


def test_a_page_that_waits_is_not_blamed_and_keeps_both_its_readings(tmp_path: Path) -> None:
    """Behind a page that overruns twice: to be in the pipe of a process that is killed is no reading."""
    endless, waiting = (arrival(tmp_path / name) for name in ("endless", "waiting"))
    first = tmp_path / "first"
    first.write_text("1\n2\n")
    with reader(slow_the_first_two_times, QUICK) as each:
        begun(each, endless, waiting, first=first)
        with pytest.raises(ReaderTimeout, match="read twice"):
            each.look(endless)
        assert readings(tmp_path / "waiting") == 0
        with pytest.raises(ReaderTimeout, match="read twice"):
            each.look(waiting)
        assert readings(tmp_path / "waiting") == 2


def test_a_page_that_is_asked_for_before_its_turn_gets_its_own_answer(tmp_path: Path) -> None:
    """Something more urgent has come: what was begun before it is read again when it is asked for."""
    waiting, urgent, last = (arrival(tmp_path / name) for name in ("waiting", "urgent", "last"))
    with reader(slow_each_time) as each:
        begun(each, waiting, first=tmp_path / "first")
        assert each.look(urgent) == Moved("read")
        begun(each, waiting, last)
        assert each.look(last) == Moved("read")
        assert each.look(waiting) == Moved("read")
    assert [readings(tmp_path / name) for name in ("waiting", "urgent", "last")] == [3, 1, 1]


def test_a_page_that_kills_before_it_is_asked_for_costs_no_other_page_anything() -> None:
    deadly, urgent = arrival(b"kill"), arrival(b"urgent")
    with reader(twice_fatal) as each:
        begun(each, deadly)
        assert each.look(urgent) == digest(urgent)
        with pytest.raises(ReaderDied, match="read twice"):
            each.look(deadly)


def test_a_page_that_was_read_while_nobody_listened_is_in_time(tmp_path: Path) -> None:
    page = arrival(tmp_path / "page")
    with reader(slow_each_time, Limits(wall_s=1)) as each:
        begun(each, page, first=tmp_path / "first")
        time.sleep(1.5)
        assert each.look(page) == Moved("read")
    assert readings(tmp_path / "page") == 1


def test_a_process_that_dies_between_pages_costs_a_begun_page_no_reading(tmp_path: Path) -> None:
    page = arrival(tmp_path / "page")
    with reader(slow_each_time) as each:
        begun(each, first=tmp_path / "first")
        assert each.pid is not None
        os.kill(each.pid, signal.SIGKILL)
        eventually(lambda: not is_running(each.pid or 0))
        each.begin(page)
        assert each.look(page) == Moved("read")
    assert readings(tmp_path / "page") == 1


def test_a_page_that_is_begun_behind_the_last_of_a_process_that_was_killed_costs_no_reading(tmp_path: Path) -> None:
    one, other = (arrival(tmp_path / name) for name in ("one", "other"))
    with reader(slow_each_time) as each:
        begun(each, one, first=tmp_path / "first")
        time.sleep(1)  # it has answered
        assert each.pid is not None
        os.kill(each.pid, signal.SIGKILL)
        eventually(lambda: not is_running(each.pid or 0))
        each.begin(other)
        assert [each.look(one), each.look(other)] == [Moved("read")] * 2
        assert readings(tmp_path / "other") == 1


def test_a_process_is_replaced_after_its_pages_whatever_waits_behind_them() -> None:
    pages = [arrival(bytes([number])) for number in range(7)]
    with reader(own_pid, Limits(pages=3)) as each:
        pids = []
        for at, page in enumerate(pages):
            for following in pages[at : at + 2]:
                each.begin(following)
            pids.append(target(each.look(page)))
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_what_is_forgotten_is_read_no_further() -> None:
    with reader(never_ends_in_c) as each:
        begun(each, arrival(b"endless"))
        pid = each.pid
        each.forget()
        assert pid is not None
        assert not is_running(pid)
        assert each.look(arrival(b"next")) == digest(arrival(b"next"))


def test_an_error_of_a_page_is_raised_in_its_turn() -> None:
    pages = [arrival(name) for name in (b"value", b"", b"ours", b"")]
    with reader(raises) as each:
        begun(each)
        for at, page in enumerate(pages):
            for following in pages[at : at + 2]:
                each.begin(following)
            if page.body:
                with pytest.raises(type(RAISED[page.body]())):
                    each.look(page)
            else:
                assert target(each.look(page)) == str(each.pid)


@linux
def test_the_reader_is_the_one_to_go_when_memory_is_short() -> None:
    with reader(own_pid) as each:
        pid = target(each.look(arrival(b"")))
        assert int(Path(f"/proc/{pid}/oom_score_adj").read_text()) == 1000


ORPHANING = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from dongtin.events import Page
from processors.reader import Limits, Reader
reader = Reader("hostile_reading:never_ends_in_c", None, Limits(wall_s=1000))
reader.look(Page(b"first"))
print(reader.pid, flush=True)
if sys.argv[2] == "reading":
    reader.look(Page(b"endless"))
sys.stdin.read()
"""


@linux
@pytest.mark.parametrize("doing", ["reading", "idle"])
def test_the_death_of_the_parent_is_that_of_the_reader(doing: str) -> None:
    command = [sys.executable, "-c", ORPHANING, json.dumps(sys.path), doing]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        if doing == "reading":
            used = processor_s(pid)
            eventually(lambda: processor_s(pid) > used + 0.2)
        parent.kill()
    eventually(lambda: not is_running(pid))


SIMPLE = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.sampled_from([ValueError, KeyError, RuntimeError, AssertionError, DecodeError, ReaderDied]),
    st.lists(SIMPLE | st.text() | st.binary(), max_size=3),
)
def test_an_error_with_plain_arguments_keeps_them(kind: type[Exception], arguments: list[object]) -> None:
    carried = wire.decode(wire.failure(kind(*arguments)))
    assert type(carried) is kind
    assert carried.args == tuple(arguments)


@given(st.sampled_from(wire.Kind), st.binary() | st.recursive(SIMPLE | st.text(), st.lists).map(json.dumps))
def test_an_answer_of_any_bytes_is_refused_or_ours(kind: wire.Kind, data: bytes | str) -> None:
    with suppress(DecodeError):
        wire.decode(wire.Answer(kind, data if isinstance(data, bytes) else data.encode()))


@given(
    st.sampled_from(["builtins.ValueError", "builtins.UnicodeDecodeError", "builtins.eval", "os.system", "", "."])
    | st.text(),
    st.lists(SIMPLE | st.text(max_size=9), max_size=6),
)
def test_an_answer_calls_nothing_but_errors(name: str, arguments: list[object]) -> None:
    data = json.dumps({"error": name, "arguments": arguments, "trace": ""}).encode()
    with suppress(DecodeError):
        assert isinstance(wire.decode(wire.Answer(wire.Kind.ERROR, data)), Exception)
