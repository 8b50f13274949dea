"""A day and a half of both sites, with all that may go wrong: what the topics say in the end is what stood there."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from broker import Broker
from crawl.run import SPIDERS, Crawl, Limits, kill, until
from crawl.sightings import shows
from faults.reading import look
from faults.verdict import behind, judge, read_log

from tests.site.content import Content, MovedTo, changed_fields
from tests.site.faults import Fault
from tests.site.politeness import forbidden, of_publisher, pauses_s
from tests.site.settings import WorldSettings
from tests.site.storms import bad_day
from tests.site.web import Web

FACTOR = 600.0
BAD_H, END_H = 14.0, 36.0
"""Until when things go wrong; when all that happened has been seen, for losses an hour after the visit after a day."""
DELAY_S = 0.02
ROBOTS = (("thanhnien.vn", "User-agent: *\nDisallow: /print/\nDisallow: /tim-kiem\nCrawl-delay: 0.03\n"),)


def world(seed: int) -> WorldSettings:
    """All that happens has happened after fifteen hours."""
    return WorldSettings(
        seed=seed, articles=36, span_h=6.0, history=0.25, history_days=2.0, quiet_night=False, robots=ROBOTS,
        corrected=0.5, corrected_after_min=(20, 300),
        withdrawn=0.25, withdrawn_after_min=(60, 300), returned=0.4, returned_after_min=(20, 200),
        moved=0.06,
    )  # fmt: skip


def play(seed: int, folder: Path) -> list[str]:
    """What is not as it should be."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with Broker(folder / "kafka") as broker:
        made = Crawl(
            folder, broker.bootstrap_servers, "twin.", world(seed),
            factor=FACTOR, faults=_faults(), limits=Limits(DELAY_S), DONGTIN_POLL_S="900",
        )  # fmt: skip
        try:
            made.setup.create_topics()
            made.work()
            _live_through(made, broker, chance)
            return [*_complaints(made), *_rudeness(made)]
        finally:
            made.end()


def _faults() -> list[Fault]:
    """Those of a bad day; robots.txt stands, for without it nothing is asked for a while by real time."""
    return [replace(each, path=each.path or r"^(?!/robots\.txt$)") for each in bad_day(BAD_H)]


def _live_through(made: Crawl, broker: Broker, chance: random.Random) -> None:
    """Kill spiders every few seconds and restart Kafka twice while things go wrong; then let it go on in peace."""
    spiders = {name: made.start(name, service=True) for name in SPIDERS}
    breaks = [(3.0, broker.restart), (8.0, lambda: (broker.kill(), time.sleep(2), broker.start()))]
    while (hour := _hour(made)) < BAD_H:
        time.sleep(chance.uniform(2, 7))
        name = chance.choice(list(spiders))
        kill(spiders[name])
        if breaks and hour > breaks[0][0]:
            breaks.pop(0)[1]()
        spiders[name] = made.start(name, service=True)
    until(lambda: _hour(made) >= END_H, "the end of the day")
    for process in spiders.values():
        assert process.poll() is None, made.log()
        process.terminate()
    for process in spiders.values():
        assert process.wait(60) == 0, made.log()
    until(lambda: not behind(made.setup.servers, made.setup.prefix), "the workers have read all pages")


def _hour(made: Crawl) -> float:
    return (made.site.pace.now() - made.site.settings.origin).total_seconds() / 3600


def _complaints(made: Crawl) -> Iterator[str]:
    """What the topics say that is not so, or leave out."""
    now = made.site.settings.origin + timedelta(hours=BAD_H + 2)
    revisions, world = made.revisions(), made.site.world
    for id_ in sorted(world.published(now)):
        versions = [each.stand for each in world.life(id_) if isinstance(each.stand, Content)]
        if not versions[0].is_article:
            continue
        said, stand = revisions.get(id_, []), world.stand(id_, now)
        for sooner, later in zip([None, *said], said, strict=False):
            if later["change"] != "withdrawn":
                yield from _revision(
                    id_, versions, sooner if sooner and sooner["change"] != "withdrawn" else None, later
                )
        last = said[-1] if said else None
        if isinstance(stand, Content):
            if last is None or last["change"] == "withdrawn" or not shows(last, stand):
                yield f"{id_}: it stands, and the last that was said is {_told(last)}; {_life(made, id_)}"
        elif last and last["change"] != "withdrawn":
            yield f"{id_}: it is gone, and the last that was said is {_told(last)}; {_life(made, id_)}"
        elif last and isinstance(stand, MovedTo) and last["reason"] != "moved":
            yield f"{id_}: it moved, and was withdrawn as {last['reason']}"
    if strangers := revisions.keys() - world.published(now):
        yield f"nobody published {sorted(strangers)[:5]}"
    verdict = judge(read_log(made.setup.servers, made.setup.prefix), made.setup.prefix, look)
    if not verdict.passed:
        yield str(verdict)


def _revision(id_: str, versions: list[Content], before: dict[str, Any] | None, said: dict[str, Any]) -> Iterator[str]:
    """Whether a revision is what stood there once, and names what differs from the one before."""
    own = [each for each in versions if shows(said, each)]
    if not own:
        yield f"{id_}: this never stood there: {_told(said)}"
    elif before and said["change"] == "updated":
        possible = [changed_fields(one, other) for one in versions if shows(before, one) for other in own]
        if tuple(said["changed_fields"]) not in possible:
            yield f"{id_}: {said['changed_fields']} changed, it is said, and in truth {possible}"


def _rudeness(made: Crawl) -> Iterator[str]:
    """Requests that came too soon, or that robots.txt forbids, by the server's own log."""
    requests = made.site.requests()
    for publisher, delay_s in (("thanhnien.vn", 0.03), ("vietnam.vn", DELAY_S)):
        own = of_publisher(requests, publisher)
        # The first answer of robots.txt is what tells of its delay.
        rules = next(at for at, each in enumerate(own) if each.path == "/robots.txt" and each.status == 200)
        if (shortest := min(pauses_s(own[rules:]))) < delay_s:
            yield f"{publisher}: a pause of {shortest:.4f} s"
    if found := forbidden(requests, Web(made.site.world)):
        yield f"robots.txt forbids {found[0].path}"


def _told(said: dict[str, Any] | None) -> str:
    return "nothing" if said is None else f"{said['change']} {said['revision']} of {said['date_fetched']}"


def _life(made: Crawl, id_: str) -> str:
    return ", ".join(f"{each.kind} {each.at.isoformat()}" for each in made.site.world.life(id_))
