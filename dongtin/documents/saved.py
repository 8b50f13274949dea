"""A saved document, and its forms that are one file or folder each: text, saved page, bare HTML."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin

from dongtin.codec import TEXT_TYPE, load_json
from dongtin.documents.answers import MOVED, Answer, Skipped, kept_headers, page_of, redirect_target, without_controls
from dongtin.documents.declared import declared_address
from dongtin.documents.files import FILE_BYTES, read_file
from dongtin.documents.order import Order, order
from dongtin.documents.times import utc
from dongtin.errors import DecodeError, DocumentUnreadable
from dongtin.events import Lane, Page

HTML_NAME, REQUEST_NAME = "page.html", "request.json"
REQUEST_BYTES = 1_000_000
"""The most that a request.json may have."""


class Source(Protocol):
    """Where a document comes from."""

    def load(self) -> tuple[str, Page]:
        """Key and page. Raises DocumentUnreadable and Skipped."""


@dataclass(frozen=True, slots=True)
class SavedDocument:
    """A document that can be opened. It holds no body."""

    name: str
    """For a person: the path, and the place of a WARC record."""
    order: Order
    """Sorts by fetch time (unknown first), then sha256 of the page, then what else the page says: never by a name.

    Pages of an archive sort by when Kafka took them, and by their place in its log.
    """
    source: Source

    def load(self) -> tuple[str, Page]:
        """Key and page. Raises DocumentUnreadable where it is no longer what was found."""
        try:
            return self.source.load()
        except Skipped as reason:
            raise DocumentUnreadable(f"it has changed since it was found: {reason}") from reason


def saved_document(name: str, source: Source) -> SavedDocument:
    """A document, opened once to find its place. Raises DocumentUnreadable and Skipped."""
    key, page = source.load()
    return SavedDocument(name, order(key, page, sha256(page.body).hexdigest()), source)


@dataclass(frozen=True, slots=True)
class TextFile:
    """What a page says, without its markup: a document without address and time."""

    path: Path

    def load(self) -> tuple[str, Page]:
        """See `Source.load`. An empty file is a document too."""
        body = read_file(self.path)
        return f"text/{sha256(body).hexdigest()[:16]}", Page(body, TEXT_TYPE, lane=Lane.BACKFILL)


@dataclass(frozen=True, slots=True)
class HtmlFile:
    """A page without its request: at a given address, else at the one that it declares."""

    path: Path
    url: str | None

    def load(self) -> tuple[str, Page]:
        """See `Source.load`."""
        body = read_file(self.path)
        url = self.url or declared_address(body)
        if url is None:
            raise DocumentUnreadable("no address: the page declares none, give --url")
        url = without_controls(url)
        return page_of(Answer(url, url, 200, None, {"content-type": "text/html"}, body=body))


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A folder with page.html, the bytes, and request.json: url, status, headers, fetched_at, final_url."""

    folder: Path

    def load(self) -> tuple[str, Page]:
        """See `Source.load`. What has moved or is gone needs no page.html."""
        content = self._read(REQUEST_NAME, REQUEST_BYTES).removeprefix(BOM_UTF8)
        try:
            answer = recorded_answer(load_json(content))
        except (DecodeError, DocumentUnreadable) as error:
            raise DocumentUnreadable(f"{REQUEST_NAME}: {error}") from error
        return page_of(replace(answer, body=self._read(HTML_NAME)) if answer.status == 200 else answer)

    def _read(self, name: str, limit: int = FILE_BYTES) -> bytes:
        try:
            return read_file(self.folder / name, limit)
        except DocumentUnreadable as error:
            raise DocumentUnreadable(f"{name}: {error}") from error


def recorded_answer(request: object) -> Answer:
    """What a request.json says, without the body. Raises DocumentUnreadable and Skipped."""
    if not isinstance(request, dict):
        raise DocumentUnreadable("not an object")
    url, final_url, fetched_at = (_text(request, name) for name in ("url", "final_url", "fetched_at"))
    status = request.get("status")
    if url is None:
        raise DocumentUnreadable("it names no url")
    if status is None:
        status = 200
    elif type(status) is not int:
        raise DocumentUnreadable("status is not a number")
    headers = kept_headers(_pairs(request.get("headers")))
    if status in MOVED:
        final_url = redirect_target(url, final_url or headers.get("location"))
    try:
        final_url = urljoin(url, final_url or url)
    except ValueError as error:
        raise DocumentUnreadable(f"not an http address: {str(final_url)[:200]!r}") from error
    return Answer(url, final_url, status, _fetch_time(fetched_at), headers)


def _fetch_time(text: str | None) -> str | None:
    try:
        return None if text is None else utc(text)
    except DocumentUnreadable as error:
        raise DocumentUnreadable(f"fetched_at is {error}") from error


def _text(request: dict[str, Any], name: str) -> str | None:
    value = request.get(name)
    if value is not None and not isinstance(value, str):
        raise DocumentUnreadable(f"{name} is not text")
    return without_controls(value) if value is not None else None


def _pairs(headers: object) -> Iterator[tuple[str, str]]:
    """Names and values of an object, whose values may be lists, or of a list of pairs."""
    if not isinstance(headers, dict | list | None):
        raise DocumentUnreadable("headers is not an object")
    for pair in headers.items() if isinstance(headers, dict) else headers or ():
        match pair:
            case (str(name), str(value)):
                yield name, value
            case (str(name), [*values]):
                yield from ((name, value) for value in values if isinstance(value, str))
            case (str(name), int(value)):
                yield name, str(value)
