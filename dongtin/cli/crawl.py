"""`dongtin crawl`: the spiders, for addresses that are given, or as a service."""

import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import click
import structlog
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings as ScrapySettings
from scrapy.spiderloader import SpiderLoader

from dongtin import log
from dongtin.errors import ConfigurationError
from dongtin.events import Lane
from dongtin.settings import Settings, load
from spiders.addresses import by_publisher, of_file, split
from spiders.base import PublisherSpider, user_agent
from spiders.run import crawl

logger = structlog.get_logger(__name__)

TOUCH_S = 2
"""Between two touches of the health file, which may be a minute old."""


def _project() -> ScrapySettings:
    project = ScrapySettings()
    project.setmodule("spiders.settings", priority="project")
    return project


def _spiders(_context: click.Context, _argument: click.Parameter, names: Sequence[str]) -> dict[str, str]:
    """Publisher's id → name of its spider, for the spiders that were named, or for all."""
    loader = SpiderLoader.from_settings(_project())
    known = loader.list()
    if wrong := [name for name in names if name not in known]:
        raise click.BadParameter(f"{wrong[0]!r} is none of {', '.join(known)}")
    chosen: list[type[PublisherSpider]] = [loader.load(name) for name in names or known]  # type: ignore[misc]  # ours
    return {spider.publisher: spider.name for spider in chosen}


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
@click.option("--lane", type=click.Choice([Lane.LIVE.value, Lane.BACKFILL.value]), default="live", show_default=True)
@click.option("--wait", is_flag=True, help="As a service: stay while there is nothing to fetch, until told to stop.")
def command(publishers: dict[str, str], *, urls: Sequence[str], files: Sequence[Path], lane: str, wait: bool) -> None:
    """Fetch articles of PUBLISHERS (default: all) and put them on the pages topic.

    robots.txt is obeyed; DONGTIN_CONTACT tells publishers who fetches. Exit codes: 0 every address gave a page; 1 some
    gave none; 2 wrong set-up, or nothing to fetch; 69 no Kafka answers, or pages were not delivered.

    \b
    Examples:
      dongtin crawl --url https://thanhnien.vn/nga-iran-ky-hiep-uoc-185250117194334368.htm
      dongtin crawl thanhnien vietnam --file addresses.txt --lane backfill
    """
    settings = load()
    if wait:
        if urls or files:
            raise click.UsageError("--wait takes no addresses")
        log.configure(settings.log_level)
        stay(settings, list(publishers.values()))
        return
    given = [*chain.from_iterable(map(split, urls)), *chain.from_iterable(map(of_file, files))]
    if not given:
        raise click.UsageError("no address to fetch: name some by --url or --file")
    user_agent(settings.contact)
    sys.exit(0 if fetch(publishers, given, lane, settings) else 1)


def fetch(publishers: Mapping[str, str], given: Sequence[str], lane: str, settings: Settings) -> bool:
    """Each address by the spider of its publisher; see `spiders.run.crawl`."""
    shares = by_publisher(given, publishers)
    arguments = {
        publishers[publisher]: {"url": "\n".join(share), "lane": lane} for publisher, share in shares.items() if share
    }
    return crawl(AsyncCrawlerProcess(_project()), arguments, settings.log_level)


def stay(settings: Settings, names: Sequence[str]) -> None:
    """Stay healthy and idle until SIGTERM or SIGINT. Raises ConfigurationError where the health file cannot be made."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    why = "no addresses to fetch" if settings.contact else "DONGTIN_CONTACT is not set, so nothing is fetched"
    logger.info("spiders wait", spiders=list(names), why=why)
    health_file = settings.state_dir / "health" / "spiders"
    try:
        health_file.parent.mkdir(parents=True, exist_ok=True)
        health_file.touch()
        while not stopped.wait(TOUCH_S):
            health_file.touch()
    except OSError as error:
        raise ConfigurationError(f"{health_file}: {error.strerror or error}") from error
    logger.info("spiders stop")
