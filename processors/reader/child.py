"""A reading process as its parent holds it: started afresh, asked with a deadline, killed."""

import fcntl
import math
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from dongtin.codec import canonical
from dongtin.errors import ReaderDied, ReaderTimeout
from processors.reader.limits import Limits
from processors.reader.wire import ANSWER, ANSWER_BYTES, Answer, Kind

OUT_OF_MEMORY = 77
"""Exit code of a child that met its memory limit."""
PIPE_BYTES = 1 << 20
"""What an unprivileged process may have for a pipe; most pages fit whole, so that they wake the child once."""
CHUNK_BYTES = 1 << 16
"""What a pipe holds unless it is told otherwise: most answers come whole."""
COMES_THROUGH_S = 0.5
"""An answer that is larger than its pipe waits in the child for a parent that was busy elsewhere."""
LAST_WORDS_S = 1.0
"""A process whose pipe has ended is ending itself, and then says by which signal or exit code."""
STDERR = 2
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Reading has one thread. OpenBLAS would start one for each core, with 8 MB of stack each: on a large machine more
than the memory limit."""


@dataclass(frozen=True)
class Assignment:
    """What a child is told when it is started."""

    function: str
    """`module:function`: takes an arrival, gives what it shows."""
    warm: str | None
    """`module:function`: called once before the first page."""
    requests: int
    """File descriptor that pages come from."""
    answers: int
    """File descriptor that answers go to."""
    parent: int
    """Process id."""
    memory_bytes: int
    pages: int
    resident_bytes: int


class Child:
    """A process that reads pages in the order in which they are handed over, and answers in that order.

    After an error it must be killed: its pipes are out of step.
    """

    def __init__(self, function: str, warm: str | None, limits: Limits) -> None:
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        assignment = Assignment(
            function,
            warm,
            requests,
            answers,
            os.getpid(),
            limits.memory_bytes,
            limits.pages,
            limits.resident_bytes,
        )
        try:
            self._process = _start(assignment)
        except BaseException:
            self._close()
            raise
        finally:
            os.close(requests)
            os.close(answers)
        for descriptor in (self._requests, self._answers):
            os.set_blocking(descriptor, False)
        with suppress(OSError, AttributeError):  # another system, or the user's share of pipes is used up
            fcntl.fcntl(self._requests, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._answering = select.poll()
        self._answering.register(self._answers, select.POLLIN)
        self._moving = select.poll()
        self._moving.register(self._answers, select.POLLIN)
        self._moving.register(self._requests, select.POLLOUT)
        self._unsent: list[memoryview] = []
        self._said = bytearray()
        self._handed_over = self._answered = 0
        self._turn_at = 0.0
        """Since when the page is read that is answered next."""
        self.pid = self._process.pid
        self.is_last = False
        """Whether it ends after what it has answered."""

    def is_idle(self) -> bool:
        """Whether it waits for a page: it has not ended, and said nothing that it was not asked for."""
        return not self.is_last and self._handed_over == self._answered and not self._answering.poll(0)

    def has_ended(self) -> bool:
        """Whether it reads nothing any more; what it said before may still be in its pipe."""
        return self.is_last or self._process.poll() is not None

    def wait_until_ready(self, seconds: float) -> None:
        """Raises ReaderDied, and ReaderTimeout after so many seconds."""
        if self._receive(Deadline(seconds), 0).kind is not Kind.READY:
            raise ReaderDied("another word than ready")

    def hand_over(self, request: Sequence[bytes]) -> None:
        """Let it read a page when it has read those before. Never waits: what the pipe does not take goes later."""
        if self._handed_over == self._answered:
            self._turn_at = time.monotonic()
        self._handed_over += 1
        self._unsent += map(memoryview, request)
        self._send()

    def answer(self, seconds: float) -> Answer:
        """The answer to the next page. Raises ReaderDied, and ReaderTimeout where it is read for so many seconds."""
        now = time.monotonic()
        # Unsent, it may not have been begun. What was said while nobody listened needs a moment to come through.
        began = now if self._unsent else max(self._turn_at, now - seconds + COMES_THROUGH_S)
        answer = self._receive(Deadline(seconds, began), self._answered + 1)
        self._answered += 1
        self._turn_at = time.monotonic()
        if self._said and self._answered == self._handed_over:
            raise ReaderDied("more than an answer")
        return answer

    def kill(self) -> None:
        """End it at once, whatever it does, and leave nothing of it behind."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _receive(self, deadline: "Deadline", number: int) -> Answer:
        self._listen_until(ANSWER.size, deadline)
        kind, self.is_last, said_number, size = ANSWER.unpack_from(self._said)
        if size > ANSWER_BYTES:
            raise ReaderDied(f"an answer of {size:,} bytes")
        if said_number != number:
            raise ReaderDied("an answer out of turn")
        self._listen_until(ANSWER.size + size, deadline)
        data = bytes(self._said[ANSWER.size : ANSWER.size + size])
        del self._said[: ANSWER.size + size]
        try:
            return Answer(Kind(kind), data)
        except ValueError:
            raise ReaderDied("an answer of no kind") from None

    def _listen_until(self, size: int, deadline: "Deadline") -> None:
        """Until so many bytes were said; meanwhile the rest of the pages goes out."""
        while len(self._said) < size:
            if self._answers not in deadline.wait(self._moving if self._unsent else self._answering):
                self._send()
                continue
            chunk = os.read(self._answers, CHUNK_BYTES)
            if not chunk:
                raise ReaderDied(self._last_words())
            self._said += chunk

    def _send(self) -> None:
        """As much of the pages as the pipe takes."""
        try:
            while self._unsent:
                self._unsent = _without(self._unsent, os.writev(self._requests, self._unsent))
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._unsent = []  # it has ended: what it said before, and why it ended, its answers tell

    def _last_words(self) -> str:
        try:
            code = self._process.wait(LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if code == OUT_OF_MEMORY:
            return "out of memory"
        return f"exit code {code}" if code >= 0 else _signal_name(-code)

    def _close(self) -> None:
        os.close(self._requests)
        os.close(self._answers)


class Deadline:
    """So many seconds from a moment of the monotonic clock, from now where none is given."""

    def __init__(self, seconds: float, since: float | None = None) -> None:
        self._seconds = seconds
        self._at = (time.monotonic() if since is None else since) + seconds

    def wait(self, poll: "select.poll") -> list[int]:
        """The descriptors that are ready. What is ready counts even after the deadline. Raises ReaderTimeout."""
        left_ms = max(0, math.ceil((self._at - time.monotonic()) * 1000))
        ready = [descriptor for descriptor, _ in poll.poll(left_ms)]
        if not ready:
            raise ReaderTimeout(f"over {self._seconds:g} s")
        return ready


def _start(assignment: Assignment) -> "subprocess.Popen[bytes]":
    """A fresh interpreter, which is safe beside other threads, with the modules that this one finds.

    Its own session keeps the terminal's signals away, its stdout is our stderr: that channel is not for answers.
    """
    path = os.pathsep.join(str(Path(each).absolute()) for each in sys.path)
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module
        [sys.executable, "-P", "-m", "processors.reader", canonical(asdict(assignment)).decode()],
        stdin=subprocess.DEVNULL,
        stdout=STDERR,
        pass_fds=(assignment.requests, assignment.answers),
        start_new_session=True,
        env=os.environ | ONE_THREAD | {"PYTHONPATH": path},
    )


def _without(parts: list[memoryview], written: int) -> list[memoryview]:
    """What is left of parts after so many bytes."""
    for number, part in enumerate(parts):
        if written < len(part):
            return [part[written:], *parts[number + 1 :]]
        written -= len(part)
    return []


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
