"""The metrics of a crawl: what Scrapy has counted, and how each publisher stands by its file."""

from collections.abc import Iterator, Sequence

import structlog
from scrapy.crawler import Crawler

from dongtin.errors import ConfigurationError
from dongtin.metrics import ADDRESSES, FRONTIER, KNOWN, LAST_ARTICLE_AGE, PAGES, PLACES, SILENT, Sample
from dongtin.settings import Settings
from spiders.base import PublisherSpider
from spiders.outcomes import AddressOutcome, PageOutcome, PlaceOutcome
from spiders.sources import source

log = structlog.get_logger(__name__)

COUNTED = (
    ("address", ADDRESSES, tuple(AddressOutcome)),
    ("page", PAGES, tuple(PageOutcome)),
    ("place", PLACES, tuple(dict.fromkeys((*map(str, PlaceOutcome), *map(str, AddressOutcome))))),
)
"""Prefix in Scrapy's stats, metric, words."""


class Measuring:
    """Gives the samples of crawls, in another thread than theirs: by connections of its own, which only read."""

    def __init__(self, crawlers: Sequence[Crawler], settings: Settings) -> None:
        self._crawlers = crawlers
        self._settings = settings

    def __call__(self) -> Iterator[Sample]:
        """See `dongtin.metrics.Measure`."""
        for crawler in self._crawlers:
            spider = crawler.spider
            if isinstance(spider, PublisherSpider):
                yield from _counts(crawler, spider.publisher)
                yield from self._standing(spider)

    def _standing(self, spider: PublisherSpider) -> Iterator[Sample]:
        publisher, now = spider.publisher, spider.clock.now()
        try:
            found = source(spider.ways(), self._settings, now)
        except ConfigurationError as error:
            # Its counts are worth having; that these are missing is what Prometheus' `absent` is for.
            log.warning("metrics", publisher=publisher, why=str(error))
            return
        if found.last_article is not None:
            yield Sample(LAST_ARTICLE_AGE, (publisher,), max(now.timestamp() - found.last_article, 0))
        yield Sample(SILENT, (publisher,), int(found.is_silent))
        yield Sample(KNOWN, (publisher,), found.known)
        for rank, queue in found.queues.items():
            yield Sample(FRONTIER, (publisher, rank.name.lower(), "due"), queue.due)
            yield Sample(FRONTIER, (publisher, rank.name.lower(), "planned"), queue.planned)


def _counts(crawler: Crawler, publisher: str) -> Iterator[Sample]:
    """Every word, also where nothing was counted yet, so that a first failure is seen as an increase."""
    counts = dict(crawler.stats.get_stats())
    for prefix, metric, words in COUNTED:
        for word in words:
            yield Sample(metric, (publisher, word), counts.get(f"{prefix}/{word}", 0))
