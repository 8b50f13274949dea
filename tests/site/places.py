"""Feeds, sitemaps and robots.txt of both sites, as they say at a moment what stands there."""

import calendar
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from html import escape

from tests.site.content import VIETNAM_TIME, Content
from tests.site.sections import EVERY_SECTION
from tests.site.world import Listed

THANHNIEN = "https://thanhnien.vn"
VIETNAM = "https://www.vietnam.vn"
XML = '<?xml version="1.0" encoding="utf-8"?>\n'
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
IMAGE = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'

ROBOTS = {
    "thanhnien.vn": f"User-agent: *\nAllow: /\nDisallow: /print/\nDisallow: /tim-kiem\nDisallow: /ajax-\n\nSitemap: {THANHNIEN}/sitemap.xml\nSitemap: {THANHNIEN}/google-news-sitemap.xml\n",
    "www.vietnam.vn": f"User-agent: *\nDisallow: /search\nDisallow: /api/\n\nSitemap: {VIETNAM}/sitemap.xml\nSitemap: {VIETNAM}/news-sitemap.xml\n",
}  # fmt: skip


def rss(name: str, link: str, own: str, items: Sequence[Listed], changed: datetime, ttl_min: int) -> str:
    """A feed of thanhnien.vn: CDATA, dates that end in `+07`, guid the same as link."""
    entries = "".join(_rss_item(each.content) for each in items)
    return f"""{XML}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>{name} - Báo Thanh Niên</title><link>{link}</link><description>{name}</description><image><url>https://static.mediacdn.vn/thanhnien.vn/image/logo.png</url><title>Báo Thanh Niên</title><link>{THANHNIEN}</link></image>
<pubDate>{_rfc822(changed)}</pubDate><generator>Báo Thanh Niên</generator><ttl>{ttl_min}</ttl><atom:link href="{own}" rel="self" type="application/rss+xml"/><atom:link href="{own}" rel="self" type="application/rss+xml"/>
{entries}</channel></rss>
"""


def _rss_item(content: Content) -> str:
    picture = (
        f'<a href="{content.url}"><img src="{content.pictures[0].url.replace("thanhnien.vn/", "thanhnien.vn/zoom/600_315/", 1)}"></a>'
        if content.pictures
        else ""
    )
    return f"""<item><title><![CDATA[{content.headline}]]></title><link>{content.url}</link><description><![CDATA[{picture} {content.lead}]]></description><pubDate>{_rfc822(content.published)}</pubDate><guid>{content.url}</guid></item>
"""


def rss_directory(frame: str) -> str:
    """The inner part of `/rss.html`; `frame` are further feeds."""
    items = "".join(
        f'<li class="item"><a href="/rss/{each.slug}.rss" title="{each.name}">{each.name}</a></li>'
        for each in EVERY_SECTION
    )
    return f'<div class="rss"><ul class="cate-content"><li class="item"><a href="/rss/home.rss" title="Trang chủ">Trang chủ</a></li>{items}{frame}</ul></div>'


def sitemap_index(entries: Iterable[tuple[str, datetime | None]]) -> str:
    """A sitemap of sitemaps: address, and when it changed last."""
    listed = "".join(f"<sitemap><loc>{address}</loc>{_lastmod(changed)}</sitemap>\n" for address, changed in entries)
    return f"{XML}<sitemapindex {SITEMAP}>\n{listed}</sitemapindex>\n"


def sitemap(items: Iterable[Listed], *, utc: bool = False) -> str:
    """Addresses with real times of change. Titles of pictures are CDATA whose brackets are escaped."""
    entries = "".join(_url(each.content, utc=utc) for each in items)
    return f"{XML}<urlset {SITEMAP} {IMAGE}>\n{entries}</urlset>\n"


def plain_sitemap(addresses: Iterable[str]) -> str:
    entries = "".join(f"<url><loc>{escape(each)}</loc></url>\n" for each in addresses)
    return f"{XML}<urlset {SITEMAP}>\n{entries}</urlset>\n"


def _url(content: Content, *, utc: bool) -> str:
    pictures = "".join(
        f"<image:image><image:loc>{each.url}</image:loc><image:title>&lt;![CDATA[{escape(content.headline)}]]&gt;</image:title></image:image>"
        for each in content.pictures[:1]
    )
    return f"<url><loc>{content.url}</loc>{_lastmod(content.modified, utc=utc)}<changefreq>hourly</changefreq><priority>0.5</priority>{pictures}</url>\n"


def news_sitemap(items: Iterable[Listed], name: str, *, utc: bool = False) -> str:
    """The newest, as Google News has them."""
    entries = "".join(
        f"<url><loc>{each.content.url}</loc><news:news><news:publication><news:name>{name}</news:name><news:language>{each.content.language}</news:language></news:publication><news:publication_date>{_w3c(each.content.published, utc=utc)}</news:publication_date><news:title><![CDATA[{each.content.headline}]]></news:title></news:news>{_lastmod(each.content.modified, utc=utc)}</url>\n"
        for each in items
    )
    return f"{XML}<urlset {SITEMAP} {NEWS}>\n{entries}</urlset>\n"


def shard_of(time: datetime) -> tuple[int, int, int, int]:
    """Year, month, first and last day of the five days (the last window: to the month's end) that hold a moment."""
    day = time.astimezone(VIETNAM_TIME).date()
    first = min(5 * ((day.day - 1) // 5) + 1, 26)
    last = calendar.monthrange(day.year, day.month)[1] if first == 26 else first + 4
    return day.year, day.month, first, last


def shard_address(shard: tuple[int, int, int, int]) -> str:
    return f"{THANHNIEN}/sitemaps/sitemaps-{'-'.join(map(str, shard))}.xml"


def day_of(time: datetime) -> date:
    """Of the daily sitemaps of vietnam.vn."""
    return time.astimezone(VIETNAM_TIME).date()


def _rfc822(time: datetime) -> str:
    return f"{time.astimezone(VIETNAM_TIME):%a, %d %b %Y %H:%M:%S} +07"


def _w3c(time: datetime, *, utc: bool) -> str:
    if utc:
        return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return time.astimezone(VIETNAM_TIME).isoformat(timespec="seconds")


def _lastmod(time: datetime | None, *, utc: bool = False) -> str:
    return f"<lastmod>{_w3c(time, utc=utc)}</lastmod>" if time else ""
