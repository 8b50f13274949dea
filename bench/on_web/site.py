"""Worlds of the twin with nothing in them but articles of thanhnien.vn, and a frontier that knows them."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.on_kafka.setup import Setup
from bench.on_web.spiders import PUBLISHER
from dongtin.events import Lane
from dongtin.publishers import identify
from spiders.frontier import Frontier
from spiders.store import file_of, open_store
from tests.site.settings import WorldSettings

sys.path.append(str(Path(__file__).parents[2] / "tests"))  # a crawl of the tests is a crawl of the measurements
from crawl.run import Crawl, Limits  # where the line above leads

PLAIN = WorldSettings(
    seed=3, history=1.0, history_days=2, archive=0, span_h=1.0, quiet_night=False, languages=(), republished=0.0,
    foreign=0.0, own=0.0, corrected=0.0, withdrawn=0.0, moved=0.0, page_bytes=150_000,
)  # fmt: skip
"""Pages of the size of real ones, which all stand from the beginning and never change."""


@contextmanager
def crawl(setup: Setup, prefix: str, world: WorldSettings, limits: Limits, **settings: str) -> Iterator[Crawl]:
    """A crawl on the broker of the run, with topics as in production."""
    cluster = setup.cluster(prefix)
    made = Crawl(setup.folder / f"crawl-{cluster.prefix}", setup.servers, prefix, world, limits=limits, **settings)
    try:
        yield made
    finally:
        made.end()


def standing(articles: int) -> WorldSettings:
    """So many articles."""
    return replace(PLAIN, articles=articles)


def addresses(made: Crawl) -> list[str]:
    """Of all articles that stand there."""
    now = made.site.pace.now()
    return [made.site.world.url(id_, now) for id_ in sorted(made.site.world.published(now, PUBLISHER))]


def fill_frontier(made: Crawl, urls: Iterable[str]) -> None:
    """A new frontier that has found these addresses and fetched none."""
    path = file_of(made.setup.state, made.setup.prefix, PUBLISHER)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    database = open_store(path)
    frontier = Frontier(database, PUBLISHER)
    with frontier.together():
        for url in urls:
            frontier.find(identify(url), "feed", Lane.LIVE, made.site.pace.now().timestamp())
    database.close()


def frontier_options(at_once: int, *more: str) -> tuple[str, ...]:
    """Arguments of `Crawl.start` for one pass over a filled frontier."""
    options = [f"SPIDER_MODULES={__package__}.spiders", f"CONCURRENT_REQUESTS_PER_DOMAIN={at_once}"]
    return "frontier", "-a", "once=yes", *(word for each in (*options, *more) for word in ("-s", each))
