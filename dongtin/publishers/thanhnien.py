"""thanhnien.vn: every form of its addresses since 2011.

An article's id is 185 (the site) and its creation time yyMMddHHmmss with the milliseconds without trailing zeros, so
15 to 18 digits (measured on 3,176 ids). Articles from before February 2023 were given 185 and their former number.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from dongtin.events import Publisher
from dongtin.publishers.address import VIETNAM_TIME, Address, AddressKind, Parts, spelled

PUBLISHER = Publisher("thanhnien.vn", "Báo Thanh Niên", "thanhnien.vn")
HOSTS = re.compile(r"(?:(?:www|m|amp|thethao)\.)?thanhnien\.vn")

CURRENT = re.compile(r"/(?:[^/]+/){0,3}(?P<slug>[^/]+)-(?P<id>185(?:\d{5,7}|\d{12,15}))\.(?:html?|amp)", re.IGNORECASE)
POST = re.compile(r"/(?:[^/]+/){0,3}(?P<slug>[^/]+)-post(?P<old>\d{5,7})\.(?:html?|amp)", re.IGNORECASE)
NUMBERED = re.compile(r"/[^/]+/(?:[^/]+/)?(?P<slug>[^/]+)-(?P<old>\d{5,7})\.(?:html|amp)", re.IGNORECASE)
VIDEO = re.compile(r"/video/(?:[^/]+/)?(?P<slug>[^/]+)-(?P<video>\d{4,7}v)\.html", re.IGNORECASE)
RESERVED = (
    (re.compile(r"/timeline[a-z]*/.*|/load-.*", re.IGNORECASE), AddressKind.LISTING),
    (re.compile(r"/rss(?:\.html|/.*)?|.*\.rss", re.IGNORECASE), AddressKind.FEED),
    (re.compile(r"(?:/[^/]*)?sitemaps?(?:/.*)?|.*\.xml", re.IGNORECASE), AddressKind.SITEMAP),
    (re.compile(r"/tim-kiem(?:\.html?|/.*)?", re.IGNORECASE), AddressKind.SEARCH),
    (re.compile(r"/dong-su-kien/.*", re.IGNORECASE), AddressKind.EVENT),
    (re.compile(r"/tac-gia(?:/.*|\.html?)|/author/.*", re.IGNORECASE), AddressKind.AUTHOR),
)
"""Places where no article stands, whatever number their addresses have."""
OTHERS = (
    (re.compile(r"/[^/]+\.html", re.IGNORECASE), AddressKind.TAG),
    (re.compile(r"(?:/[^/]+){1,3}"), AddressKind.LISTING),
)


def identify(parts: Parts) -> Address:
    """What an address of the site says."""
    if parts.path == "/":
        return Address(AddressKind.HOME, canonical_url="https://thanhnien.vn/", publisher=PUBLISHER, is_known=True)
    kind = _kind(parts.decoded, RESERVED)
    for pattern in () if kind else (CURRENT, POST, VIDEO, NUMBERED):
        if found := pattern.fullmatch(parts.decoded):
            named = found.groupdict()
            id_ = named.get("id") or named.get("video") or "185" + named["old"]
            return _article(named["slug"].lower(), id_.lower())
    kind = kind or _kind(parts.decoded, OTHERS) or AddressKind.OTHER
    return Address(kind, canonical_url=f"https://thanhnien.vn{parts.path}", publisher=PUBLISHER, is_known=True)


def _kind(path: str, kinds: Iterable[tuple[re.Pattern[str], AddressKind]]) -> AddressKind | None:
    return next((kind for pattern, kind in kinds if pattern.fullmatch(path)), None)


def _article(slug: str, id_: str) -> Address:
    ending = f"video/phong-su/{spelled(slug)}-{id_}.html" if id_.endswith("v") else f"{spelled(slug)}-{id_}.htm"
    return Address(
        AddressKind.ARTICLE,
        f"{PUBLISHER.id}/{id_}",
        f"https://thanhnien.vn/{ending}",
        PUBLISHER,
        "vi",
        creation_time(id_[3:]),
        is_known=True,
    )


def creation_time(digits: str) -> datetime | None:
    """The time in yyMMddHHmmss and up to three digits of milliseconds; None where there is none."""
    if not 12 <= len(digits) <= 15:
        return None
    try:
        year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
        microsecond = int(digits[12:].ljust(3, "0")) * 1000
        return datetime(2000 + year, month, day, hour, minute, second, microsecond, VIETNAM_TIME)
    except ValueError:
        return None
