"""The server of the twin: `python -m tests.site.server CONFIG.json`. One port for http and https, the site by its name.

It says `{"port": …, "started": …}` in one line when it answers, and writes a line of JSON for each request into the
log; the system has the line before it has the answer, so that no kill loses it.
"""

import asyncio
import json
import os
import socket
import ssl
import sys
import time
import traceback
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.site import faults
from tests.site.clock import Pace
from tests.site.faults import Fault, FaultKind, Faults
from tests.site.settings import WorldSettings
from tests.site.web import Answer, Web
from tests.site.world import World

ERRORS = "errors.txt"
"""What went wrong with the twin itself."""
HEAD_BYTES = 65_536
"""The most that is read of a request."""
WORTH_GZIP = 500
TLS = 0x16
"""The first byte of a TLS connection; none of an http request."""


@dataclass(frozen=True)
class Config:
    """What a server is started with, as a file of JSON."""

    settings: str
    """WorldSettings as JSON."""
    pace: str
    """`clock.Pace` as text; the twin's time begins when the server answers where its start is 0."""
    folder: str
    """With the certificates, `faults.json` and `requests.jsonl`."""
    port: int
    """0 for any."""


class Twin:
    """What the connections of a server share."""

    def __init__(self, config: Config) -> None:
        folder = self._folder = Path(config.folder)
        self.settings = WorldSettings.from_json(config.settings)
        self.web = Web(World(self.settings))
        pace = Pace.parse(config.pace)
        self.pace = pace if pace.started else replace(pace, started=time.time())
        self.faults = Faults(folder / "faults.json", self.settings.seed)
        self._log = os.open(folder / "requests.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.tls = self._tls(folder)
        self.answered = 0

    def log(self, **facts: Any) -> None:
        os.write(self._log, json.dumps(facts, ensure_ascii=False).encode() + b"\n")

    def failed(self, request: str, why: str) -> None:
        with (self._folder / ERRORS).open("a", encoding="utf-8") as file:
            file.write(f"{request}\n{why}\n")

    def since_start(self, real: float) -> tuple[float, float]:
        """Seconds of the real and of the twin's time."""
        real_s = real - self.pace.started
        return real_s, real_s * self.pace.factor

    def _tls(self, folder: Path) -> ssl.SSLContext:
        good = _context(folder / "server.pem")
        bad = {kind: _context(folder / f"bad-{kind}.pem") for kind in ("authority", "name", "time")}

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if wrong := self.faults.certificate(name or "", *self.since_start(time.time())):
                connection.context = bad[wrong]

        good.sni_callback = choose
        return good


class Connection(asyncio.Protocol):
    """Answers the requests of a connection, one after the other."""

    def __init__(self, twin: Twin, *, secure: bool) -> None:
        self._twin, self._secure = twin, secure
        self._buffer = bytearray()
        self._arrived = 0.0
        self._busy = False
        self._unfinished: dict[str, Any] | None = None
        self._later: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._arrived = time.time()
        self._buffer += data
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if self._later:
            self._later.cancel()
        if self._unfinished is not None:
            self._twin.log(**self._unfinished, ended=time.time(), whole=False)

    def _next(self) -> None:
        while not self._busy and not self._transport.is_closing():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > HEAD_BYTES:
                    self._transport.abort()
                return
            head = self._buffer[:end].decode("latin-1")
            del self._buffer[: end + 4]
            try:
                self._request(head)
            except Exception:  # noqa: BLE001  # a mistake of the twin's own; whoever runs it must hear of it
                self._twin.failed(head, traceback.format_exc())
                self._transport.abort()

    def _request(self, head: str) -> None:
        twin, arrived = self._twin, self._arrived
        first, *lines = head.split("\r\n")
        method, target, _ = (*first.split(" "), "", "")[:3]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if target.startswith("http://"):  # as a proxy is asked
            host, _, rest = target[len("http://") :].partition("/")
            target = f"/{rest}"
        else:
            host = headers.get("host", "")
        host = host.partition(":")[0].lower()
        now = twin.pace.at(arrived)
        fault = twin.faults.choose(host, target, *twin.since_start(arrived))
        facts = {
            "arrived": arrived,
            "at": now.isoformat(timespec="milliseconds"),
            "host": host,
            "method": method,
            "path": target,
            "conditional": "if-none-match" in headers or "if-modified-since" in headers,
            "agent": headers.get("user-agent", ""),
            "secure": self._secure,
            "fault": fault.kind if fault else None,
        }
        if method not in ("GET", "HEAD"):
            answer = Answer(405, b"")
        elif twin.settings.https_only and not self._secure:
            answer = Answer(301, location=f"https://{host}{target}")
        elif fault:
            answer = faults.answer(fault, twin.web, host, target, now)
        else:
            answer = twin.web.answer(host, target, now)
        self._send(answer, headers, facts, fault, with_body=method != "HEAD")

    def _send(
        self, answer: Answer, asked: dict[str, str], facts: dict[str, Any], fault: Fault | None, *, with_body: bool
    ) -> None:
        twin = self._twin
        twin.answered += 1
        noisy = twin.settings.noise and answer.status == 200 and answer.content_type.startswith("text/html")
        body = answer.body + f"<!-- {twin.answered} -->".encode() if noisy else answer.body
        said = [*answer.headers]
        if answer.status == 200 and twin.web.article_id(facts["host"], facts["path"]):
            said += twin.settings.headers
        validators = twin.settings.validators and answer.status == 200 and not noisy and not fault
        status = answer.status
        if validators:
            said.append(("ETag", answer.etag))
            if answer.changed:
                said.append(("Last-Modified", _http_date(answer.changed)))
            if _is_unchanged(answer, asked):
                status, body = 304, b""
        if answer.location:
            said.append(("Location", answer.location))
        if answer.max_age_s is not None:
            said.append(("Cache-Control", f"max-age={answer.max_age_s}"))
        encoded = any(name == "Content-Encoding" for name, _ in answer.headers)
        if len(body) > WORTH_GZIP and "gzip" in asked.get("accept-encoding", "") and not encoded:
            body = _gzip(body, level=1) if noisy else _gzip_once(body)
            said.append(("Content-Encoding", "gzip"))
            said.append(("Vary", "Accept-Encoding"))
        facts["status"], facts["bytes"] = status, len(body)
        closes = asked.get("connection", "").lower() == "close"
        kind = fault.kind if fault else None
        match kind:
            case FaultKind.RESET:
                self._unfinished = facts
                self._transport.abort()
            case FaultKind.TRICKLE:
                self._unfinished = facts
                self._write(_head(status, [*said, ("Connection", "close")], answer.content_type, None))
                self._trickle(body or b" ", 0, fault.seconds if fault else 1.0)
            case FaultKind.CUT:
                self._unfinished = facts
                self._write(_head(status, said, answer.content_type, len(body) or 1) + body[: len(body) // 2])
                self._transport.close()
            case FaultKind.SLOW:
                self._busy, self._unfinished = True, facts
                wait_s = fault.seconds if fault else 1.0
                data = _head(status, said, answer.content_type, len(body)) + body
                self._later = asyncio.get_running_loop().call_later(wait_s, self._finish, data, facts, closes)
            case _:
                length = None if status == 304 else len(body)
                data = _head(status, said, answer.content_type, length)
                self._finish(data + body if with_body else data, facts, closes)

    def _finish(self, data: bytes, facts: dict[str, Any], closes: bool) -> None:
        """The line of the log comes first: who has an answer finds it there, whatever becomes of this process."""
        self._later, self._unfinished = None, None
        self._twin.log(**facts, ended=time.time(), whole=True)
        self._write(data)
        if closes:
            self._transport.close()
        if self._busy:
            self._busy = False
            self._arrived = time.time()
            self._next()

    def _trickle(self, body: bytes, place: int, each_s: float) -> None:
        self._busy = True
        if self._transport.is_closing():
            return
        self._write(body[place % len(body) :][:1])
        self._later = asyncio.get_running_loop().call_later(each_s, self._trickle, body, place + 1, each_s)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


def _head(status: int, headers: list[tuple[str, str]], content_type: str, length: int | None) -> bytes:
    """The head of an answer; without a length it lasts until the connection ends (304 has no body)."""
    said = [f"HTTP/1.1 {status} {_phrase(status)}", f"Date: {_http_date(datetime.now(UTC))}", "Server: twin"]
    if status != 304:
        said.append(f"Content-Type: {content_type}")
    if length is not None:
        said.append(f"Content-Length: {length}")
    said += (f"{name}: {value}" for name, value in headers)
    return ("\r\n".join(said) + "\r\n\r\n").encode("latin-1", "replace")


def _is_unchanged(answer: Answer, asked: dict[str, str]) -> bool:
    """RFC 9110, 13.2.2: If-Modified-Since counts only where there is no If-None-Match."""
    if known := asked.get("if-none-match"):
        return known.strip() == "*" or answer.etag in (each.strip().removeprefix("W/") for each in known.split(","))
    if (since := asked.get("if-modified-since")) and answer.changed:
        try:
            return int(answer.changed.timestamp()) <= parsedate_to_datetime(since).timestamp()
        except ValueError:
            return False
    return False


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _gzip(body: bytes, level: int = 6) -> bytes:
    compress = zlib.compressobj(level, zlib.DEFLATED, 31)
    return compress.compress(body) + compress.flush()


_gzip_once = lru_cache(maxsize=3000)(_gzip)


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def serve(config: Config) -> None:
    """Answer until the process ends."""
    twin = Twin(config)
    loop = asyncio.get_running_loop()
    listening = socket.create_server(("127.0.0.1", config.port), backlog=512)
    listening.setblocking(False)
    said = {"port": listening.getsockname()[1], "started": twin.pace.started}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    loop.add_reader(sys.stdin, _end_with_who_started_it)
    tasks: set[asyncio.Task[Any]] = set()

    def first_byte(connection: socket.socket) -> None:
        loop.remove_reader(connection)
        try:
            first = connection.recv(1, socket.MSG_PEEK)
        except OSError:
            first = b""
        if not first:
            connection.close()
            return
        secure = first[0] == TLS
        protocol = partial(Connection, twin, secure=secure)
        task = loop.create_task(_hand_over(loop, protocol, connection, twin.tls if secure else None))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    while True:
        connection, _ = await loop.sock_accept(listening)
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.add_reader(connection, first_byte, connection)


def _end_with_who_started_it() -> None:
    """The other end of our input is closed when the process that started us ends, by whatever cause."""
    if not os.read(sys.stdin.fileno(), 1):
        os._exit(0)


async def _hand_over(
    loop: asyncio.AbstractEventLoop, protocol: Any, connection: socket.socket, tls: ssl.SSLContext | None
) -> None:
    try:
        await loop.connect_accepted_socket(protocol, connection, ssl=tls)
    except (OSError, ssl.SSLError):
        connection.close()  # the other side refused the certificate, or went away


if __name__ == "__main__":
    asyncio.run(serve(Config(**json.loads(Path(sys.argv[1]).read_text()))))
