"""`make demo-crawl`: the twin of both sites publishes, spiders find, workers read, and the terminal shows it live.

A real Kafka, the workers and the spiders as services; no network but loopback. The twin's time runs so fast that an
hour of it is a quarter of a minute: what is said to be found after minutes is in its time, what is read after
milliseconds in real time.
"""

import argparse
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from broker import Broker
from crawl.run import SPIDERS, Crawl, Limits, crawl, until
from crawl.sightings import Fate, Sighting, Sightings
from kafka import KafkaConsumer, TopicPartition
from kafka_jars import KafkaUnavailable
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dongtin.codec import load_json
from tests.site.content import VIETNAM_TIME
from tests.site.script import Happening, Kind
from tests.site.settings import WorldSettings

PREFIX = "demo."
WORKERS = 2
"""A normalizer and a linker."""
FACTOR = 240.0
POLL_S = "240"
"""A second of real time."""
GRACE_S = 12.0
"""Real seconds."""
FIRST_S = 120.0
"""Real seconds at most for which the first article is waited for after the end."""
COLOURS = {"created": "green", "updated": "yellow", "withdrawn": "red", "story": "cyan"}
TOLD = {Kind.PUBLISH: "published", Kind.CORRECT: "corrected", Kind.WITHDRAW: "withdrawn"}
BEFORE, TOGETHER = "before it began", "together"
FILE_WIDTH = 120
"""Columns of the summary where it does not go to a terminal."""
HEADER = """\
Each line is an event on Kafka:
  time      when it could be read, by the twin's clock
  event     created, updated (and which fields), withdrawn (and why): an article; story: an original, its translations
  found     from what happened on the site to the fetch that showed it, the twin's time; empty: it had happened before
  read      from that fetch to the event that a consumer reads, real time
  language, id of the article or story, headline

time  event     found         read  language and id"""


def world(seconds: float) -> WorldSettings:
    """A busy day. Nothing is withdrawn later than its second visit, an hour after the first."""
    span_h = seconds * FACTOR / 3600
    return WorldSettings(
        seed=7, articles=round(5 * span_h), span_h=span_h, history=0.2, history_days=1.0, archive=0, quiet_night=False,
        languages=("en", "ja"), corrected=0.4, corrected_after_min=(15, 120), withdrawn=0.25,
        withdrawn_after_min=(15, 50), returned=0.0, moved=0.0,
    )  # fmt: skip


class Screen:
    """Lines for a person: coloured on a terminal."""

    def __init__(self, made: Crawl, sightings: Sightings) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console = Console(highlight=False, width=FILE_WIDTH)
        self._lines: Counter[str] = Counter()
        self._made = made
        self._sightings = sightings

    def say(self, text: str) -> None:
        self._console.print(text, style="dim", soft_wrap=True)

    def begin(self, standing: int, seconds: float) -> None:
        """What is played, and what the columns are."""
        hours = seconds * FACTOR / 3600
        self.say(
            f"Spiders, workers and a real Kafka on an offline twin of both sites. {seconds:.0f} s to go, in which "
            f"{hours:.1f} h of the twin's time pass; {standing} articles stand already."
        )
        self.say(HEADER)

    def article(self, said: dict[str, Any], sighting: Sighting | None) -> None:
        facts = said["reason"] if said["change"] == "withdrawn" else said["headline"]
        if said["change"] == "updated":
            facts = f"{', '.join(said['changed_fields'])}: {facts}"
        self._line(said["change"], said["language"] or "", said["article_id"], facts, sighting)

    def story(self, said: dict[str, Any], arrived: float) -> None:
        """What made it as it is now was the last that was heard of one of its articles."""
        cause = self._sightings.of_story.get(said["story_id"])
        read_s = arrived - self._made.site.pace.real(cause.fetched) if cause else None
        self._line(
            "story", "", said["story_id"], f"{len(said['members'])} in {', '.join(said['languages'])}", cause, read_s
        )

    def _line(
        self, what: str, language: str, id_: str, facts: str, sighting: Sighting | None, read_s: float | None = None
    ) -> None:
        self._lines[what] += 1
        now = self._made.site.pace.now().astimezone(VIETNAM_TIME)
        found = f"{sighting.found_s / 60:4.0f} min" if sighting and sighting.is_news else "        "
        read = f"{1000 * (sighting.read_s if read_s is None else read_s):5.0f} ms" if sighting else ""
        line = Text.assemble(
            (f"{now:%H:%M} ", "dim"), (f"{what:<9} ", COLOURS[what]), f"{found} ", (f"+{read:>8}  ", "dim"),
            (f"{language:<2} ", "magenta"), (f"{id_[:40]:<40} ", "bold"), " ".join(facts.split()),
        )  # fmt: skip
        if self._console.is_terminal:
            self._console.print(line, overflow="ellipsis", no_wrap=True)
        else:
            self._console.print(line, soft_wrap=True)

    def summary(self, fates: Mapping[Happening, Fate]) -> None:
        """What happened, and what became of it: each happening in one row and one column."""
        table = Table(title="What happened on the sites", title_justify="left", box=None, pad_edge=False)
        for column in ("", "happened", *Fate, "found p50", "p99"):
            table.add_column(column, justify="left" if not column else "right", no_wrap=True)
        rows = {word: [each for each in fates if self._row(each) == word] for word in (BEFORE, *TOLD.values())}
        for word, own in (rows | {TOGETHER: list(fates)}).items():
            seen = [self._sightings.seen[each] for each in own if fates[each] == Fate.SEEN]
            found = [each.found_s / 60 for each in seen if word not in (BEFORE, TOGETHER)]
            counts = [len(own), *(sum(fates[each] == fate for each in own) for fate in Fate)]
            table.add_row(word, *map(str, counts), *(f"{cut:.0f} min" for cut in _cuts(found)))
        self._console.print()
        self._console.print(table)
        self.say("happened = " + " + ".join(Fate))
        self.say(
            "not due yet: the spiders look there later; a withdrawal is told when it was seen twice, an hour apart. "
            "over unseen: something else had taken its place before it was due. no article: a video"
        )
        self._lines_told(sum(fate == Fate.SEEN for fate in fates.values()))
        for each, fate in fates.items():
            if fate == Fate.MISSED:
                self._console.print(f"missed: {each}", style="red", soft_wrap=True)

    def _row(self, happening: Happening) -> str:
        return BEFORE if happening.at <= self._sightings.began else TOLD[happening.kind]

    def _lines_told(self, seen: int) -> None:
        """How many lines stand above, and how they come to what was seen."""
        articles = {word: self._lines[word] for word in ("created", "updated", "withdrawn")}
        told = " + ".join(f"{count} {word}" for word, count in articles.items())
        again = sum(articles.values()) - seen
        self.say(
            f"lines: {told} = {sum(articles.values())} of articles: {seen} seen for the first time, {again} others; "
            f"{self._lines['story']} of stories"
        )
        reading = [1000 * each.read_s for each in self._sightings.seen.values() if each.is_news]
        if reading:
            self.say(" and ".join(f"{cut:.0f} ms" for cut in _cuts(reading)) + " from fetched to read, p50 and p99")


