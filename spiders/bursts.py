"""Records go to a sink in bursts, and their outcomes come back together: two threads that seldom wake each other.

A sink works in a thread of its own, and only one of the two runs at a time: a page that is handed over alone costs more
in changes between them than in work.
"""

import asyncio
import contextlib
from collections import deque
from functools import partial

from dongtin.record import Record
from dongtin.stream.base import Sink

Outcome = asyncio.Future[Exception | None]
"""Of sending a record: None where it is acknowledged."""
GATHERED_S = 0.04
"""How long records are gathered; at 20 a second one seldom waits for another."""


class Bursts:
    """For the thread of an event loop; an outcome that was cancelled in time is not sent."""

    def __init__(self) -> None:
        self._gathered: list[tuple[Sink, Record, Outcome]] = []
        self._acknowledged: deque[tuple[Outcome, Exception | None]] = deque()
        self._is_told = False

    def send(self, sink: Sink, record: Record) -> Outcome:
        """The outcome to come; what the sink raises is raised by it."""
        loop = asyncio.get_running_loop()
        outcome: Outcome = loop.create_future()
        if not self._gathered:
            loop.call_later(GATHERED_S, self._send_gathered)
        self._gathered.append((sink, record, outcome))
        return outcome

    def _send_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        for sink, record, outcome in gathered:
            if outcome.done():
                continue
            try:
                sink.send(record, partial(self._acknowledge, outcome.get_loop(), outcome))
            except Exception as error:  # noqa: BLE001  # it is for whoever waits
                outcome.set_exception(error)

    def _acknowledge(self, loop: asyncio.AbstractEventLoop, outcome: Outcome, error: Exception | None) -> None:
        """In the sink's thread."""
        self._acknowledged.append((outcome, error))
        if not self._is_told:
            self._is_told = True
            # The loop is closed where the crawl is over; the record was counted as undelivered then.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._is_told = False  # before it looks: what comes from now on tells again
        while self._acknowledged:
            outcome, error = self._acknowledged.popleft()
            if not outcome.done():
                outcome.set_result(error)
