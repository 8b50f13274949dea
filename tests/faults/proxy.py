"""A proxy between Kafka clients and one broker that makes faults which no broker makes on demand.

It knows the frames of the protocol (length, api, version, correlation id), rewrites the broker's address in the answers
that hold it, so that every connection of a client comes through here, and spoils the requests that a `Fault` names.
Clients that are to be spared, such as a test that looks at the outcome, talk to the broker itself.
"""

import asyncio
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self

from faults.frames import ADDRESSED, Api, Request, framed, read_frame


class Deed(Enum):
    """What is done to a request."""

    SWALLOW = "swallow"
    """Neither it nor what follows on its connection is forwarded or answered; the connection stays open."""
    LOSE_ANSWER = "lose answer"
    """The broker does it, but neither it nor what follows on its connection is answered."""
    DROP_BEFORE = "drop before"
    """The connection is closed, and the broker never saw the request."""
    DROP_AFTER = "drop after"
    """The connection is closed when the broker has done it and before the client knows."""
    ERROR_INSTEAD = "error instead"
    """The broker never sees it; the client gets an error code."""
    ERROR_AFTER = "error after"
    """The broker does it; the client gets an error code."""
    DELAY = "delay"
    """Done, and answered late."""


FOR_EVER = 1_000_000
"""Times."""


@dataclass
class Fault:
    """Spoils the next requests of one kind."""

    api: Api
    deed: Deed
    code: int = 0
    """Kafka's error code, for the two ERROR deeds."""
    topic: str | None = None
    """Only a Produce that has records for this topic."""
    after: Api | None = None
    """Only when a request of this kind was seen since the fault was made."""
    delay_s: float = 0
    """The answer, or the end of the connection, comes so much later."""
    times: int = 1
    hits: int = 0
    _seen: set[int] = field(default_factory=set)

    @property
    def spent(self) -> bool:
        """Whether it has done all that it is to do."""
        return self.hits >= self.times

    def see(self, request: Request, *, spoiled: bool) -> bool:
        """Whether this request, which another fault may have `spoiled`, is to be; counts it then."""
        wanted = (
            not self.spent
            and not spoiled
            and request.api == self.api
            and (self.topic is None or self.topic in request.topics)
            and (self.after is None or self.after in self._seen)
        )
        self._seen.add(request.api)
        self.hits += wanted
        return wanted


class Proxy:
    """Listens on loopback from entering to leaving it, in a thread of its own."""

    def __init__(self, broker: str) -> None:
        host, port = broker.rsplit(":", 1)
        self.broker = (host, int(port))
        self.address = ("127.0.0.1", 0)
        self.faults: list[Fault] = []
        self.failures: list[Exception] = []
        self._counts: dict[int, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    @property
    def bootstrap_servers(self) -> str:
        """For clients."""
        return f"{self.address[0]}:{self.address[1]}"

    def add(self, fault: Fault) -> Fault:
        """Let a fault happen from now on."""
        self.faults.append(fault)
        return fault

    def heal(self) -> None:
        """No more faults; connections that were muted stay so until their client gives them up."""
        self.faults.clear()

    def seen(self, api: Api) -> int:
        """How many requests of a kind came by."""
        return self._counts.get(api, 0)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        self.address = self._server.sockets[0].getsockname()[:2]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self.failures and error is None:
            raise ExceptionGroup("the proxy itself failed", self.failures)

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await Connection(self, reader, writer).run()

    def meet(self, request: Request) -> Fault | None:
        """The fault that a request falls to; each hears of each request."""
        self._counts[request.api] = self._counts.get(request.api, 0) + 1
        met = None
        for fault in list(self.faults):
            if fault.see(request, spoiled=met is not None):
                met = fault
        return met


@dataclass
class Exchange:
    """A request, and the answer that it will have."""

    request: Request
    fault: Fault | None
    answer: asyncio.Future[bytes]


class Connection:
    """One client's connection, and ours to the broker for it. Answers keep the order of the requests."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy, self._reader, self._writer = proxy, reader, writer
        self._exchanges: asyncio.Queue[Exchange] = asyncio.Queue()
        self._forwarded: deque[Exchange] = deque()

    async def run(self) -> None:
        """Until one of both sides, or a fault, closes it."""
        from_broker, to_broker = await asyncio.open_connection(*self._proxy.broker)
        tasks = [
            asyncio.create_task(each)
            for each in (self._requests(to_broker), self._from_broker(from_broker), self._answers())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for ending in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ending, Exception) and not isinstance(ending, EOFError | OSError):
                    self._proxy.failures.append(ending)
            for writer in (self._writer, to_broker):
                writer.close()

    async def _requests(self, to_broker: asyncio.StreamWriter) -> None:
        mute = False
        while True:
            frame = await read_frame(self._reader)
            if mute:
                continue
            request = Request(frame)
            fault = self._proxy.meet(request)
            if fault and fault.deed is Deed.DROP_BEFORE:
                await asyncio.sleep(fault.delay_s)
                return
            exchange = Exchange(request, fault, asyncio.get_running_loop().create_future())
            self._exchanges.put_nowait(exchange)
            mute = bool(fault) and fault.deed in (Deed.SWALLOW, Deed.LOSE_ANSWER)
            if fault and fault.deed is Deed.ERROR_INSTEAD:
                exchange.answer.set_result(request.error(fault.code))
            elif not (fault and fault.deed is Deed.SWALLOW):
                self._forwarded.append(exchange)
                to_broker.write(framed(frame))
                await to_broker.drain()

    async def _from_broker(self, from_broker: asyncio.StreamReader) -> None:
        while True:
            frame = await read_frame(from_broker)
            self._forwarded.popleft().answer.set_result(framed(frame))

    async def _answers(self) -> None:
        while True:
            exchange = await self._exchanges.get()
            answer = await exchange.answer
            request, fault = exchange.request, exchange.fault
            if fault:
                await asyncio.sleep(fault.delay_s)
                if fault.deed is Deed.DROP_AFTER:
                    return
                if fault.deed is Deed.LOSE_ANSWER:
                    await asyncio.Event().wait()
                if fault.deed is Deed.ERROR_AFTER:
                    answer = request.error(fault.code)
            if request.api in ADDRESSED:
                answer = request.readdressed(answer, self._proxy.address)
            self._writer.write(answer)
            await self._writer.drain()
