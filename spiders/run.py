"""Running spiders to their end in this process, and what came of it: for `dongtin crawl` and `scrapy crawl` alike."""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from scrapy.crawler import AsyncCrawlerProcess, Crawler

import dongtin.log
from dongtin.errors import BrokerUnavailable, DongtinError
from dongtin.metrics import serve
from dongtin.settings import load
from spiders.measuring import Measuring
from spiders.outcomes import FINE, PLACE_FAILURES, AddressOutcome, PageOutcome
from spiders.pipelines import PagesPipeline

log = structlog.get_logger(__name__)

QUIET = {
    "scrapy": logging.WARNING,  # it tells its set-up and every minute's counts as information
    "scrapy.core.downloader.handlers.http11": logging.ERROR,  # the address's outcome tells of it
}


@dataclass(frozen=True)
class Ended:
    """What came of a crawl."""

    is_whole: bool
    """Every address that was asked for gave a page, and every page is on its topic."""
    counts: Counter[str] = field(default_factory=Counter)
    """Of all spiders: `address/`, `place/` or `page/` and a word of `spiders.outcomes`; `address/found` where addresses
    were looked for, 0 where none was new.
    """


def crawl(process: AsyncCrawlerProcess, arguments: Mapping[str, Mapping[str, str]], log_level: str) -> Ended:
    """Run spiders by their names, each with its arguments, until all have ended.

    Raises ConfigurationError and TopicMismatch for a wrong set-up, BrokerUnavailable where no Kafka answers or pages
    were not delivered.
    """
    dongtin.log.configure(log_level)
    if log_level != "debug":
        # Set on its logger by Scrapy when the process is made, where the root's level does not reach.
        for name, level in QUIET.items():
            logging.getLogger(name).setLevel(level)
    crawlers = {name: process.create_crawler(name) for name in arguments}
    is_service = any(each.settings.getbool("IS_SERVICE") for each in crawlers.values())
    if (settings := load()).metrics_port and is_service:
        serve(settings.metrics_port, Measuring(list(crawlers.values()), settings))
    tasks = [process.crawl(crawler, **arguments[name]) for name, crawler in crawlers.items()]
    stopping: list[asyncio.Future[None]] = []
    if is_service:
        # A service's spider does not end by itself but of a failure: whoever started it starts all of them again.
        for task in tasks:
            task.add_done_callback(lambda _: stopping.append(asyncio.ensure_future(process.stop())))
    # 0.005: the producer's thread waits so long for its turn each time that it goes on, and a page needs several.
    sys.setswitchinterval(0.0005)
    process.start()
    # Of all of them, or asyncio tells of those that nobody asked for.
    errors = [task.exception() for task in tasks if task.done() and not task.cancelled()]
    for error in filter(None, errors):
        raise error
    whole = [_summary(name, crawler) for name, crawler in crawlers.items()]
    for crawler in crawlers.values():
        _raise_failure(crawler)
    counts: Counter[str] = Counter()
    for crawler in crawlers.values():
        counts.update(_counts(crawler))
    return Ended(all(whole), counts)


def _counts(crawler: Crawler) -> dict[str, int]:
    stats = crawler.stats.get_stats()
    return {name: count for name, count in stats.items() if name.startswith(("address/", "place/", "page/"))}


def _summary(name: str, crawler: Crawler) -> bool:
    """Tell what became of a spider's addresses and pages; True where none is missing."""
    counts = crawler.stats.get_stats()
    addresses = {word: counts.get(f"address/{word}", 0) for word in ("given", *AddressOutcome)}
    pages = {word: counts.get(f"page/{word}", 0) for word in PageOutcome}
    log.info(
        "crawl ended",
        spider=name,
        reason=counts.get("finish_reason"),
        addresses={word: count for word, count in addresses.items() if count},
        pages={word: count for word, count in pages.items() if count},
    )
    if _was_told_to_stop(crawler):
        return True
    good = sum(addresses[word] for word in FINE)
    return (
        counts.get("finish_reason") == "finished"
        and good == addresses["given"]
        and not any(counts.get(f"place/{word}") for word in PLACE_FAILURES)
        and sum(pages.values()) == pages[PageOutcome.DELIVERED]
    )


def _was_told_to_stop(crawler: Crawler) -> bool:
    """Whether a service ended as it should: what it has not done is due when it starts again."""
    return crawler.settings.getbool("IS_SERVICE") and crawler.stats.get_value("finish_reason") == "shutdown"


def _raise_failure(crawler: Crawler) -> None:
    """What a spider's frontier or pipeline failed on, as an error of ours."""
    if failure := getattr(crawler.spider, "failure", None):
        raise failure
    pipeline = crawler.get_item_pipeline(PagesPipeline)
    if pipeline is None or pipeline.failure is None or _was_told_to_stop(crawler):
        return
    if isinstance(pipeline.failure, DongtinError):
        raise pipeline.failure
    counts = crawler.stats.get_stats()
    lost, delivered = (counts.get(f"page/{word}", 0) for word in (PageOutcome.UNDELIVERED, PageOutcome.DELIVERED))
    raise BrokerUnavailable(
        f"{lost} of {lost + delivered} pages were not delivered: {type(pipeline.failure).__name__}: {pipeline.failure}"
    )
