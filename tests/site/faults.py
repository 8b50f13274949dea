"""What goes wrong with the twin: rules that say which requests, when, and how."""

import gzip
import json
import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from functools import cache
from html import escape
from pathlib import Path
from random import Random

from tests.site import places
from tests.site.content import VIETNAM_TIME
from tests.site.web import HTML, XML, Answer, Web


class FaultKind(StrEnum):
    STATUS = "status"
    """`status`, with `retry_after`: seconds, or `+seconds` for the date in so many seconds."""
    SLOW = "slow"
    """The first byte comes after `seconds`; then the answer as usual."""
    TRICKLE = "trickle"
    """A byte of the body each `seconds`, without end."""
    CUT = "cut"
    """The connection ends in the middle of the body."""
    RESET = "reset"
    """The connection ends with no answer."""
    LOOP = "loop"
    """Redirects without end, each to another address, of `status` (302)."""
    REDIRECT = "redirect"
    """To `target`, of `status` (302)."""
    EMPTY = "empty"
    """Status 200 and no body: also an empty listing."""
    HTML = "html"
    """An error page with status 200 in the place of a feed or sitemap."""
    BROKEN_XML = "broken-xml"
    """Cut in the middle of an element, with a bare `&` before."""
    XML_BOMB = "xml-bomb"
    GZIP_BOMB = "gzip-bomb"
    """250 KB that are 256 MB, as Content-Encoding."""
    CUT_GZIP = "cut-gzip"
    """Half of a gzip body, as Content-Encoding, and no byte fewer than promised: it was cut before it was sent."""
    HUGE_HEADER = "huge-header"
    """One header of 1 MB; else the answer as usual."""
    FOREIGN_SITEMAP = "foreign-sitemap"
    """50,000 addresses, 100 of them on other sites; most of the own ones never existed."""
    CALENDAR = "calendar"
    """Listing pages without end, each with 15 articles that never existed."""
    REPEATED = "repeated"
    """Listing pages without end, each with the items of the first."""
    FUTURE_DATES = "future-dates"
    US_DATES = "us-dates"
    DOUBLE_ESCAPED = "double-escaped"
    BAD_CERTIFICATE = "bad-certificate"
    """`target`: authority, name or time is what is wrong with it. By host and time alone."""


class Time(StrEnum):
    VIRTUAL = "virtual"
    REAL = "real"


@dataclass(frozen=True)
class Fault:
    kind: FaultKind
    host: str = ""
    """Regular expression for the whole name; empty for every host."""
    path: str = ""
    """Regular expression that is searched for in path and query; empty for every path."""
    since_s: float = 0
    until_s: float | None = None
    """Seconds since the twin started, by `time`."""
    time: Time = Time.VIRTUAL
    probability: float = 1.0
    times: int | None = None
    """At most so many requests."""
    status: int | None = None
    retry_after: str | None = None
    seconds: float = 1.0
    target: str = ""


def to_json(faults: Iterable[Fault]) -> str:
    return json.dumps([asdict(each) for each in faults])


def from_json(text: str) -> list[Fault]:
    return [Fault(**{**each, "kind": FaultKind(each["kind"]), "time": Time(each["time"])}) for each in json.loads(text)]


class Faults:
    """Chooses the fault of a request: that of the first rule that fits. The file is read again when it changes."""

    def __init__(self, file: Path, seed: int) -> None:
        self._file, self._seed, self._read = file, seed, -1
        self._rules: list[_Rule] = []

    def choose(self, host: str, path: str, real_s: float, virtual_s: float) -> Fault | None:
        """`real_s`, `virtual_s`: seconds since the twin started."""
        for rule in self._current():
            if (
                rule.fault.kind != FaultKind.BAD_CERTIFICATE
                and rule.fits(host, path, real_s, virtual_s)
                and rule.takes()
            ):
                return rule.fault
        return None

    def certificate(self, host: str, real_s: float, virtual_s: float) -> str | None:
        """What is wrong with the certificate of a host: authority, name or time; None where all is well."""
        for rule in self._current():
            if rule.fault.kind == FaultKind.BAD_CERTIFICATE and rule.fits(host, "", real_s, virtual_s) and rule.takes():
                return rule.fault.target or "authority"
        return None

    def _current(self) -> "list[_Rule]":
        changed = self._file.stat().st_mtime_ns
        if changed != self._read:
            faults = from_json(self._file.read_text())
            self._rules = [_Rule(each, f"{self._seed}/fault/{place}") for place, each in enumerate(faults)]
            self._read = changed
        return self._rules


