"""From what a server answered, as it was saved, to the page that goes on its topic."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin

from dongtin.errors import DocumentUnreadable
from dongtin.events import Lane, Page
from dongtin.publishers import Address, AddressKind, identify, page_key

MOVED = (301, 308)
GONE = (404, 410)
READ = (200, *MOVED, *GONE)
LISTS = ("etag", "last-modified", "x-robots-tag", "tdm-reservation", "tdm-policy")
"""Headers that a page keeps; one that was sent more than once is a list (RFC 9110, 5.3)."""
KEPT = ("content-type", "location", *LISTS)
HEADER_CHARACTERS = 8_000
"""Of all kept headers together; servers stop at 8 KiB or so for one."""


class Skipped(Exception):
    """Count by this reason, and go on: the document is understood, and no page comes of it."""


@dataclass(frozen=True)
class Answer:
    """What a server answered to a request."""

    requested_url: str
    final_url: str
    """The address that answered; of a permanent redirect: where it leads."""
    status: int
    date_fetched: str | None
    """RFC 3339, UTC."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of KEPT, by their names in lower case."""
    discovery: str | None = None
    body: bytes = b""
    """After content decoding; looked at where the status is 200."""


def kept_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of all headers those that count, without control characters. Raises DocumentUnreadable."""
    kept: dict[str, str] = {}
    for name, value in headers:
        lowered, text = name.strip().lower(), without_controls(value)
        if text and lowered in KEPT:
            kept[lowered] = f"{kept[lowered]}, {text}" if lowered in LISTS and lowered in kept else text
            if sum(map(len, kept.values())) > HEADER_CHARACTERS:
                raise DocumentUnreadable(f"more than {HEADER_CHARACTERS:,} characters of headers")
    return kept


def redirect_target(base: str, location: str | None) -> str:
    """Where a redirect leads, absolute, without fragment. Raises Skipped where that is no http address."""
    try:
        target = urldefrag(urljoin(base, without_controls(location or ""))).url
    except ValueError:
        target = ""
    if not location or identify(target).kind == AddressKind.INVALID:
        raise Skipped("redirect to no address")
    return target


def page_of(answer: Answer) -> tuple[str, Page]:
    """Key and page of an answer, in the lane of saved documents. Raises DocumentUnreadable and Skipped."""
    require_read(answer.status)
    asked = require_address(answer.requested_url)
    served = asked if answer.final_url == answer.requested_url else require_address(answer.final_url)
    moved = answer.status in MOVED
    if moved and asked.article_id in (None, served.article_id):
        raise Skipped("redirect that moves no article")
    site = (asked if moved else served).publisher
    status = MOVED[0] if moved else answer.status
    page = Page(
        body=answer.body if status == 200 else b"",
        content_type=answer.headers.get("content-type"),
        requested_url=answer.requested_url,
        final_url=answer.final_url,
        status=status,
        date_fetched=answer.date_fetched,
        publisher=site.id if site else None,
        etag=answer.headers.get("etag"),
        last_modified=answer.headers.get("last-modified"),
        x_robots_tag=answer.headers.get("x-robots-tag"),
        tdm_reservation=answer.headers.get("tdm-reservation"),
        tdm_policy=answer.headers.get("tdm-policy"),
        discovery=answer.discovery,
        lane=Lane.BACKFILL,
    )
    return page_key(page.requested_url, page.final_url, page.status), page


def require_address(url: str) -> Address:
    """What an address says. Raises DocumentUnreadable where it is no http address."""
    address = identify(url)
    if address.kind == AddressKind.INVALID:
        raise DocumentUnreadable(f"not an http address: {url[:200]!r}")
    return address


def require_read(status: int) -> None:
    """Raise Skipped where an answer of a status gives no page."""
    if status not in READ:
        raise Skipped(f"status {status}")


def without_controls(text: str) -> str:
    """A text without control characters and lone surrogates, which no attribute of an event may have, and stripped."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cs")).strip()
