"""What an address says by itself, and the spelling that all its spellings share."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit

from dongtin.events import Publisher

VIETNAM_TIME = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh: no daylight saving time since 1975."""
HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[?[0-9a-f:.]+\]?")
ADDED = re.compile(r"(?<=.)[;&]")
"""Where a segment ends and parameters begin that are no part of it."""
LONGEST = 8_000
"""Characters of an address that is looked at; no server takes longer ones."""


class AddressKind(StrEnum):
    """What stands at an address, as far as the address tells."""

    ARTICLE = "article"
    HOME = "home"
    LISTING = "listing"
    TAG = "tag"
    EVENT = "event"
    SEARCH = "search"
    AUTHOR = "author"
    FEED = "feed"
    SITEMAP = "sitemap"
    OTHER = "other"
    INVALID = "invalid"


@dataclass(frozen=True)
class Address:
    """What an address says. `article_id` is set where, and only where, `kind` is ARTICLE."""

    kind: AddressKind
    article_id: str | None = None
    canonical_url: str | None = None
    publisher: Publisher | None = None
    language: str | None = None
    date_created: datetime | None = None
    is_mirror: bool = False
    is_known: bool = False


@dataclass(frozen=True)
class Parts:
    """Host and path of an http address, normalized; scheme, port, user and fragment are left out."""

    host: str
    path: str
    """Percent-encoded in one way; no dot segments, no doubled or trailing slash."""
    decoded: str
    """The path with its letters, and the digits of every script as 0 to 9, for the grammars to look at.

    It lacks what AMP, sessions and broken tracking add to a path: `/amp/`, `;jsessionid=1`, `&utm_source=rss`, spaces.
    """


def split(url: str) -> Parts | None:
    """The parts of an http or https address; None where it is none. Never raises."""
    if len(url) > LONGEST:
        return None
    plain = url.isascii() and url.isprintable()
    text = url if plain else "".join(char for char in url if unicodedata.category(char) not in ("Cc", "Cs"))
    address, mark, query = text.strip().partition("?")
    text = address.replace("\\", "/") + mark + query  # As browsers read it.
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".").lower()
        if not host.isascii():
            host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in ("http", "https") or not HOST.fullmatch(host):
        return None
    if ":" in host:
        host = f"[{host.strip('[]')}]"
    segments = _segments(parts.path)
    decoded = "/" + "/".join(_without_additions(segments))
    return Parts(host, "/" + "/".join(map(spelled, segments)), _latin_digits(decoded))


def spelled(segment: str) -> str:
    """A segment of a path in the one way that we encode it; the bar is encoded, as ids need it."""
    return quote(segment, safe="-._~!$&'()*+,;=:@")


def _segments(path: str) -> list[str]:
    segments: list[str] = []
    for raw in path.split("/"):
        segment = unicodedata.normalize("NFC", unquote(raw, errors="replace")).replace("/", "%2F")
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return segments


def _without_additions(segments: list[str]) -> list[str]:
    bare = [stripped for segment in segments if (stripped := segment.strip()).lower() not in ("", "amp")]
    if bare:
        bare[-1] = ADDED.split(bare[-1], maxsplit=1)[0].strip()
    return bare


def _latin_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char, char)) for char in text)
