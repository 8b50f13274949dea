import gzip
from datetime import UTC, datetime

import pytest

from dongtin.errors import UnreadablePlace
from spiders.discovery import Finding, Findings, sitemap

NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
PLACE = "https://thanhnien.vn/sitemap.xml"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)
ARTICLE = "https://thanhnien.vn/tin-moi-185250117194334368.htm"


def read(text: str | bytes) -> Findings:
    return sitemap(text if isinstance(text, bytes) else text.encode(), "application/xml", PLACE, NOW)


def urlset(inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {NAMESPACES}>{inside}</urlset>'


def test_a_shard_with_pictures() -> None:
    picture = (
        "<image:image><image:loc>https://images2.thanhnien.vn/a.jpg</image:loc>"
        "<image:title>&lt;![CDATA[Nga &amp;quot;Iran&amp;quot;]]&gt;</image:title></image:image>"
    )
    entry = f"<url><loc>{ARTICLE}</loc>{picture}<lastmod>2025-01-17T19:58:00+07:00</lastmod>{picture}</url>"
    assert read(urlset(entry)) == Findings((Finding(ARTICLE, modified=datetime(2025, 1, 17, 12, 58, tzinfo=UTC)),))


@pytest.mark.parametrize("prefix", ["", "s:"])
def test_an_index(prefix: str) -> None:
    shard = "https://thanhnien.vn/sitemaps/sitemaps-2025-1-16-20.xml"
    text = (
        f"<sitemapindex><sitemap><loc>{shard}</loc><lastmod>2026-07-08T04:04:10.339Z</lastmod></sitemap></sitemapindex>"
    )
    text = text.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}")
    modified = datetime(2026, 7, 8, 4, 4, 10, 339_000, tzinfo=UTC)
    assert read(text) == Findings(places=(Finding(shard, modified),))


def test_news() -> None:
    news = (
        "<news:news><news:publication><news:name>TN</news:name></news:publication>"
        "<news:publication_date>2025-01-17T19:58:00+07:00</news:publication_date>"
        "<news:title><![CDATA[<loc>https://a.vn/</loc>]]></news:title></news:news>"
    )
    published = datetime(2025, 1, 17, 12, 58, tzinfo=UTC)
    assert read(urlset(f"<url><loc>{ARTICLE}</loc>{news}</url>")) == Findings((Finding(ARTICLE, published=published),))


@pytest.mark.parametrize(
    "loc", [f"&lt;![CDATA[{ARTICLE}]]&gt;", f"<![CDATA[{ARTICLE}]]>", f"\n  {ARTICLE}\n", ARTICLE.replace("/", "&#47;")]
)
def test_addresses_as_they_are_written(loc: str) -> None:
    assert read(urlset(f"<url><loc>{loc}</loc></url>")).articles == (Finding(ARTICLE),)


def test_an_address_that_stands_twice_has_the_first_times_that_are_given() -> None:
    times = ("-", "2025-01-17T12:58Z", "2025-01-18T12:58Z")
    entries = "".join(f"<url><loc>{ARTICLE}</loc><lastmod>{time}</lastmod></url>" for time in times)
    assert read(urlset(entries)).articles == (Finding(ARTICLE, modified=datetime(2025, 1, 17, 12, 58, tzinfo=UTC)),)


def test_what_is_beyond_any_sitemap_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spiders.discovery.finding.Collected.MOST", 3)
    assert read("\n".join(f"https://a.vn/{number}" for number in (1, 2, 1, 3, 4))).articles == tuple(
        Finding(f"https://a.vn/{number}") for number in (1, 2, 3)
    )


def test_plain_text_has_an_address_a_line() -> None:
    text = f"\ufeff{ARTICLE}\r\n# no address\nftp://a.vn/\n  https://a.vn/?a=1&b=2 \n{ARTICLE}\nHTTPS://A.vn/x#y"
    assert [each.url for each in read(text).articles] == [ARTICLE, "https://a.vn/?a=1&b=2", "HTTPS://A.vn/x"]


def test_a_feed_may_be_a_sitemap() -> None:
    assert read(f"<rss><channel><item><link>{ARTICLE}</link></item></channel></rss>").articles == (Finding(ARTICLE),)


def test_an_empty_day_is_no_error() -> None:
    assert read(urlset("")) == Findings()
    assert read("<sitemapindex/>") == Findings()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "nothing where a sitemap was expected"),
        (b"<!DOCTYPE html><html lang=vi><body>403 Forbidden", "HTML where a sitemap was expected"),
        (b"Access denied", "text without any address where a sitemap was expected"),
        (b"<error>1</error>", "a document of the root 'error' where a sitemap was expected"),
        (urlset(f"<url><loc>{ARTICLE}</loc>")[:-9].encode(), "a sitemap that is cut before the end of its first entry"),
        (gzip.compress(b"x" * 100)[:4], "gzip that is cut or corrupt from the start"),
        (gzip.compress(gzip.compress(b"<urlset/>")), "gzip within gzip"),
    ],
)
def test_what_is_no_sitemap_is_told_in_one_line(body: bytes, said: str) -> None:
    with pytest.raises(UnreadablePlace) as caught:
        read(body)
    assert str(caught.value) == said


def many(count: int) -> str:
    """Addresses of which each five-hundredth is foreign."""
    hosts = ("thanhnien.vn", "example.com")
    entries = (
        f"<url><loc>https://{hosts[number % 500 == 0]}/tin-{number}-{18_500_000 + number}.htm</loc></url>"
        for number in range(count)
    )
    return urlset("".join(entries))


def test_fifty_thousand_addresses_and_a_hundred_foreign_ones_among_them() -> None:
    text = many(50_000)
    for body in (text.encode(), gzip.compress(text.encode(), 1)):
        found = sitemap(body, "application/gzip", PLACE, NOW).articles
        assert len(found) == 50_000
        assert sum("example.com" in each.url for each in found) == 100
        assert found[1].url == "https://thanhnien.vn/tin-1-18500001.htm"


def test_of_packed_ones_that_are_cut_or_corrupt_the_whole_entries_count() -> None:
    whole = sitemap(many(5_000).encode(), None, PLACE, NOW)
    packed = bytearray(gzip.compress(many(5_000).encode()))
    for body in (bytes(packed[: len(packed) // 2]), bytes(packed[: len(packed) // 2]) + b"\xff" * 5_000):
        found = sitemap(body, None, PLACE, NOW)
        assert 1_000 < len(found.articles) < 4_500
        assert found.articles[:1_000] == whole.articles[:1_000]
        assert (found.is_cut, whole.is_cut) == (True, False)


def test_several_gzip_members_and_padding_are_one_file() -> None:
    first, second = gzip.compress(f"<urlset><url><loc>{ARTICLE}</loc>".encode()), gzip.compress(b"</url></urlset>")
    assert read(first + second + b"\0" * 512).articles == (Finding(ARTICLE),)
