"""`dongtin crawl`: the spiders, as a service, for the past, or for addresses that are given."""

import signal
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn

import click
import structlog
from scrapy.crawler import AsyncCrawlerProcess

from dongtin import log
from dongtin.cli.crawl_ending import sentence
from dongtin.cli.opened import tell
from dongtin.cli.publishers import project, spiders_named
from dongtin.errors import ConfigurationError
from dongtin.events import Lane
from dongtin.settings import Settings, load
from spiders.addresses import by_publisher, of_file, split
from spiders.arguments import parse
from spiders.base import user_agent
from spiders.outcomes import AddressOutcome
from spiders.run import Ended, crawl

logger = structlog.get_logger(__name__)

TOUCH_S = 2
"""Between two touches of the health file, which may be a minute old."""


def _spiders(_context: click.Context, _argument: click.Parameter, names: Sequence[str]) -> dict[str, str]:
    """Publisher's id → name of its spider, for the spiders that were named, or for all."""
    return {spider.publisher: spider.name for spider in spiders_named(names)}


@click.command()
@click.argument("publishers", nargs=-1, callback=_spiders)
@click.option("--url", "urls", multiple=True, help="An address of an article; may be repeated.")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with one address a line.",
)
@click.option(
    "--lane", type=click.Choice([Lane.LIVE.value, Lane.BACKFILL.value]), help="Of given addresses.  [default: live]"
)
@click.option("--since", help="Fetch what was published from this day on: 2025-01-31.")
@click.option("--until", help="To this day; with --since.")
@click.option("--once", is_flag=True, help="Look in every place once, fetch what is due, and end.")
@click.option("--wait", is_flag=True, help="As a service: wait where there is no contact yet, or no Kafka.")
def command(publishers: dict[str, str], *, urls: Sequence[str], files: Sequence[Path], lane: str | None,
            since: str | None, until: str | None, once: bool, wait: bool) -> None:  # fmt: skip
    """Find and fetch articles of PUBLISHERS (default: all) and put their pages on the pages topics.

    Without options it goes on until it is told to stop: it looks at feeds, sitemaps and listings, and comes back to
    see corrections and withdrawals. With addresses it fetches those and ends; with --since and --until what was
    published in those days, in the lane of back-fills. A crawl that ends by itself tells last what came of it.

    robots.txt is obeyed; DONGTIN_CONTACT tells publishers who fetches. Exit codes: 0 every address gave a page, or
    told to stop where it would go on; 1 some gave none; 2 wrong set-up, or nothing to fetch; 69 no Kafka answers, or
    pages were not delivered.

    \b
    Examples:
      dongtin crawl
      dongtin crawl thanhnien --since 2025-01-01 --until 2025-01-31
      dongtin crawl --url https://thanhnien.vn/nga-iran-ky-hiep-uoc-185250117194334368.htm
      dongtin crawl thanhnien vietnam --file addresses.txt --lane backfill
    """
    settings = load()
    is_given, is_past = bool(urls or files), bool(since or until)
    if sum((is_given, is_past, once, wait)) > 1:
        raise click.UsageError("--url and --file, --since and --until, --once, --wait: one of these at a time")
    if lane and not is_given:
        raise click.UsageError("--lane is for addresses that are given")
    if is_past and not (since and until):
        raise click.UsageError("--since and --until go together")
    parse(since=since or "", until=until or "")
    if wait and not settings.contact:
        log.configure(settings.log_level)
        stay(settings, list(publishers.values()))
        return
    user_agent(settings.contact)
    if is_given:
        given = [*chain.from_iterable(map(split, urls)), *chain.from_iterable(map(of_file, files))]
        if not given:
            raise click.UsageError("no address to fetch: name some by --url or --file")
        end(fetch(publishers, given, lane or Lane.LIVE, settings))
    told = {"since": since or "", "until": until or "", "once": "yes" if once else ""}
    is_service = not (once or is_past)
    ended = crawl(
        AsyncCrawlerProcess(project(IS_SERVICE=is_service, WAIT_FOR_KAFKA=wait)),
        dict.fromkeys(publishers.values(), told),
        settings.log_level,
    )
    if is_service:
        sys.exit(0 if ended.is_whole else 1)
    end(ended)


def end(ended: Ended) -> NoReturn:
    """Tell a person what came of it, after all that the spiders have logged."""
    tell(sentence(ended.counts))
    sys.exit(0 if ended.is_whole else 1)


def fetch(publishers: Mapping[str, str], given: Sequence[str], lane: str, settings: Settings) -> Ended:
    """Each address by the spider of its publisher; those of none are told first. See `spiders.run.crawl`."""
    shares, foreign = by_publisher(given, publishers)
    for url in foreign:
        tell(f"{url[:300]!r} is no web address of {' or '.join(publishers)}")
    arguments = {
        publishers[publisher]: {"url": "\n".join(share), "lane": lane} for publisher, share in shares.items() if share
    }
    counted = Counter({f"address/{AddressOutcome.FOREIGN}": len(foreign)})
    if not arguments:
        return Ended(is_whole=False, counts=counted)
    ended = crawl(AsyncCrawlerProcess(project()), arguments, settings.log_level)
    return Ended(ended.is_whole and not foreign, ended.counts + counted)


def stay(settings: Settings, names: Sequence[str]) -> None:
    """Stay healthy and idle, as there is no contact, until SIGTERM or SIGINT.

    Raises ConfigurationError where the health file cannot be made.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    logger.info("spiders wait", spiders=list(names), why="DONGTIN_CONTACT is not set, so nothing is fetched")
    health_file = settings.state_dir / "health" / "spiders"
    try:
        health_file.parent.mkdir(parents=True, exist_ok=True)
        health_file.touch()
        while not stopped.wait(TOUCH_S):
            health_file.touch()
    except OSError as error:
        raise ConfigurationError(f"{health_file}: {error.strerror or error}") from error
    logger.info("spiders stop")
