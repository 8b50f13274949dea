"""The spider of thanhnien.vn."""

from typing import ClassVar

from spiders.base import PublisherSpider


class ThanhnienSpider(PublisherSpider):
    """Fetches articles of Báo Thanh Niên."""

    name = "thanhnien"
    publisher = "thanhnien.vn"
    allowed_domains: ClassVar[list[str]] = ["thanhnien.vn"]
