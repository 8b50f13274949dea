"""What a document says, as it says it."""

from dongtin.codec import TEXT_TYPE
from dongtin.errors import RejectPage
from dongtin.events import Page, RejectionReason
from dongtin.publishers import Address
from dongtin.topics import PAGE_BYTES
from processors.read.html import read_html
from processors.read.reading import Reading
from processors.read.text import read_text

HTML_TYPES = ("text/html", "application/xhtml+xml")


def read(page: Page, address: Address | None) -> Reading:
    """What a page says; `address` is that of the page, None for a text document.

    Raises RejectPage where it is understood and says no article.
    """
    if len(page.body) > PAGE_BYTES:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"{len(page.body):,} bytes, more than {PAGE_BYTES:,}")
    media_type = (page.content_type or "").partition(";")[0].strip().lower()
    if address is None:
        if page.content_type != TEXT_TYPE:
            raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"{media_type or 'nothing'} without an address")
        return read_text(page.body)
    if is_html(page):
        return read_html(page.body, page.content_type, address, page.date_fetched)
    raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"content type {media_type or 'missing'}")


def is_html(page: Page) -> bool:
    """Whether it was served as HTML, or as nothing and looks like it."""
    if len(page.body) > PAGE_BYTES:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"{len(page.body):,} bytes, more than {PAGE_BYTES:,}")
    media_type = (page.content_type or "").partition(";")[0].strip().lower()
    return media_type in HTML_TYPES or (not media_type and _looks_like_html(page.body))


def _looks_like_html(body: bytes) -> bool:
    """For servers that name no type: markup within the first kilobyte."""
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--"))
