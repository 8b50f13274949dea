"""What is known of a host's robots.txt, and a file that keeps it over a restart. Pure but for the file."""

import math
import os
import re
from codecs import BOM_UTF8
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, TypeAdapter, ValidationError
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from spiders.discovery.text import marked
from spiders.headers import UNKEPT, max_age_s
from spiders.holds import DAY_S
from spiders.pace import LONGEST_DELAY_S

ROBOTS_BYTES = 512_000
"""What is read of a robots.txt: the 500 KiB that the RFC asks for."""
FRESH_LEAST_S = 600.0
"""A shorter Cache-Control is not honoured: each of a publisher's hosts would be asked all the time."""
RETRY_FIRST_S, RETRY_LONGEST_S = 300.0, 3600.0
"""Between two tries for a robots.txt that cannot be had; doubled from the first to the longest."""
PAIRS = 2_000_000
"""Of a user agent and a rule that the parser keeps: more is an attack on its memory, and no one's robots.txt."""
AGENT = "dongtin"
"""Our product token; no setting, so that nobody takes another's."""

Seconds = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]

_USER_AGENT = re.compile(rb"user.?agent", re.IGNORECASE)
_LINE_END = re.compile(rb"[\r\n\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]")
"""All that ends a line for Protego (str.splitlines): what we took for one line must be none of two."""
_AGENT_LINE = re.compile(
    rb"\s*user[- ]?agent\s*[\s:]\s*(?:(?P<ours>\**%s(?![a-z_-]))|(?P<all>\*\s*(?:\#|$)))?" % AGENT.encode(),
    re.IGNORECASE,
)
_RULE_LINE = re.compile(rb"\s*(?:allow|di[a-z]{4,7}|(?:crawl|request|visit)[- ](?:delay|rate|time))\b", re.IGNORECASE)
"""What Protego takes for a rule, its misspellings of "disallow" included. A Crawl-delay is one to us: whoever writes
one for everybody, and then another group, does not want everybody in that."""


class Verdict(StrEnum):
    """What a host's robots.txt means for us."""

    RULES = "rules"
    """It has been read, and its rules hold."""
    NO_RULES = "no_rules"
    """The host says that there is none (4xx): all is allowed."""
    UNREACHABLE = "unreachable"
    """It cannot be had: nothing is fetched."""
    TOO_SLOW = "too_slow"
    """Its Crawl-delay is above an hour: nothing is fetched, which is what it means."""


@dataclass(frozen=True)
class Known:
    """Of one scheme and authority. Times are POSIX timestamps, seconds."""

    url: str
    """Of the robots.txt."""
    publisher: str
    fetched_at: Seconds = 0.0
    """When the copy came; 0 without one."""
    fresh_until: Seconds = 0.0
    """Until when it is not asked for again."""
    status: int | None = None
    """Of the last answer, be it a copy or not; null where none came."""
    failures: Annotated[int, Field(ge=0)] = 0
    """Tries in a row that gave none."""
    retry_at: Seconds = 0.0
    """When the next try is due, after one."""
    why: str | None = None
    """What the last try failed on."""
    crawl_delay_s: Seconds | None = None
    """As the copy asks for it."""
    has_rules: bool = False
    """The copy is a file, and no 4xx."""

    def is_due(self, now: float) -> bool:
        """Whether it is to be asked for, before a request is judged by it."""
        if self.failures:
            return not now < self.retry_at <= now + RETRY_LONGEST_S
        return not (self._has_copy(now) and now < self.fresh_until)

    def verdict(self, now: float) -> Verdict:
        """A copy counts for a day, whatever has become of the file since."""
        if not self._has_copy(now):
            return Verdict.UNREACHABLE
        if self.crawl_delay_s is not None and self.crawl_delay_s > LONGEST_DELAY_S:
            return Verdict.TOO_SLOW
        return Verdict.RULES if self.has_rules else Verdict.NO_RULES

    def answered(self, status: int, cache_control: str | None, crawl_delay_s: float | None, now: float) -> "Known":
        """With a copy that has just come: a file where it is 2xx."""
        return Known(
            self.url,
            self.publisher,
            fetched_at=now,
            fresh_until=now + fresh_s(cache_control),
            status=status,
            crawl_delay_s=crawl_delay_s,
            has_rules=status < 300,
        )

    def failed(self, status: int | None, why: str, now: float) -> "Known":
        """After one more try that gave none."""
        wait_s = min(RETRY_FIRST_S * 2.0 ** min(self.failures, 30), RETRY_LONGEST_S)
        return replace(self, status=status, failures=self.failures + 1, retry_at=now + wait_s, why=why[:300])

    def _has_copy(self, now: float) -> bool:
        return 0 < self.fetched_at <= now < self.fetched_at + DAY_S


