"""A page is read in a child process, and once more, alone, in a fresh one where that died or overran."""

from collections import deque
from types import TracebackType
from typing import Self

from dongtin.errors import DecodeError, ReaderDied, ReaderTimeout, ReaderUnavailable
from processors.arrival import Arrival
from processors.changes import Shows
from processors.reader import wire
from processors.reader.child import Child
from processors.reader.limits import Limits

MOST_BEGUN = 2
"""One that is read and one that waits in the pipe: the process never idles, and holds no more than a page more."""
LOOK = "processors.look:look"
WARM = "processors.reader.warm:warm"
STARTS = 2
"""A process that somebody killed while it started says nothing of the next; two of them do."""


class Reader:
    """`processors.look`, in a process that can be stopped. For one thread; close it in the end.

    `function` is what is run there, and `warm` what is run once before the first page, both as `module:function`. The
    process is started with the first page, by the thread that asks: on Linux it ends with that thread.
    """

    def __init__(self, function: str = LOOK, warm: str | None = WARM, limits: Limits | None = None) -> None:
        self._function = function
        self._warm = warm
        self._limits = limits or Limits()
        self._child: Child | None = None
        self._begun: deque[Arrival] = deque()
        """Handed over and not answered, in their order."""
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """Of the reading process; None where none runs."""
        return self._child.pid if self._child else None

    def look(self, arrival: Arrival) -> Shows:
        """What a page shows of its article.

        What the function raises is raised here. ReaderDied and ReaderTimeout: the page ended two processes, each at
        its only page or after others that did well. ReaderUnavailable: no process starts, whatever the page.
        """
        try:
            found = self._read(arrival)
        except (ReaderDied, ReaderTimeout) as first:
            # Whatever waited behind it went with the process, is read when it is asked for, and is not to blame.
            try:
                found = self._read(arrival)
            except (ReaderDied, ReaderTimeout) as second:
                raise type(second)(f"read twice: {first}; {second}") from second
        if isinstance(found, Exception):
            raise found
        return found

    def begin(self, arrival: Arrival) -> None:
        """Hand over a page that `look` will be asked for (this very object), to be read while the caller does other
        things. Never waits or raises; where it is not the time to begin, reading begins with `look`."""
        child = self._child
        if child is None or child.has_ended() or len(self._begun) == MOST_BEGUN or self._has_begun(arrival):
            return
        if self._begun or child.is_idle():
            self._hand_over(child, arrival)

    def forget(self) -> None:
        """Nobody will ask for what was begun: one of these may never end."""
        if self._begun:
            self._discard()

    def close(self) -> None:
        """End the reading process; nothing can be read afterwards."""
        self._is_closed = True
        self._discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, arrival: Arrival) -> Shows | Exception:
        try:
            child = self._next_in_line(arrival)
            answer = child.answer(self._limits.wall_s)
            self._begun.popleft()
            return wire.decode(answer)
        except DecodeError as error:
            self._discard()
            raise ReaderDied(f"no answer of ours: {error}") from error
        except BaseException:  # an interrupt too: an answer that nobody waits for would be taken for the next page's
            self._discard()
            raise

    def _next_in_line(self, arrival: Arrival) -> Child:
        """A process whose next answer is this page's."""
        if self._child and self._child.is_last:
            self._discard()  # it leaves unread what waits in its pipe
        while self._child and self._begun and self._begun[0] is not arrival:
            self._pass_over(self._child)
        if self._child and self._begun:
            return self._child
        child = self._ready()
        self._hand_over(child, arrival)
        return child

    def _hand_over(self, child: Child, arrival: Arrival) -> None:
        child.hand_over(wire.request(arrival))
        self._begun.append(arrival)

    def _pass_over(self, child: Child) -> None:
        """Wait for the first page that was begun, whose turn it is not: it is read again when it is asked for."""
        self._begun.popleft()
        try:
            child.answer(self._limits.wall_s)
        except (ReaderDied, ReaderTimeout):
            self._discard()

    def _has_begun(self, arrival: Arrival) -> bool:
        return any(each is arrival for each in self._begun)

    def _ready(self) -> Child:
        """A process that waits for a page; one that ended since the last page is replaced, and no page is to blame."""
        if self._child and self._child.is_idle():
            return self._child
        self._discard()
        if self._is_closed:
            raise ReaderUnavailable("the reader is closed")
        for _ in range(STARTS):
            try:
                self._child = self._start()
            except (ReaderDied, ReaderTimeout, OSError) as error:  # OSError: no process, no memory, no descriptor left
                why = error
            else:
                return self._child
        raise ReaderUnavailable(f"no reading process starts: {why}") from why

    def _start(self) -> Child:
        child = Child(self._function, self._warm, self._limits)
        try:
            child.wait_until_ready(self._limits.start_s)
        except BaseException:
            child.kill()
            raise
        return child

    def _discard(self) -> None:
        child, self._child = self._child, None
        self._begun.clear()
        if child:
            child.kill()