class _Rule:
    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self._host, self._path = re.compile(fault.host), re.compile(fault.path)
        self._random, self._taken = Random(seed), 0

    def fits(self, host: str, path: str, real_s: float, virtual_s: float) -> bool:
        now = virtual_s if self.fault.time == Time.VIRTUAL else real_s
        until = self.fault.until_s
        return (
            now >= self.fault.since_s
            and (until is None or now < until)
            and (not self.fault.host or self._host.fullmatch(host) is not None)
            and self._path.search(path) is not None
        )

    def takes(self) -> bool:
        if self.fault.times is not None and self._taken >= self.fault.times:
            return False
        if self._random.random() >= self.fault.probability:
            return False
        self._taken += 1
        return True


def answer(fault: Fault, web: Web, host: str, path: str, now: datetime) -> Answer:
    """What is answered instead; for faults of the connection the usual answer, which the server then spoils."""
    usual = web.answer(host, path, now)
    match fault.kind:
        case FaultKind.STATUS:
            retry = (("Retry-After", _retry_after(fault.retry_after)),) if fault.retry_after else ()
            text = f"<html><head><title>{fault.status}</title></head><body><h1>{fault.status}</h1></body></html>"
            return Answer(fault.status or 503, text.encode(), headers=retry)
        case FaultKind.LOOP:
            plain, _, query = path.partition("?lap=")
            return Answer(fault.status or 302, location=f"https://{host}{plain}?lap={int(query or 0) + 1}")
        case FaultKind.REDIRECT:
            return Answer(fault.status or 302, location=fault.target)
        case FaultKind.GZIP_BOMB:
            return Answer(200, gzip_bomb(), headers=(("Content-Encoding", "gzip"),))
        case FaultKind.CUT_GZIP:
            packed = gzip.compress(usual.body)
            return replace(usual, body=packed[: len(packed) // 2], headers=(("Content-Encoding", "gzip"),))
        case FaultKind.HUGE_HEADER:
            return replace(usual, headers=(("X-Filler", "x" * 1_000_000),))
        case FaultKind.SLOW | FaultKind.TRICKLE | FaultKind.CUT | FaultKind.RESET | FaultKind.BAD_CERTIFICATE:
            return usual
        case _:
            return _spoilt(fault.kind, usual, web, host, path, now)


def _spoilt(kind: FaultKind, usual: Answer, web: Web, host: str, path: str, now: datetime) -> Answer:
    text = usual.body.decode()
    match kind:
        case FaultKind.EMPTY:
            return replace(usual, status=200, body=b"", location=None)
        case FaultKind.HTML:
            page = "<!DOCTYPE html><html><head><title>Bảo trì</title></head><body><h1>Bảo trì</h1></body></html>"
            return Answer(200, page.encode(), HTML)
        case FaultKind.BROKEN_XML:
            half = text[: len(text) // 2]
            return replace(usual, body=half.replace("</title>", " & more</title>", 1).encode())
        case FaultKind.XML_BOMB:
            return Answer(200, xml_bomb(), XML)
        case FaultKind.FOREIGN_SITEMAP:
            return Answer(200, foreign_sitemap(host), XML)
        case FaultKind.CALENDAR:
            numbers = re.findall(r"\d+", path)
            return Answer(200, calendar_page(int(numbers[-1]) % 10_000 if numbers else 1, now), HTML)
        case FaultKind.REPEATED:
            return web.answer(host, re.sub(r"/\d+\.htm", "/1.htm", path), now)
        case FaultKind.FUTURE_DATES:
            rss = re.sub(r"<pubDate>[^<]*", "<pubDate>Fri, 01 Jan 2038 00:00:00 +07", text)
            dated = re.sub(r"(<lastmod>|<news:publication_date>)[^<]*", r"\g<1>2038-01-01T00:00:00+07:00", rss)
            return replace(usual, body=dated.encode())
        case FaultKind.US_DATES:
            return replace(usual, body=re.sub(r"<pubDate>([^<]*)", _us_date, text).encode())
        case FaultKind.DOUBLE_ESCAPED:
            twice = re.sub(
                r"<title><!\[CDATA\[(.*?)\]\]></title>",
                lambda found: f"<title>{escape(escape(found[1] + ' & “thêm”'))}</title>",
                text,
            )
            return replace(usual, body=twice.encode())
    raise AssertionError(kind)


def xml_bomb() -> bytes:
    """A billion laughs, as a sitemap and a feed."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "lol">{entities}]>'
        "<rss><channel><item><title>&l9;</title><link>&l9;</link></item></channel></rss>"
    ).encode()


@cache
def gzip_bomb() -> bytes:
    """One block again and again: packing 256 MB in earnest would hold up the server for seconds."""
    block, times = b" " * 1_048_576, 256
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(times):
        checksum = zlib.crc32(block, checksum)
    return start + again * (times - 1) + b"\x03\x00" + struct.pack("<II", checksum, len(block) * times)


@cache
def foreign_sitemap(host: str) -> bytes:
    """Every 500th address is on another site."""
    day = datetime(2025, 6, 1, tzinfo=VIETNAM_TIME)
    addresses = []
    for number in range(50_000):
        id_ = f"185{day + timedelta(seconds=97 * number):%y%m%d%H%M%S}{number % 9 + 1:03}"
        if number % 500 == 250:
            addresses.append(f"https://nguoi-la-{number}.example/tin-so-{number}-{id_}.htm")
        elif "thanhnien" in host:
            addresses.append(f"https://{host}/tin-so-{number}-{id_}.htm")
        else:
            addresses.append(f"https://{host}/tin-so-{number}-cua-vung")
    return places.plain_sitemap(addresses).encode()


def calendar_page(page: int, now: datetime) -> bytes:
    """Articles of a day that lies so many days back; none of them ever existed. A link to the next page."""
    day = (now - timedelta(days=page)).astimezone(VIETNAM_TIME)
    items = []
    for number in range(15):
        id_ = f"185{day:%y%m%d}{number:02}{page % 60:02}07{number % 9 + 1:03}"
        link = f'<a class="box-category-link-title" href="/lich-ngay-{day:%Y-%m-%d}-so-{number}-{id_}.htm">'
        title = f"Lịch ngày {day:%d.%m.%Y}, số {number}"
        items.append(f'<div class="box-category-item" data-id="{id_}"><h3>{link}{title}</a></h3></div>')
    return f'{"".join(items)}<a href="/lich/{page + 1}.htm">Ngày trước</a>'.encode()


def _us_date(found: re.Match[str]) -> str:
    time = datetime.strptime(found[1].removesuffix(" +07"), "%a, %d %b %Y %H:%M:%S").replace(tzinfo=VIETNAM_TIME)
    return f"<pubDate>{time.month}/{time.day}/{time.year} {time.hour % 12 or 12}:{time:%M:%S %p}"


def _retry_after(said: str) -> str:
    """Seconds as they are; `+120` is the date in two minutes of the real time."""
    if not said.startswith("+"):
        return said
    return format_datetime(datetime.now(UTC) + timedelta(seconds=float(said[1:])), usegmt=True)
