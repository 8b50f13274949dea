"""What `dongtin sources` shows to a person."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dongtin.publishers.address import VIETNAM_TIME
from spiders.outcomes import FINE, AddressOutcome, Happening, PlaceOutcome, place_word
from spiders.schedule import Rank
from spiders.sources import PlaceState, Source

STOPPED_S = 120.0
"""Of whom nothing was heard for so long, it does not run."""
MOST_PLACES = 40
"""Rows; those that fail come first."""
RANKS = {
    Rank.NEW: "new",
    Rank.AGAIN: "to be looked at again",
    Rank.TRANSLATION: "translations",
    Rank.BACKFILL: "of the past",
}


def tables(source: Source, now: float, state_dir: Path) -> Iterator[RenderableType]:
    """How a publisher's crawl stands."""
    yield Text(source.publisher, style="bold")
    if not source.was_crawled:
        yield Text(f"  nothing was ever crawled here ({state_dir}); it would be {_requests(source)}\n", style="yellow")
        return
    facts = Table.grid(padding=(0, 2))
    for name, told in _facts(source, now):
        facts.add_row(f"  {name}", told)
    yield facts
    yield _places(source, now)


def _facts(source: Source, now: float) -> Iterator[tuple[str, RenderableType]]:
    yield "last new article", _moment(source.last_article, now)
    if source.usual_gap_s is None:
        yield "silent", Text("not known: its spider says nothing of a usual gap", style="yellow")
    else:
        yield "usual gap now", f"{ago(source.usual_gap_s)}; quiet for {source.quiet_gaps:.1f} of them"
        yield "silent", Text("yes", style="bold red") if source.is_silent else "no"
    runs = source.last_crawled is not None and now - source.last_crawled < STOPPED_S
    yield "crawled", "now" if runs else Text(f"not now; {_moment(source.last_crawled, now)}", style="yellow")
    yield "addresses known", f"{source.known:,}"
    for rank, name in RANKS.items():
        queue = source.queues[rank]
        yield f"  {name}", f"{queue.due:,} due, {queue.planned:,} planned"
    today = source.today
    yield "today in Vietnam", _counts({word: today.get(word, 0) for word in (*FINE[:2], *Happening)}, zeros=True)
    yield "  addresses failed", _counts({word: today.get(word, 0) for word in AddressOutcome if word not in FINE})
    looks = {str(word): today.get(place_word(word), 0) for word in (PlaceOutcome.READ, PlaceOutcome.UNCHANGED)}
    yield "  places", _counts(looks, zeros=True)
    fine = [place_word(word) for word in (PlaceOutcome.READ, PlaceOutcome.UNCHANGED)]
    failed = {
        word.removeprefix("place/"): n for word, n in today.items() if word.startswith("place/") and word not in fine
    }
    yield "  places failed", _counts(failed)
    for robots in source.robots:
        told = f"{robots.verdict}, status {robots.status}, fetched {_moment(robots.fetched, now)}"
        yield robots.url, f"{told}; {robots.why}" if robots.why else told
    if not source.robots:
        yield "robots.txt", "not asked for, or not answered"
    yield "budget", _requests(source)


def _places(source: Source, now: float) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("place", overflow="fold")
    table.add_column("last read", no_wrap=True)
    table.add_column("failures", justify="right")
    table.add_column("next look", no_wrap=True)
    chosen = sorted(source.places, key=_urgency)
    for place in chosen[:MOST_PLACES]:
        next_look = "" if place.next_visit is None else f"in {ago(max(place.next_visit - now, 0))}"
        failures = Text(str(place.failures), style="red") if place.failures else Text("")
        table.add_row(place.url, _moment(place.last_read, now), failures, next_look)
    if len(chosen) > MOST_PLACES:
        table.add_row(f"and {len(chosen) - MOST_PLACES:,} more", "", "", "")
    return table


def _urgency(place: PlaceState) -> tuple[int, bool, str]:
    return -place.failures, place.next_visit is None, place.url


def _requests(source: Source) -> str:
    budget = source.budget
    parts = {
        "places": budget.places,
        "new articles": budget.articles,
        "visits again": budget.visits,
        "translations": budget.translations,
    }
    told = ", ".join(f"{round(number):,} {name}" for name, number in parts.items() if number)
    return f"about {round(budget.total):,} requests a day: {told}"


def _counts(counts: dict[str, int], *, zeros: bool = False) -> str:
    return (
        ", ".join(f"{number:,} {word.replace('_', ' ')}" for word, number in counts.items() if number or zeros) or "0"
    )


def _moment(moment: float | None, now: float) -> str:
    if moment is None:
        return "never"
    local = datetime.fromtimestamp(moment, VIETNAM_TIME)
    return f"{local:%Y-%m-%d %H:%M:%S}, {ago(now - moment)} ago"


def ago(seconds: float) -> str:
    """A length of time by its two largest units: `3 h 20 min`."""
    parts, left = [], max(round(seconds), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left = divmod(left, length)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
