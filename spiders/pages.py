"""From an answer of a server to the page that goes on its topic. Pure: no clock, no settings."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from scrapy.http import Response

from dongtin.events import Lane, Page
from dongtin.publishers import identify, page_key
from spiders.frontier import Answer, Visit
from spiders.headers import all_of, last_of


@dataclass(frozen=True)
class Lead:
    """How a spider came to an address."""

    publisher: str
    """Id of the publisher, whose spider it is."""
    lane: Lane
    """Which queue its page goes to."""
    discovery: str
    """How it was found: `given`, or a word of the frontier."""


@dataclass(frozen=True)
class FetchedPage:
    """What a spider gives to the pipeline. Its text form, which Scrapy logs, is without the body."""

    key: str
    """Of its record: article id of the final address where that is an article, else of the requested one."""
    page: Page = field(repr=False)
    body_hash: "hashlib._Hash" = field(repr=False, compare=False)
    """sha256 of the body; nobody adds to it."""
    errand: "Errand | None" = field(default=None, repr=False, compare=False)
    """What it belongs to, where somebody waits for its acknowledgement."""


@dataclass
class Errand:
    """An address on its way, from the request until Kafka has acknowledged its pages."""

    visit: Visit
    answers: list[Answer] = field(default_factory=list)
    """What servers said, for the frontier."""
    waiting: int = 0
    """Pages that have not been acknowledged."""


def fetched_page(response: Response, requested_url: str, lead: Lead, date_fetched: datetime) -> FetchedPage:
    """The page of an answer of status 200, 404 or 410; the body of one that is gone is empty."""
    return _keyed(_page(response, requested_url, lead, date_fetched))


def moved_page(response: Response, requested_url: str, target: str, lead: Lead, date_fetched: datetime) -> FetchedPage:
    """The page that says that an article has moved for good: status 301, also for 308, and an empty body."""
    return _keyed(replace(_page(response, requested_url, lead, date_fetched), status=301, final_url=target))


def answer_of(page: FetchedPage) -> Answer:
    """What a page says of its address, for the next question."""
    said = page.page
    url = said.final_url if said.status != 301 else said.requested_url
    is_itself = identify(url or "").article_id == page.key
    return Answer(
        page.key,
        (url if is_itself else said.requested_url) or "",
        # What answered in its place says nothing of it, and its validators are another page's.
        (said.status or 0) if is_itself else 302,
        said.etag if is_itself else None,
        said.last_modified if is_itself else None,
        page.body_hash.hexdigest() if said.body else None,
    )


def timestamp(moment: datetime) -> str:
    """RFC 3339, UTC, with milliseconds: `2025-01-17T12:43:34.368Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _page(response: Response, requested_url: str, lead: Lead, date_fetched: datetime) -> Page:
    return Page(
        body=response.body if response.status == 200 else b"",
        content_type=last_of(response, "Content-Type"),
        requested_url=requested_url,
        final_url=response.url,
        status=response.status,
        date_fetched=timestamp(date_fetched),
        publisher=lead.publisher,
        etag=all_of(response, "ETag"),
        last_modified=all_of(response, "Last-Modified"),
        x_robots_tag=all_of(response, "X-Robots-Tag"),
        tdm_reservation=all_of(response, "tdm-reservation"),
        tdm_policy=all_of(response, "tdm-policy"),
        discovery=lead.discovery,
        lane=lead.lane,
    )


def _keyed(page: Page) -> FetchedPage:
    return FetchedPage(page_key(page.requested_url, page.final_url, page.status), page, hashlib.sha256(page.body))
