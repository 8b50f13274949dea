"""The spider of vietnam.vn."""

from typing import ClassVar

from spiders.base import PublisherSpider
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
