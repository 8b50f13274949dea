"""What pages may do to the process that reads them: functions for the child of `processors.reader`, by their names.

Each takes a page in the place of an arrival: the reader looks into neither. They have their own module, so that the
child loads no test tools.
"""

import ctypes
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from dongtin.errors import DecodeError, ReaderUnavailable
from dongtin.events import Page, RejectionReason
from processors.changes import Absent, Moved
from processors.reader import wire

A_LONG_TIME_S = 60


def digest(page: Page) -> Moved:
    return Moved(sha256(page.body).hexdigest())


def twice_fatal(page: Page) -> Moved:
    """Dies of the way that the page names, and reads every other page."""
    if page.body in FATAL:
        FATAL[page.body]()
    return digest(page)


ALL_DESCRIPTORS = (3, 1024)
"""Which of them are ours follows from how many the process has that started us."""


def write_everywhere(data: bytes) -> None:
    for descriptor in range(*ALL_DESCRIPTORS):
        try:
            os.write(descriptor, data)
        except OSError:
            continue


FATAL: dict[bytes, Callable[[], object]] = {
    b"segfault": lambda: ctypes.string_at(0),
    b"exit": lambda: os._exit(3),
    b"sys.exit": lambda: sys.exit(4),
    b"kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    b"close": lambda: os.closerange(*ALL_DESCRIPTORS),
    b"allocate": lambda: [bytes(8 << 20) for _ in range(1000)],
    b"garbage": lambda: write_everywhere(b"\xff" * 100),
    b"gigabytes": lambda: write_everywhere(wire.ANSWER.pack(b"a", False, 1, (1 << 32) - 1)),
    b"unasked": lambda: write_everywhere(wire.ANSWER.pack(b"r", False, 1, 0)),
    b"out of turn": lambda: write_everywhere(wire.ANSWER.pack(b"m", False, 2, 0)),
}


def swallows_memory_error(page: Page) -> Absent:
    held = []
    try:
        while True:
            held.append(bytearray(b"x") * (1 << 20))
    except MemoryError:
        return Absent(RejectionReason.EMPTY_BODY, f"after {len(held)} MiB")


def never_ends_in_c(page: Page) -> Moved:
    """Holds the interpreter's lock, and looks at no signal in a lifetime."""
    if page.body == b"endless":
        endless()
    return digest(page)


def endless() -> None:
    re.match(r"(a|a)*b", "a" * 100)


def slow_the_first_time(page: Page) -> Moved:
    """Its page is the path of a file that lists its readings."""
    return slow_the_first_times(page, 1)


def slow_the_first_two_times(page: Page) -> Moved:
    return slow_the_first_times(page, 2)


def slow_the_first_times(page: Page, times: int) -> Moved:
    log = Path(page.body.decode())
    with log.open("a") as lines:
        lines.write(f"{os.getpid()}\n")
    if len(log.read_text().split()) <= times:
        time.sleep(A_LONG_TIME_S)
    return Moved("read")


def slow_each_time(page: Page) -> Moved:
    log = Path(page.body.decode())
    with log.open("a") as lines:
        lines.write(f"{os.getpid()}\n")
    time.sleep(0.5)
    return Moved("read")


def own_pid(page: Page) -> Moved:
    return Moved(str(os.getpid()))


def chatty(page: Page) -> Moved:
    print("stray " * 1000, flush=True)
    os.write(1, b"straight to the descriptor\n")
    assert sys.stdin.read() == ""
    return digest(page)


class Unknown(Exception):
    """A class that the parent does not know."""


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


RAISED: dict[bytes, Callable[[], Exception]] = {
    b"value": lambda: ValueError("bad value", 3, None, 0.5, True),
    b"unicode": lambda: UnicodeDecodeError("utf-8", b"\xff\xfe", 0, 1, "invalid start byte"),
    b"system": lambda: OSError(2, "No such file"),
    b"recursion": lambda: RecursionError("maximum recursion depth exceeded"),
    b"ours": lambda: DecodeError("does not keep the contract"),
}
TOLD: dict[bytes, Callable[[], Exception]] = {
    b"unknown": lambda: Unknown("what it says"),
    b"unprintable": Unprintable,
    b"surrogate": lambda: ValueError("\ud800"),
    b"object": lambda: ValueError(object()),
    b"number": lambda: ValueError(1 << 100),
    b"file": lambda: OSError(2, "No such file", "name"),
    b"group": lambda: ExceptionGroup("several", [ValueError()]),
    b"stop": lambda: ReaderUnavailable("stop the worker"),
    b"huge": lambda: ValueError("x" * 70_000_000),
}


def raises(page: Page) -> Moved:
    if page.body in RAISED:
        raise RAISED[page.body]()  # noqa: RSE102  # it is made there
    if page.body in TOLD:
        raise TOLD[page.body]()  # noqa: RSE102  # it is made there
    return own_pid(page)


def gives_nothing(page: Page) -> None:
    return None