def fresh_s(cache_control: str | None) -> float:
    """How long a copy is not asked for again: max-age, between ten minutes and the day that RFC 9309 allows."""
    text = cache_control or ""
    if UNKEPT.search(text):
        return FRESH_LEAST_S
    asked_s = max_age_s(text)
    return DAY_S if asked_s is None else min(max(asked_s, FRESH_LEAST_S), DAY_S)


def text_of(body: bytes) -> bytes:
    """What is read of a file: UTF-8, the lines of its first 500 KiB."""
    text = body
    encoding, mark = marked(body)
    if encoding != "utf-8":
        # As some editors save: the RFC does not know it, and as UTF-8 it would read as no rules at all.
        text = body[len(mark) : 4 * ROBOTS_BYTES].decode(encoding, errors="replace").encode()
    text = text.lstrip(BOM_UTF8 + b"\0")
    if len(text) > ROBOTS_BYTES:
        # Without the line that is cut: "Allow: /public" must not become "Allow: /".
        text = text[:ROBOTS_BYTES]
        text = text[: max(text.rfind(b"\n"), text.rfind(b"\r")) + 1]
    return text


def rules_of(text: bytes) -> RobotParser | None:
    """The rules of a text; None where it is made to be more than anyone can read."""
    if len(_USER_AGENT.findall(text)) * len(_LINE_END.findall(text)) > PAIRS:
        return None
    return ProtegoRobotParser(grouped(text), None)


def grouped(text: bytes) -> bytes:
    """A text with the agents of each group before anything else, and us by our product token alone.

    RFC 9309 lets no record that it does not know part a group's agents, and compares product tokens. Protego (0.7) ends
    a group there, takes `dongtin/1.0` for somebody else, and us for `dong`.
    """
    lines: list[bytes] = []
    others: list[bytes] | None = None
    """What stands between the agents of the group that begins; None in its rules."""
    for line in _LINE_END.split(text.removeprefix(BOM_UTF8)):
        if agent := _AGENT_LINE.match(line):
            others = others or []
            name = AGENT.encode() if agent["ours"] else b"*" if agent["all"] else b"another"
            lines.append(b"User-agent: " + name)
        elif others is None or _RULE_LINE.match(line):
            lines += [*(others or ()), line]
            others = None
        else:
            others.append(line)
    return b"\n".join([*lines, *(others or ())])


def crawl_delay_s(rules: RobotParser) -> float | None:
    """What they ask of us between two requests, seconds."""
    delay_s = rules.crawl_delay(AGENT)
    return delay_s if delay_s is not None and math.isfinite(delay_s) and 0 <= delay_s <= 1e11 else None


_KNOWN = TypeAdapter(Known)


def kept(folder: Path) -> list[tuple[Known, bytes]]:
    """What the files of a publisher's folder hold, each with its text; what is no such file is passed over."""
    found = []
    for path in sorted(folder.glob("robots-*")):
        try:
            head, _, text = path.read_bytes().partition(b"\n")
            found.append((_KNOWN.validate_json(head), text))
        except (OSError, ValidationError):
            continue
    return found


def keep(folder: Path, known: Known, text: bytes) -> None:
    """Write it, as a whole or not at all. Raises OSError."""
    path = folder / f"robots-{quote(known.url.removesuffix('/robots.txt'), safe='')[:200]}"
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(_KNOWN.dump_json(known) + b"\n" + text)
    part.replace(path)
