"""How a fetched page gets on its topic: bounded, acknowledged, and never lost in silence."""

import asyncio
import contextlib

import structlog
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DropItem
from scrapy.utils.misc import load_object

from dongtin.codec import page_record, source
from dongtin.errors import DongtinError, RecordTooLarge
from dongtin.settings import Settings
from dongtin.stream.base import Sink
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.sink import KafkaSink
from dongtin.topics import PAGES, PAGES_BACKFILL
from spiders.outcomes import PageOutcome
from spiders.pages import FetchedPage

log = structlog.get_logger(__name__)

STAGE = "spiders"
"""In `ce_source`."""
NOT_STARTED, UNDELIVERED = "no_sink", "undelivered"
"""Reasons for which it closes the spider."""


def kafka_sink(settings: Settings, in_flight: int) -> Sink:
    """The pages topics on Kafka. Raises BrokerUnavailable and TopicMismatch."""
    cluster = Cluster(tuple(settings.servers), settings.topic_prefix, settings.bootstrap_timeout_s)
    # One above our own bound: the sink must never find itself full, or it would wait in the reactor's thread.
    return KafkaSink(cluster, (PAGES, PAGES_BACKFILL), in_flight=in_flight + 1)


class PagesPipeline:
    """Puts pages on their topic; an item is done when its page is acknowledged, so that Scrapy asks for no more than
    that goes through. The first page that is not delivered ends the crawl: `failure` says why.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._settings: Settings = crawler.settings["DONGTIN_SETTINGS"]
        self._source = source(self._settings.topic_prefix, STAGE)
        self._timeout_s = crawler.settings.getfloat("PAGES_TIMEOUT_S")
        self._bound = crawler.settings.getint("CONCURRENT_ITEMS")
        self._in_flight = asyncio.Semaphore(self._bound)
        self._sink: Sink | None = None
        self._closing: asyncio.Task[None] | None = None
        self.failure: Exception | None = None
        """Why pages were not delivered, or the crawl could not begin; None while all goes well."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PagesPipeline":
        """Scrapy's way to make it."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Make the sink; where that fails nothing is fetched."""
        make = load_object(self._crawler.settings["PAGES_SINK"])
        try:
            self._sink = await asyncio.to_thread(make, self._settings, self._bound)
        except DongtinError as error:
            self.failure = error
            raise CloseSpider(NOT_STARTED) from error

    async def process_item(self, item: FetchedPage) -> FetchedPage:
        """Returns when the page is acknowledged; drops it, told and counted, where it is not."""
        record = page_record(item.page, item.key, self._source)
        async with self._in_flight:
            if self.failure or self._sink is None:
                raise self._undelivered(item, self.failure)
            loop = asyncio.get_running_loop()
            outcome: asyncio.Future[Exception | None] = loop.create_future()

            def settle(error: Exception | None) -> None:
                if not outcome.done():
                    outcome.set_result(error)

            def acknowledged(error: Exception | None) -> None:
                # From the sink's own thread; one that comes when the crawl is over has been counted as undelivered.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(settle, error)

            try:
                self._sink.send(record, acknowledged)
                error = await asyncio.wait_for(outcome, self._timeout_s)
            except RecordTooLarge as too_large:
                self._count(PageOutcome.TOO_LARGE)
                log.warning("page", outcome=PageOutcome.TOO_LARGE, key=item.key, why=str(too_large))
                raise DropItem(str(too_large), log_level="DEBUG") from too_large
            except TimeoutError:
                error = TimeoutError(f"no acknowledgement within {self._timeout_s:g} s")
        if error:
            raise self._undelivered(item, error)
        self._count(PageOutcome.DELIVERED)
        return item

    async def close_spider(self) -> None:
        """Leave the sink; Scrapy calls this when every item is done."""
        if self._sink:
            await asyncio.to_thread(self._sink.close, self._timeout_s)

    def _undelivered(self, item: FetchedPage, error: Exception | None) -> DropItem:
        self._count(PageOutcome.UNDELIVERED)
        log.error("page", outcome=PageOutcome.UNDELIVERED, key=item.key, why=f"{type(error).__name__}: {error}")
        self.failure = self.failure or error
        if self._closing is None:
            closing = self._crawler.engine.close_spider_async(reason=UNDELIVERED)
            self._closing = asyncio.get_running_loop().create_task(closing)
        return DropItem(UNDELIVERED, log_level="DEBUG")

    def _count(self, outcome: PageOutcome) -> None:
        self._crawler.stats.inc_value(f"page/{outcome}")
