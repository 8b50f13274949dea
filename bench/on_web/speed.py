"""How fast a crawl is that may go as fast as it can, beside a bare Scrapy spider that throws its pages away."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.on_kafka.setup import WAIT_S, Setup
from bench.on_web.site import Crawl, Limits, addresses, crawl, fill_frontier, frontier_options, standing
from bench.on_web.spiders import AT_ONCE


@dataclass(frozen=True)
class Speed:
    a_second: float
    cpu_ms: float
    """Of the spider's process, for each page."""


def speed(setup: Setup, pages: int, rounds: int) -> list[str]:
    """A table of pages a second, in Markdown."""
    limits = Limits(delay_s=0.0, at_once=AT_ONCE, timeout_s=60.0)
    with crawl(setup, "speed.", standing(pages), limits) as made:
        urls = addresses(made)
        _bare(setup, made, urls)  # the twin makes its pages when they are first asked for
        bare, ours = [], []
        for number in range(rounds):
            for run, found in ((_bare, bare), (_ours, ours)) if number % 2 else ((_ours, ours), (_bare, bare)):
                found.append(run(setup, made, urls))
    ratios = [mine.a_second / other.a_second for mine, other in zip(ours, bare, strict=True)]
    costs = [mine.cpu_ms / other.cpu_ms for mine, other in zip(ours, bare, strict=True)]
    return [
        f"{len(urls):,} pages of 150 KB over TLS, {AT_ONCE} at once, no pauses; medians of {rounds} rounds.",
        "",
        "| spider | pages a second | CPU ms a page |",
        "|---|---:|---:|",
        _row("bare Scrapy, pages thrown away", bare),
        _row("ours, from its frontier to Kafka's acknowledgement", ours),
        "",
        f"Ours is {statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f} in a round).",
        f"It takes {statistics.median(costs):.2f} times the CPU time.",
    ]


def _row(name: str, found: list[Speed]) -> str:
    rate, cpu_ms = (statistics.median(getattr(each, what) for each in found) for what in ("a_second", "cpu_ms"))
    return f"| {name} | {rate:.0f} | {cpu_ms:.2f} |"


def _bare(setup: Setup, made: Crawl, urls: list[str]) -> Speed:
    given, marks = setup.folder / "addresses", setup.folder / "bare.json"
    given.write_text("\n".join(urls))
    command = [sys.executable, "-m", "bench.on_web.spiders", str(given), str(marks)]
    subprocess.run(command, env=made.setup.environment, check=True, timeout=WAIT_S)
    return _speed(marks, len(urls))


def _ours(setup: Setup, made: Crawl, urls: list[str]) -> Speed:
    marks = setup.folder / "ours.json"
    fill_frontier(made, urls)
    if code := made.start(*frontier_options(AT_ONCE, f"MARKS={marks}", f"PAGES={len(urls)}")).wait(WAIT_S):
        raise RuntimeError(f"the spider ended with {code}: {made.log(5)}")
    return _speed(marks, len(urls))


def _speed(marks: Path, expected: int) -> Speed:
    said = json.loads(marks.read_text())
    if said["pages"] != expected:
        raise RuntimeError(f"{said['pages']} pages instead of {expected}")
    taken_s, cpu_s = (last - first for first, last in zip(said["first"], said["last"], strict=True))
    done = expected - 1
    return Speed(done / taken_s, 1000 * cpu_s / done)
