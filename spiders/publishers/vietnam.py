"""The spider of vietnam.vn."""

from typing import ClassVar

from spiders.base import PublisherSpider


class VietnamSpider(PublisherSpider):
    """Fetches articles of Vietnam.vn in every language, on its mirrors too."""

    name = "vietnam"
    publisher = "vietnam.vn"
    allowed_domains: ClassVar[list[str]] = ["vietnam.vn", "vrviet.vn"]
