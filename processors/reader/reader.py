"""A page is read in a child process, and once more, alone, in a fresh one where that died or overran."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from dongtin.errors import DecodeError, ReaderDied, ReaderTimeout, ReaderUnavailable
from processors.arrival import Arrival
from processors.changes import Shows
from processors.reader import wire
from processors.reader.child import Child
from processors.reader.limits import Limits

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
        request = wire.request(arrival)
        try:
            found = self._read(request)
        except (ReaderDied, ReaderTimeout) as first:
            try:
                found = self._read(request)
            except (ReaderDied, ReaderTimeout) as second:
                raise type(second)(f"read twice: {first}; {second}") from second
        if isinstance(found, Exception):
            raise found
        return found

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

    def _read(self, request: Sequence[bytes]) -> Shows | Exception:
        child = self._ready()
        try:
            return wire.decode(child.ask(request, self._limits.wall_s))
        except DecodeError as error:
            self._discard()
            raise ReaderDied(f"no answer of ours: {error}") from error
        except BaseException:  # an interrupt too: an answer that nobody waits for would be taken for the next page's
            self._discard()
            raise

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
        if child:
            child.kill()