def _cuts(values: Sequence[float]) -> tuple[float, ...]:
    """Median and 99th percentile; nothing of nothing."""
    if len(values) < 2:
        return tuple(values) * 2
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[98]


def play(folder: Path, seconds: float) -> int:
    """Exit code: 0 where all was seen that should have been."""
    with (
        Broker(folder / "kafka") as broker,
        crawl(
            folder, broker.bootstrap_servers, PREFIX, world(seconds),
            factor=FACTOR, limits=Limits(timeout_s=10.0), DONGTIN_POLL_S=POLL_S,
        ) as made,
    ):  # fmt: skip
        processes = {"work": made.work()}
        until(lambda: made.setup.healthy(WORKERS), "the workers are ready")
        began = made.site.pace.now()
        processes |= {name: made.start(name, service=True) for name in SPIDERS}
        sightings = Sightings(made.site.world, made.site.pace, began, timedelta(seconds=GRACE_S * FACTOR))
        screen = Screen(made, sightings)
        standing = len(made.site.world.published(sightings.began))
        screen.begin(standing, seconds)
        ends_at = time.time() + seconds
        with _consumer(made) as poll:
            # On a machine that is busy with other things the first may come late: nobody wants to see an empty table.
            while (now := time.time()) < ends_at or (not sightings.seen and now < ends_at + FIRST_S):
                for topic, said in poll():
                    if topic == "stories":
                        screen.story(said, time.time())
                    else:
                        screen.article(said, sightings.take(said, time.time()))
                if ended := [name for name, process in processes.items() if process.poll() is not None]:
                    sys.stderr.write(f"{ended[0]} ended by itself\n{made.log()}\n")
                    return 1
        fates = sightings.fates(made.site.pace.now())
        screen.summary(fates)
        return 1 if Fate.MISSED in fates.values() else 0


@contextmanager
def _consumer(made: Crawl) -> Iterator[Callable[[], list[tuple[str, dict[str, Any]]]]]:
    """What comes on the topics of articles and stories, from their beginnings, in the order of its writing."""
    consumer = KafkaConsumer(bootstrap_servers=made.setup.servers, isolation_level="read_committed")
    names = {f"{PREFIX}{topic}.v1": topic for topic in ("articles", "stories")}

    def poll() -> list[tuple[str, dict[str, Any]]]:
        found = [record for records in consumer.poll(timeout_ms=100).values() for record in records]
        found.sort(key=lambda record: record.timestamp)
        return [(names[record.topic], load_json(record.value)) for record in found if record.value is not None]

    try:
        partitions = [TopicPartition(name, at) for name in names for at in consumer.partitions_for_topic(name)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        yield poll
    finally:
        consumer.close()


def main() -> int:
    """Exit codes: 0 all was seen; 1 something was not, or a process ended by itself; 69 no Kafka; 130 Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m crawl.demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=90.0, help="how long it goes on (default: 90)")
    parser.add_argument("--folder", type=Path, help="keep all logs and topics in this new folder")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.folder:
            return play(arguments.folder, arguments.seconds)
        with tempfile.TemporaryDirectory(prefix="dongtin-demo-") as folder:
            return play(Path(folder), arguments.seconds)
    except KafkaUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 69
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
