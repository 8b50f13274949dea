"""How a fetched page gets on its topic: bounded, acknowledged, and never lost in silence."""

import asyncio
import math

import structlog
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DropItem
from scrapy.utils.misc import load_object

from dongtin.codec import page_record, source
from dongtin.errors import BrokerUnavailable, ConfigurationError, DongtinError, RecordTooLarge
from dongtin.record import Record
from dongtin.settings import Settings
from dongtin.stream.base import Sink
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.sink import KafkaSink
from dongtin.topics import PAGES, PAGES_BACKFILL
from spiders.bursts import Bursts
from spiders.outcomes import PageOutcome, PageTooLarge
from spiders.pages import FetchedPage

log = structlog.get_logger(__name__)

STAGE = "spiders"
"""In `ce_source`."""
AGAIN_S = 2.0
"""Before a Kafka that did not answer is asked again."""
LOOK_S = 1.0
"""Between two looks at whether the crawl ends."""
NOT_STARTED, UNDELIVERED = "no_sink", "undelivered"
"""Reasons for which it closes the spider."""


def kafka_sink(settings: Settings, in_flight: int) -> Sink:
    """The pages topics on Kafka. Raises BrokerUnavailable and TopicMismatch."""
    cluster = Cluster(tuple(settings.servers), settings.topic_prefix, settings.bootstrap_timeout_s)
    # One above our own bound: the sink must never find itself full, or it would wait in the reactor's thread.
    return KafkaSink(cluster, (PAGES, PAGES_BACKFILL), in_flight=in_flight + 1)


class PagesPipeline:
    """Puts pages on their topic; an item is done when its page is acknowledged, so that Scrapy asks for no more than
    that goes through. The first page that is not delivered ends the crawl: `failure` says why. A service does not end:
    it holds what it has until Kafka is back.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._settings: Settings = crawler.settings["DONGTIN_SETTINGS"]
        self._source = source(self._settings.topic_prefix, STAGE)
        self._is_service = crawler.settings.getbool("IS_SERVICE")
        self._timeout_s = math.inf if self._is_service else crawler.settings.getfloat("PAGES_TIMEOUT_S")
        self._grace_s = crawler.settings.getfloat("PAGES_GRACE_S")
        self._bound = crawler.settings.getint("PAGES_IN_FLIGHT")
        self._in_flight = asyncio.Semaphore(self._bound)
        self._sink: Sink | None = None
        self._bursts = Bursts()
        self._making = asyncio.Lock()
        self._stopping_since: float | None = None
        self._closing: asyncio.Task[None] | None = None
        self.failure: Exception | None = None
        """Why pages were not delivered, or the crawl could not begin; None while all goes well."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PagesPipeline":
        """Scrapy's way to make it."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Make the sink; where that fails nothing is fetched. Who waits for Kafka makes it with the first page."""
        if self._crawler.settings.getbool("WAIT_FOR_KAFKA"):
            return
        try:
            self._sink = await self._made()
        except DongtinError as error:
            self.failure = error
            raise CloseSpider(NOT_STARTED) from error

    async def process_item(self, item: FetchedPage) -> FetchedPage:
        """Returns when the page is acknowledged; drops it, told and counted, where it is not."""
        record = page_record(item.page, item.key, self._source, item.body_hash)
        async with self._in_flight:
            if self.failure or (self._sink is None and not self._is_service):
                raise self._undelivered(item, self.failure)
            try:
                error = await (self._held_until_sent(record) if self._is_service else self._sent(self._sink, record))
            except RecordTooLarge as too_large:
                self._count(PageOutcome.TOO_LARGE)
                log.warning("page", outcome=PageOutcome.TOO_LARGE, key=item.key, why=str(too_large))
                raise PageTooLarge(str(too_large), log_level="DEBUG") from too_large
            except ConfigurationError as wrong:
                # Waiting for Kafka does not help: the topic is gone, or does not take what it should.
                error = wrong
        if error:
            raise self._undelivered(item, error)
        self._count(PageOutcome.DELIVERED)
        return item

    async def close_spider(self) -> None:
        """Leave the sink; Scrapy calls this when every item is done."""
        if self._sink:
            await asyncio.to_thread(self._sink.close, 0 if self.failure else self._grace_s)

    async def _made(self) -> Sink:
        make = load_object(self._crawler.settings["PAGES_SINK"])
        sink: Sink = await asyncio.to_thread(make, self._settings, self._bound)
        return sink

    async def _held_until_sent(self, record: Record) -> Exception | None:
        """Send a record, by new sinks while old ones fail; gives up only when the crawl ends.

        Raises RecordTooLarge, and ConfigurationError where no new sink will ever do.
        """
        error: Exception | None = None
        while not self._has_waited_enough() and self.failure is None:
            sink = self._sink
            if sink is not None:
                error = await self._sent(sink, record)
                if error is None or isinstance(error, ConfigurationError):
                    return error
            error = await self._renewed(sink) or error
        return self.failure or error or TimeoutError("Kafka did not come back before the crawl ended")

    async def _renewed(self, failed: Sink | None) -> Exception | None:
        """Put a new sink in the place of one that fails: a producer that failed once fails for ever."""
        async with self._making:
            if self._sink is not failed:
                return None
            self._sink = None
            if failed is not None:
                log.warning("pages wait for Kafka", publisher=getattr(self._crawler.spider, "publisher", None))
                await asyncio.to_thread(failed.close, 0)
            try:
                self._sink = await self._made()
            except BrokerUnavailable as error:
                await asyncio.sleep(AGAIN_S)
                return error
            return None

    async def _sent(self, sink: Sink | None, record: Record) -> Exception | None:
        """The outcome of sending a record. Raises RecordTooLarge."""
        assert sink is not None  # noqa: S101  # see open_spider
        outcome = self._bursts.send(sink, record)
        waited_s = 0.0
        while not outcome.done() and waited_s < self._timeout_s and not self._has_waited_enough():
            step_s = min(LOOK_S, self._timeout_s - waited_s)
            await asyncio.wait([outcome], timeout=step_s)
            waited_s += step_s
        if not outcome.done():
            outcome.cancel()
            return TimeoutError(f"no acknowledgement within {waited_s:g} s")
        return outcome.result()

    def _has_waited_enough(self) -> bool:
        """Whether a service is told to stop, and Kafka has had its time since."""
        if not self._is_service or self._crawler.engine.running:
            return False
        now = asyncio.get_running_loop().time()
        self._stopping_since = self._stopping_since or now
        return now - self._stopping_since > self._grace_s

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
