"""`dongtin sources`: how the crawl of each publisher stands."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from rich.console import Console
from scrapy.utils.misc import load_object

from dongtin import log
from dongtin.cli.publishers import project, spiders_named
from dongtin.cli.reports import FILE_WIDTH
from dongtin.cli.sources_table import tables
from dongtin.codec import canonical
from dongtin.settings import load
from spiders.base import PublisherSpider
from spiders.clock import Clock
from spiders.schedule import Rank
from spiders.sources import Source, source


def _spiders(_context: click.Context, _argument: click.Parameter, names: Sequence[str]) -> list[type[PublisherSpider]]:
    return spiders_named(names)


@click.command()
@click.argument("publishers", nargs=-1, callback=_spiders)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(publishers: Sequence[type[PublisherSpider]], form: str) -> None:
    """Tell how the crawl of PUBLISHERS (default: all) stands, by the files that the spiders keep on this machine.

    Whether they run or not, nothing is changed. A publisher is silent when no new article has come for longer than
    three times its usual gap at that time of the day, be it for its own sake or because nobody crawls.

    Exit codes: 0 none is silent; 1 one is, so that a cron job can tell; 2 wrong set-up, or a file that cannot be read.
    Where nothing was ever crawled there is nothing to be silent, and it says so.

    \b
    Examples:
      dongtin sources
      dongtin sources thanhnien --format json
    """
    settings = load()
    log.configure(settings.log_level)
    clock: Clock = load_object(project()["CLOCK"])()
    now = clock.now()
    found = [source(spider.ways(), settings, now) for spider in publishers]
    if form == "json":
        click.echo(canonical([as_json(each) for each in found]).decode())
    else:
        console = Console() if sys.stdout.isatty() else Console(width=FILE_WIDTH)
        for each in found:
            for shown in tables(each, now.timestamp(), settings.state_dir):
                console.print(shown)
    if silent := [each.publisher for each in found if each.is_silent]:
        click.echo(f"dongtin: silent: {', '.join(silent)}", err=True)
        sys.exit(1)


def as_json(found: Source) -> dict[str, object]:
    """What programs get: times in RFC 3339, null where they are not known."""
    return {
        "publisher": found.publisher,
        "was_crawled": found.was_crawled,
        "last_crawled": _text(found.last_crawled),
        "last_article": _text(found.last_article),
        "quiet_since": _text(found.quiet_since),
        "quiet_gaps": round(found.quiet_gaps, 2),
        "usual_gap_s": found.usual_gap_s,
        "is_silent": found.is_silent,
        "addresses": {
            "known": found.known,
            **{
                rank.name.lower(): {"due": found.queues[rank].due, "planned": found.queues[rank].planned}
                for rank in Rank
            },
        },
        "today": dict(found.today),
        "places": [
            {
                "url": place.url,
                "role": place.role,
                "last_read": _text(place.last_read),
                "failures": place.failures,
                "next_visit": _text(place.next_visit),
            }
            for place in found.places
        ],
        "robots": [
            {
                "url": robots.url,
                "verdict": robots.verdict,
                "status": robots.status,
                "fetched": _text(robots.fetched),
                "why": robots.why,
            }
            for robots in found.robots
        ],
        "requests_a_day": {
            "places": round(found.budget.places),
            "articles": round(found.budget.articles),
            "visits": round(found.budget.visits),
            "translations": round(found.budget.translations),
            "total": round(found.budget.total),
        },
    }


def _text(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
