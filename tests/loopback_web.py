"""Every host of the web, on a port of this machine: it writes down when each request came, and answers as a test says.

The spiders' processes come to it through the resolver `ToLoopback` (the setting TWISTED_DNS_RESOLVER), and no proxy.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer


@dataclass(frozen=True)
class Asked:
    at: float
    """When its first byte came: the clock of time.monotonic, which all processes of a machine share."""
    url: str
    headers: dict[str, str]
    connection: int


Reply = bytes | Iterable[bytes] | None
"""What goes on the connection: bytes, after which it is kept; pieces, after which it is closed; None: it is closed."""


def reply(status: int = 200, body: bytes = b"text", *headers: tuple[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Reason",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class LoopbackWeb:
    answer: Callable[[Asked], Reply] = lambda asked: reply(404 if asked.url.endswith("/robots.txt") else 200)
    log: list[Asked] = field(default_factory=list)
    sent: int = 0
    """Bytes, over all answers."""
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def count(self, url: str) -> int:
        return sum(asked.url == url for asked in self.log)

    @property
    def gaps_s(self) -> list[float]:
        """Between each request and the next."""
        return [later.at - earlier.at for earlier, later in pairwise(self.log)]

    def serve(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            while not self.over.is_set():
                head = connection.recv(65536)
                at = time.monotonic()
                while head and b"\r\n\r\n" not in head and (more := connection.recv(65536)):
                    head += more
                if not head:
                    return
                request, *lines = head.decode("latin-1").split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines if ": " in line)
                asked = Asked(at, f"http://{headers['Host']}{request.split(' ')[1]}", headers, number)
                self.log.append(asked)
                said = self.answer(asked)
                if said is None:
                    return
                for piece in [said] if isinstance(said, bytes) else said:
                    connection.sendall(piece)
                    self.sent += len(piece)
                if not isinstance(said, bytes):
                    return


@contextlib.contextmanager
def loopback_web() -> Iterator[LoopbackWeb]:
    web = LoopbackWeb()

    def accept(server: socket.socket) -> None:
        number = 0
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                number += 1
                threading.Thread(target=web.serve, args=[connection, number], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        web.port = server.getsockname()[1]
        thread = threading.Thread(target=accept, args=[server], daemon=True)
        thread.start()
        yield web
        web.over.set()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@implementer(IHostnameResolver)
class ToLoopback:
    """Leads every name to the port of the environment's LOOPBACK_PORT."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> "ToLoopback":
        return cls(reactor)

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(self, receiver: Any, *_: object, **__: object) -> None:  # noqa: N802  # Twisted's name
        receiver.resolutionBegan(self)
        receiver.addressResolved(IPv4Address("TCP", "127.0.0.1", int(os.environ["LOOPBACK_PORT"])))
        receiver.resolutionComplete()
