"""What holds for each reader, whatever it is given."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.errors import UnreadablePlace
from spiders.discovery import Findings, feed, feed_directory, listing, sitemap

NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
PLACE = "https://thanhnien.vn/place"
Reader = Callable[[bytes, str | None, str, datetime], Findings]
READERS: tuple[Reader, ...] = (feed, feed_directory, listing, sitemap)
PIECES = (
    "<rss>", "</rss>", "<channel>", "<feed xml:base='a/'>", "<urlset>", "<sitemapindex>", "<item>", "</item>",
    "<entry>", "</entry>", "<link>", "</link>", "<link href='/rss/b-1.rss'/>", "<url>", "</url>", "<sitemap>",
    "</sitemap>", "<loc>", "</loc>", "<lastmod>", "</lastmod>", "<pubDate>", "<ttl>", "9", "</ttl>",
    "https://a.vn/x#y", "/tin-18542574.htm", "//[", "2025-01-17", "10/5/2026 3:42:00 PM", "<![CDATA[", "]]>",
    "<!--", "-->", "<!DOCTYPE r [", "<!ENTITY a 'b'>", "]>", "&a;", "&amp;", "&#0;", "&#xD800;",
    "&lt;![CDATA[", "<?xml version='1.0' encoding='utf-16'?>", "<?", "\x00", "\ud7ff", "<", ">", '"', "'", "=",
    "/>", "<a href=", "<div class=box-category-item>", "</div>", "<time datetime='2025'>", "<script>",
    "<title>", "</title>", "<input id=hdZoneId value=1>", "<base href=", "<body>", " ", "\n", "é",
)  # fmt: skip
MARKUP = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)
ENCODINGS = st.sampled_from(("utf-8", "utf-16", "utf-16-be", "utf-8-sig", "utf-32", "cp1258", "shift_jis"))
BODIES = st.binary(max_size=200) | st.builds(lambda text, encoding: text.encode(encoding, "replace"), MARKUP, ENCODINGS)
TYPES = st.none() | st.sampled_from(
    ("text/xml", "text/html; charset=utf-16", "a; charset=utf-7", "a; charset=\0", "gb2312")
)


@pytest.mark.parametrize("reader", READERS)
@settings(derandomize=True, max_examples=300, deadline=None)
@given(body=BODIES, content_type=TYPES)
def test_any_bytes_give_findings_or_say_what_they_are(reader: Reader, body: bytes, content_type: str | None) -> None:
    said = read(reader, body, content_type)
    assert said == read(reader, body, content_type)
    if isinstance(said, str):
        assert len(said.splitlines()) == 1
        assert len(said) < 200
    else:
        require_sound(said)


def read(reader: Reader, body: bytes, content_type: str | None) -> Findings | str:
    """What a place says, or what is there instead."""
    try:
        return reader(body, content_type, PLACE, NOW)
    except UnreadablePlace as error:
        return str(error)


def require_sound(findings: Findings) -> None:
    assert findings.ttl_s is None or 0 < findings.ttl_s <= 86_400
    for shown in (findings.articles, findings.places):
        assert len({each.url for each in shown}) == len(shown)
        for each in shown:
            assert urlsplit(each.url).scheme in ("http", "https")
            assert "#" not in each.url
            assert each.url.isprintable() or not each.url.isascii()
            assert all(time is None or time <= NOW + timedelta(days=1) for time in (each.modified, each.published))


SHAPES = Path(__file__).with_name("hostile_places.py")


@pytest.mark.parametrize("reader", ["feed", "feed_directory", "listing", "sitemap", "alternates"])
def test_four_megabytes_of_anything_take_time_and_memory_by_their_size(reader: str) -> None:
    """In a process of its own, with 700 MB at most; by the square of its size a shape would take a day or more."""
    given = subprocess.run([sys.executable, SHAPES, reader], capture_output=True, text=True, timeout=280)
    assert given.returncode == 0, given.stderr
