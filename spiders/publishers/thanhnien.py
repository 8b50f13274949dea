"""The spider of thanhnien.vn."""

from typing import ClassVar

from spiders.base import PublisherSpider
from spiders.silence import Usual
from spiders.ways import DatedSitemaps, Feed, FeedDirectory, Listings, NewsSitemap, Way

SITE = "https://thanhnien.vn"


class ThanhnienSpider(PublisherSpider):
    """Articles of Báo Thanh Niên."""

    name = "thanhnien"
    publisher = "thanhnien.vn"
    allowed_domains: ClassVar[list[str]] = ["thanhnien.vn"]
    discovery: ClassVar[tuple[Way, ...]] = (
        Feed(f"{SITE}/rss/home.rss"),
        NewsSitemap(f"{SITE}/latest-news-sitemap.xml"),
        NewsSitemap(f"{SITE}/google-news-sitemap.xml"),
        FeedDirectory(f"{SITE}/rss.html"),
        DatedSitemaps(
            f"{SITE}/sitemap.xml",
            shard=r"/sitemaps/sitemaps-(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<first>\d+)-(?P<last>\d+)\.xml",
        ),
        Listings(
            SITE,
            sections=(
                "/thoi-su.htm", "/chinh-tri.htm", "/the-gioi.htm", "/kinh-te.htm", "/doi-song.htm", "/suc-khoe.htm",
                "/gioi-tre.htm", "/tieu-dung-thong-minh.htm", "/giao-duc.htm", "/du-lich.htm", "/van-hoa.htm",
                "/giai-tri.htm", "/the-thao.htm", "/cong-nghe.htm", "/xe.htm", "/thoi-trang-tre.htm", "/video.htm",
            ),
        ),
    )  # fmt: skip
    usual: ClassVar[Usual] = Usual(articles_a_day=300, gap_by_day_s=15 * 60, gap_by_night_s=60 * 60)
