"""A saved document: light to hold, its body read when it is needed."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from lxml import html

from dongtin.codec import TEXT_TYPE, load_json
from dongtin.errors import DecodeError, DocumentUnreadable
from dongtin.events import Lane, Page
from dongtin.publishers import AddressKind, identify, page_key
from dongtin.topics import PAGE_BYTES

HEAD_BYTES = 262_144
READ_STATUS = (200, 301, 308, 404, 410)
REDIRECT = (301, 308)
GONE = (404, 410)


@dataclass(frozen=True)
class SavedDocument:
    """A document that can be opened: a name for a person, and its place in the order that names do not change."""

    name: str
    order: tuple[str, str, str]
    """Fetch time (empty where unknown), sha256 of the page, key."""
    open: Callable[[], tuple[str, Page]]

    def load(self) -> tuple[str, Page]:
        """Key and page. Raises DocumentUnreadable."""
        return self.open()


class Skipped(Exception):
    """The document is understood, and no page of a kind that counts: it is counted by this reason."""


def document(name: str, opener: Callable[[], tuple[str, Page]]) -> SavedDocument:
    """A document, opened once to find its place. Raises DocumentUnreadable and Skipped."""
    key, page = opener()
    return SavedDocument(name, (page.date_fetched or "", sha256(page.body).hexdigest(), key), opener)


def open_text(path: Path) -> tuple[str, Page]:
    """A text file: key and page. Raises DocumentUnreadable."""
    body = read_bytes(path)
    return f"text/{sha256(body).hexdigest()[:16]}", Page(body, TEXT_TYPE, lane=Lane.BACKFILL)


def open_html(path: Path, url: str | None) -> tuple[str, Page]:
    """A bare HTML file at a given address, or the one that it declares. Raises DocumentUnreadable."""
    body = read_bytes(path)
    address = url or declared_address(body[:HEAD_BYTES])
    if address is None:
        raise DocumentUnreadable("no address: the page declares none, give --url")
    return fetched(body, address, address, 200, {"content-type": "text/html"}, None)


def open_folder(folder: Path) -> tuple[str, Page]:
    """A folder with page.html and request.json. Raises DocumentUnreadable and Skipped."""
    try:
        request = load_json(read_bytes(folder / "request.json"))
    except DecodeError as error:
        raise DocumentUnreadable(f"request.json is {error}") from error
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise DocumentUnreadable("request.json names no url")
    final = request.get("final_url") or request["url"]
    status = request.get("status", 200)
    headers = request.get("headers") or {}
    if not isinstance(final, str) or type(status) is not int or not isinstance(headers, dict):
        raise DocumentUnreadable("request.json: final_url must be text, status a number, headers an object")
    when = fetch_time(request.get("fetched_at"))
    return fetched(read_bytes(folder / "page.html"), request["url"], final, status, headers, when)


def fetched(
    body: bytes, requested: str, final: str, status: int, headers: dict[str, Any], when: str | None, **more: Any
) -> tuple[str, Page]:
    """Key and page of a response. Raises DocumentUnreadable and Skipped."""
    if status not in READ_STATUS:
        raise Skipped(f"status {status}")
    for address in (requested, final):
        if identify(address).kind == AddressKind.INVALID:
            raise DocumentUnreadable(f"not an http address: {address[:200]!r}")
    target, asked = identify(final), identify(requested)
    if status in REDIRECT and target.article_id is not None and target.article_id == asked.article_id:
        raise Skipped("redirect to the same article")
    named = {str(name).lower(): _header(value) for name, value in headers.items()}
    page = Page(
        body=b"" if status in (*REDIRECT, *GONE) else body,
        content_type=named.get("content-type"),
        requested_url=requested,
        final_url=final,
        status=301 if status in REDIRECT else status,
        date_fetched=when,
        publisher=target.publisher.id if target.publisher else None,
        etag=named.get("etag"),
        last_modified=named.get("last-modified"),
        x_robots_tag=named.get("x-robots-tag"),
        tdm_reservation=named.get("tdm-reservation"),
        tdm_policy=named.get("tdm-policy"),
        lane=Lane.BACKFILL,
        **more,
    )
    return page_key(requested, final, page.status), page


def fetch_time(value: object) -> str | None:
    """RFC 3339 in UTC, the fraction only where there is one. Raises DocumentUnreadable."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise DocumentUnreadable(f"fetched_at is no time: {str(value)[:60]!r}") from error
    if moment.tzinfo is None:
        raise DocumentUnreadable(f"fetched_at has no offset: {str(value)[:60]!r}")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def declared_address(head: bytes) -> str | None:
    """The canonical address that a page declares, or og:url."""
    try:
        tree = html.document_fromstring(head)
    except (ValueError, html.etree.ParserError):
        return None
    for query in ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content"):
        for found in tree.xpath(query):
            address = urljoin("https://invalid.invalid/", str(found).strip())
            if identify(address).kind != AddressKind.INVALID and "invalid.invalid" not in address:
                return address
    return None


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of at most PAGE_BYTES. Raises DocumentUnreadable."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(file, "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DocumentUnreadable("not a file")
            body = opened.read(PAGE_BYTES + 1)
            if len(body) > PAGE_BYTES:
                raise DocumentUnreadable(f"{status.st_size:,} bytes, more than the {PAGE_BYTES:,} that a page may have")
            return body
    except OSError as error:
        raise DocumentUnreadable(error.strerror or str(error)) from error


def _header(value: object) -> str | None:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return None if value is None else str(value)
