"""The spider of vietnam.vn."""

from typing import ClassVar

from spiders.base import PublisherSpider
from spiders.silence import Usual
from spiders.ways import DatedSitemaps, NewsSitemap, Way

SITE = "https://www.vietnam.vn"


class VietnamSpider(PublisherSpider):
    """Articles of Vietnam.vn in every language, on its mirrors too."""

    name = "vietnam"
    publisher = "vietnam.vn"
    allowed_domains: ClassVar[list[str]] = ["vietnam.vn", "vrviet.vn"]
    discovery: ClassVar[tuple[Way, ...]] = (
        NewsSitemap(f"{SITE}/news-sitemap.xml"),
        DatedSitemaps(
            f"{SITE}/sitemap.xml",
            300,
            shard=r"/sitemap/sitemap-post/(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\.xml",
        ),
    )
    languages: ClassVar[tuple[str, ...]] = (
        "en", "fr", "de", "es", "nl", "pt", "el", "ru", "uk", "ar", "fa", "ur", "hi", "bn", "th", "id", "ms", "ja",
        "ko", "zh-cn",
    )  # fmt: skip
    """Those that were seen."""
    # 1,576 addresses stood in the sitemap of a day. The sitemaps answer 403 for a quarter of an hour at times.
    usual: ClassVar[Usual] = Usual(articles_a_day=1576, gap_by_day_s=10 * 60, gap_by_night_s=30 * 60)
