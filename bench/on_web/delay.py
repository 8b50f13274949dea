"""From the moment at which the twin publishes an article to that at which its event can be read.

The whole is the site's own way of telling (a feed is looked at every ten seconds), the pause between two requests, and
our part: from the answer of the server to the event. Pages come from the spider as in production, one at a time.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from bench.on_kafka.setup import WAIT_S, Setup
from bench.on_kafka.workers import WARM_UP, Arrivals, publish, stream_of_pages, workers
from bench.on_web.site import Crawl, Limits, addresses, crawl, fill_frontier, frontier_options, standing
from dongtin.codec import load_json
from tests.site.settings import WorldSettings

POLL_S = 10
PAUSE_S = 0.1
RUNNING_IN_S = 20.0
"""The first look at all places is over, and each has its own time."""
AT_20_A_SECOND = 0.033
"""Pause, seconds: with the request itself it makes 20 pages a second."""


def delay(setup: Setup, seconds: float, pages: int) -> list[str]:
    """Tables of delays, in Markdown."""
    return [*_whole(setup, seconds), "", *_ours(setup, pages)]


def _whole(setup: Setup, seconds: float) -> list[str]:
    """One article is published each second."""
    span_s = RUNNING_IN_S + seconds
    world = replace(standing(round(span_s)), history=0.0, span_h=span_s / 3600, whole_minutes=False)
    with _ready(setup, "whole.", world, PAUSE_S, DONGTIN_POLL_S=str(POLL_S)) as (made, arrivals):
        made.start("thanhnien", service=True)
        since = made.site.pace.now() + timedelta(seconds=RUNNING_IN_S)
        measured = {each.article_id: each.at for each in made.site.world.happenings if each.at >= since}
        found = dict(_events(made, arrivals, set(measured)))
        whole = [arrived - made.site.pace.real(measured[id_]) for id_, (_, arrived) in found.items()]
        ours = [arrived - made.site.pace.real(fetched) for fetched, arrived in found.values()]
    return [
        f"Quick places are looked at every {POLL_S} s, {PAUSE_S} s between requests; an article a second is published.",
        "",
        *_table({"from published to the event readable": whole, "of it from fetched on": ours}),
    ]


def _ours(setup: Setup, pages: int) -> list[str]:
    """Addresses that are all due, at a steady pace."""
    with _ready(setup, "ours.", standing(pages), AT_20_A_SECOND) as (made, arrivals):
        urls = addresses(made)
        fill_frontier(made, urls)
        made.start(*frontier_options(1))
        found = dict(_events(made, arrivals, made.site.world.published(made.site.pace.now())))
        fetched = sorted(at for at, _ in found.values())
        rate = (len(fetched) - 1) / (fetched[-1] - fetched[0]).total_seconds()
        ours = [arrived - made.site.pace.real(at) for at, arrived in found.values()]
    return [f"Pages at {rate:.1f} a second.", "", *_table({"from fetched to the event readable": ours})]


@contextmanager
def _ready(
    setup: Setup, prefix: str, world: WorldSettings, pause_s: float, **settings: str
) -> Iterator[tuple[Crawl, Arrivals]]:
    """A crawl whose workers wait for pages."""
    cluster = setup.cluster(prefix)
    with workers(setup, cluster, "--processes", "1") as running:
        running.wait_until_ready(1)
        publish(setup, cluster, list(islice(stream_of_pages(), WARM_UP)))
        arrivals = Arrivals(setup, cluster, from_beginning=False)
        with crawl(setup, prefix, world, Limits(delay_s=pause_s, timeout_s=30.0), **settings) as made:
            yield made, arrivals
        arrivals.close()


def _events(made: Crawl, arrivals: Arrivals, wanted: set[str]) -> Iterator[tuple[str, tuple[datetime, float]]]:
    """Article id, when its page was fetched by the twin's clock, when its event came, for each that is wanted."""
    patient_until = time.monotonic() + WAIT_S
    missing = {id_ for id_ in wanted if made.site.world.life(id_)[0].stand.is_article}
    while missing:
        if time.monotonic() > patient_until:
            raise RuntimeError(f"{len(missing)} pages gave no event: {made.log(5)}")
        if (event := arrivals.next(0.1)) and (id_ := event.key().decode()) in missing:
            arrived = time.time()
            missing.discard(id_)
            yield id_, (datetime.fromisoformat(load_json(event.value())["date_fetched"]), arrived)


def _table(rows: dict[str, list[float]]) -> list[str]:
    lines = ["| | p50, ms | p99, ms | longest, ms | pages |", "|---|---:|---:|---:|---:|"]
    for name, delays in rows.items():
        cuts = statistics.quantiles(delays, n=100, method="inclusive")
        row = (f"{1000 * each:,.0f}" for each in (cuts[49], cuts[98], max(delays)))
        lines.append(f"| {name} | {' | '.join(row)} | {len(delays):,} |")
    return lines
