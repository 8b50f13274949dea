"""Records in bursts: each is sent once or not at all, and whoever waits for it hears what became of it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from dongtin.errors import RecordTooLarge
from dongtin.record import Record
from dongtin.stream.base import Acknowledgement
from dongtin.topics import PAGES
from spiders.bursts import Bursts, Outcome


class Threaded:
    """A sink that answers from a thread of its own."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, record: Record, done: Acknowledgement) -> None:
        self.sent.append(record.key or b"")
        if record.key == b"large":
            raise RecordTooLarge("it is")
        error = TimeoutError("away") if record.key == b"lost" else None
        threading.Thread(target=done, args=(error,)).start()

    def close(self, timeout_s: float) -> None:
        pass


def record(key: str) -> Record:
    return Record(PAGES, key.encode(), b"", (), key.encode())


def run(body: Callable[[Bursts, Threaded], Coroutine[Any, Any, None]]) -> Threaded:
    sink = Threaded()
    asyncio.run(asyncio.wait_for(body(Bursts(), sink), 30))
    return sink


def test_all_are_sent_once_in_their_order_and_told() -> None:
    keys = [str(number) for number in range(200)]

    async def body(bursts: Bursts, sink: Threaded) -> None:
        outcomes: list[Outcome] = []
        for key in keys:
            outcomes.append(bursts.send(sink, record(key)))
            if int(key) % 50 == 0:
                await asyncio.sleep(0.02)
        assert await asyncio.gather(*outcomes) == [None] * len(keys)

    assert run(body).sent == [key.encode() for key in keys]


def test_an_error_is_for_its_own_record() -> None:
    async def body(bursts: Bursts, sink: Threaded) -> None:
        first, lost, large, last = (bursts.send(sink, record(key)) for key in ("first", "lost", "large", "last"))
        assert await first is None
        assert isinstance(await lost, TimeoutError)
        with pytest.raises(RecordTooLarge):
            await large
        assert await last is None

    run(body)


def test_what_nobody_waits_for_any_more_is_not_sent() -> None:
    async def body(bursts: Bursts, sink: Threaded) -> None:
        given_up, kept = bursts.send(sink, record("given up")), bursts.send(sink, record("kept"))
        given_up.cancel()
        assert await kept is None

    assert run(body).sent == [b"kept"]
