"""What a crawler brings home from the twin, without a network: pages as the spiders make them."""

from datetime import datetime
from urllib.parse import urlsplit

from dongtin.events import Page
from dongtin.publishers import identify, page_key
from spiders.pages import timestamp
from tests.site.web import Web

MOST_REDIRECTS = 5


def visit(web: Web, url: str, at: datetime) -> tuple[str, Page]:
    """The key and the page of an address: temporary redirects, and those to another spelling, are followed."""
    asked = url
    for _ in range(MOST_REDIRECTS):
        parts = urlsplit(url)
        answer = web.answer(parts.netloc, parts.path, at)
        if answer.location is None:
            body = answer.body if answer.status == 200 else b""
            return _keyed(Page(body, answer.content_type, asked, url, answer.status, timestamp(at)))
        target = answer.location
        if answer.status in (301, 308) and identify(target).article_id != identify(asked).article_id:
            return _keyed(Page(b"", answer.content_type, asked, target, 301, timestamp(at)))
        url = target
    raise AssertionError(f"{asked} leads round and round")


def _keyed(page: Page) -> tuple[str, Page]:
    return page_key(page.requested_url, page.final_url, page.status), page
