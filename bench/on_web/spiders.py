"""The two spiders that are compared: ours from a filled frontier, and a bare one. Each notes when its pages were done.

`python -m bench.on_web.spiders ADDRESSES MARKS` runs the bare one; ours is run as any of the project's.
"""

import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from spiders.base import PublisherSpider
from spiders.settings import DOWNLOAD_MAXSIZE
from tests.site.running import SCRAPY_SETTINGS

AT_ONCE = 16
PUBLISHER = "thanhnien.vn"


class Marks:
    """Real time and the process's CPU time at the first page that was done and at the last, and how many there were."""

    def __init__(self, crawler: Crawler, signal: object) -> None:
        self._path = Path(crawler.settings["MARKS"])
        self._first = self._last = (0.0, 0.0)
        self._pages, self._all = 0, crawler.settings.getint("PAGES")
        crawler.signals.connect(self._done, signal)
        crawler.signals.connect(self._write, signals.spider_closed)

    def _done(self) -> None:
        self._pages += 1
        if self._pages == 1:
            self._first = (time.perf_counter(), time.process_time())
        elif self._pages == self._all:
            self._last = (time.perf_counter(), time.process_time())

    def _write(self) -> None:
        self._path.write_text(json.dumps({"pages": self._pages, "first": self._first, "last": self._last}))


class FrontierSpider(PublisherSpider):
    """Of thanhnien.vn, with nothing to discover. A page is done when Kafka has acknowledged it."""

    name = "frontier"
    publisher = PUBLISHER

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "FrontierSpider":
        spider = super().from_crawler(crawler, *args, **kwargs)
        assert isinstance(spider, cls)  # noqa: S101
        if crawler.settings["MARKS"]:
            spider.marks = Marks(crawler, signals.item_scraped)  # type: ignore[attr-defined]
        return spider


class BareSpider(Spider):
    """Fetches addresses and throws the pages away."""

    name = "bare"

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "BareSpider":
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.marks = Marks(crawler, signals.response_received)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        for address in Path(self.settings["ADDRESSES"]).read_text().splitlines():
            yield Request(address)

    def parse(self, response: Response) -> None:
        pass


def main(addresses: str, marks: str) -> None:
    """What our spiders do without is off here too: it must be no quicker for that."""
    twin = dict(each.split("=", 1) for each in SCRAPY_SETTINGS if not each.startswith("CLOCK"))
    off = dict.fromkeys(("COOKIES_ENABLED", "TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED", "STATS_DUMP"), False)
    process = AsyncCrawlerProcess(
        Settings(
            {
                **twin,
                **off,
                "CONCURRENT_REQUESTS": AT_ONCE,
                "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
                "DOWNLOAD_DELAY": 0,
                "DOWNLOAD_VERIFY_CERTIFICATES": True,
                "DOWNLOAD_MAXSIZE": DOWNLOAD_MAXSIZE,
                "LOG_LEVEL": "WARNING",
                "ADDRESSES": addresses,
                "MARKS": marks,
                "PAGES": len(Path(addresses).read_text().splitlines()),
            }
        )
    )
    process.crawl(BareSpider)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
