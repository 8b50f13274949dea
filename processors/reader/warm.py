"""What a reader needs before its first page, loaded: trafilatura and the language model come with their first use."""

from contextlib import suppress

from dongtin.codec import page_record
from dongtin.events import Page
from dongtin.publishers import page_key
from dongtin.record import Message
from processors.arrival import accept
from processors.look import look

TEXT = "Người dân hai bên bờ sông đã chờ đợi cây cầu này từ nhiều năm nay. "
PARAGRAPHS = f"<p>{TEXT * 5}</p>" * 5
HTML = f"<html lang='vi'><head><title>Cầu</title></head><body><article>{PARAGRAPHS}</article></body></html>"
ENGLISH = "The people on both banks have waited for this bridge for many years. " * 5
PAGES = (
    ("https://example.org/cau", HTML),
    ("https://thanhnien.vn/cau-moi-185250117194334368.htm", HTML),
    ("https://www.vietnam.vn/en/cau-moi", HTML.replace(TEXT, ENGLISH)),
)
"""A site without rules, a page for each set of rules, and a text whose letters do not tell its language."""


def warm() -> None:
    """Read a small page of each kind."""
    for url, html in PAGES:
        page = Page(html.encode(), "text/html; charset=utf-8", url, url, 200)
        record = page_record(page, page_key(url, url, 200), "/reader")
        with suppress(Exception):  # an error of reading is for the pages that come to say, each its own
            look(accept(Message(record.topic, 0, 1, 0, record.key, record.value, record.headers)))
