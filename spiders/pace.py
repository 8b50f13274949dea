"""The pause between two requests of a publisher, whatever asks for them: pages, robots.txt, feeds, retries, redirects.

A request begins no sooner than the pause after the end of the last one, so that no log of a server can show less; one
runs at a time. The end and the hold outlive a restart, and are shared by all processes with the same state folder.
Scrapy's own slot counts from start to start, and forgets.

With DOWNLOAD_DELAY=0 and AutoThrottle off (benchmarks on loopback), and no Crawl-delay, requests have no pause and run
side by side, as many as CONCURRENT_REQUESTS_PER_DOMAIN says; holds count then too.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import structlog

from spiders.holds import DAY_S, MAY_REFUSE, REFUSALS, BackOff, retry_after_s
from spiders.outcomes import HostHeld
from spiders.pace_file import PaceFile, PaceRecord

log = structlog.get_logger(__name__)

JITTER = 0.1
"""A pause is longer by up to this share, never shorter: two processes of one publisher then meet as equals."""
LONGEST_DELAY_S = 3600.0
"""Of a record. A Crawl-delay above it forbids everything: see `spiders.robots`."""
UNHEARD_S = 0.05
"""After a request that failed: a server may hear later than we that nobody waits for its answer any more."""
LOCKED_S = 0.05
"""Between two tries to have a publisher that another process is asking."""


@dataclass(frozen=True)
class PaceRules:
    """What does not change in a crawl."""

    patience_s: float = 120.0
    """A request that would wait longer, besides the pause, is not made."""
    back_off: BackOff = field(default_factory=BackOff)
    concurrency: int = 1
    """Requests at once where there is no pause."""


class Pace:
    """Of one publisher. `own_delay_s` gives the pause that this crawl keeps by itself, seconds, as it is now."""

    def __init__(
        self,
        publisher: str,
        file: PaceFile,
        rules: PaceRules,
        own_delay_s: Callable[[], float],
        stopping: asyncio.Event,
    ) -> None:
        self._publisher = publisher
        self._file = file
        self._rules = rules
        self._own_delay_s = own_delay_s
        self._stopping = stopping
        self._crawl_delays: dict[str, float] = {}
        self._line = asyncio.Lock()
        self._room = asyncio.Semaphore(rules.concurrency)
        # What this process knows by a clock that nobody sets.
        self._ended_at = self._held_until = -DAY_S

    @property
    def delay_s(self) -> float:
        """The pause: the longest of the crawl's own and the Crawl-delays of the publisher's hosts."""
        return max(self._own_delay_s(), *self._crawl_delays.values(), 0.0)

    def keep_crawl_delay(self, host: str, delay_s: float) -> None:
        """What a host's robots.txt asks for, in the place of what it asked for before; 0 for nothing."""
        before = self.delay_s
        self._crawl_delays[host] = delay_s
        if self.delay_s != before:
            log.info("crawl-delay", publisher=self._publisher, host=host, delay_s=delay_s)

    def held_until(self) -> float | None:
        """When to ask again, a POSIX timestamp, where a request would raise HostHeld now; None where it would not."""
        wait_s = self._wait_s(self._file.read(), self.delay_s)
        return time.time() + wait_s if wait_s > self._patience_s else None

    @property
    def _patience_s(self) -> float:
        """The pause comes on top: a long Crawl-delay makes a crawl slow, and does not end it."""
        return self._rules.patience_s + (1 + JITTER) * min(self.delay_s, LONGEST_DELAY_S)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A request is made inside. Raises HostHeld where its turn is too far away, or the crawl stops before."""
        if not self.delay_s:
            async with self._room:
                await self._wait_while_held()
                yield
            return
        async with self._line:
            await self._take()
            try:
                yield
            except Exception:
                await asyncio.sleep(UNHEARD_S)
                raise
            finally:
                self._ended_at = time.monotonic()
                delay_s = min(self.delay_s, LONGEST_DELAY_S)
                self._keep(replace(self._file.read(), ended_at=time.time(), delay_s=delay_s))
                self._file.unlock()

    def answered(self, status: int, retry_after: str | None = None, date: str | None = None) -> None:
        """What an answer says of us: a refusal is a hold, and a good answer ends the counting. Called inside a turn."""
        now = time.time()
        asked_s = retry_after_s(retry_after, date, now) if status in MAY_REFUSE else None
        if status in REFUSALS or asked_s is not None:
            refusals = self._file.read().refusals + 1
            hold_s = asked_s or self._rules.back_off.hold_s(refusals, random.random())  # noqa: S311  # no secret
            self._held_until = time.monotonic() + hold_s
            self._keep(replace(self._file.read(), held_until=now + hold_s, refusals=refusals))
            log.warning("held", publisher=self._publisher, status=status, hold_s=round(hold_s, 1), refusals=refusals)
        elif (status < 400 or status in (404, 410)) and self._file.read().refusals:
            self._keep(replace(self._file.read(), refusals=0))

    async def _take(self) -> None:
        """Return when the turn has come, with the publisher locked."""
        patient_until = time.monotonic() + self._patience_s
        stretched = 1 + random.uniform(0, JITTER)  # noqa: S311  # no secret
        while True:
            wait_s = LOCKED_S
            if self._file.lock():
                wait_s = self._wait_s(self._settled(), self.delay_s * stretched)
                if wait_s <= 0 and not self._stopping.is_set():
                    self._keep(replace(self._file.read(), ended_at=None))
                    return
                # Not kept while it waits: who waits shorter may go first.
                self._file.unlock()
            await self._sleep(wait_s, patient_until)

    async def _wait_while_held(self) -> None:
        patient_until = time.monotonic() + self._patience_s
        while (wait_s := self._held_s(self._file.read())) > 0 or self._stopping.is_set():
            await self._sleep(wait_s, patient_until)

    def _settled(self) -> PaceRecord:
        """The record of a publisher that nobody is asking: a request without an end, or with one that is yet to come by
        our clock, ended now for all we know, and no hold is longer than the longest.
        """
        record, now = self._file.read(), time.time()
        ended_at = now if record.ended_at is None else min(record.ended_at, now)
        settled = replace(record, ended_at=ended_at, held_until=min(record.held_until, now + DAY_S))
        if settled != record:
            self._keep(settled)
        return settled

    def _wait_s(self, record: PaceRecord, delay_s: float) -> float:
        """By the clock of the record and by that of this process, the longer: whichever of them was set."""
        now = time.time()
        ended_at = now if record.ended_at is None else min(record.ended_at, now)
        by_record = ended_at + max(delay_s, min(record.delay_s, LONGEST_DELAY_S)) - now
        return max(by_record, self._ended_at + delay_s - time.monotonic(), self._held_s(record))

    def _held_s(self, record: PaceRecord) -> float:
        return max(min(record.held_until - time.time(), DAY_S), self._held_until - time.monotonic())

    async def _sleep(self, wait_s: float, patient_until: float) -> None:
        until = time.time() + wait_s
        if self._stopping.is_set():
            raise HostHeld("the crawl stops", until)
        if time.monotonic() + wait_s > patient_until:
            raise HostHeld(f"{self._publisher} is not asked within the next {wait_s:.0f} s", until)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait_s)

    def _keep(self, record: PaceRecord) -> None:
        try:
            self._file.write(record)
        except OSError as error:
            # The pause is kept by this process; what is lost is that a later one knows of it.
            log.warning("pace is not kept", publisher=self._publisher, why=str(error))
