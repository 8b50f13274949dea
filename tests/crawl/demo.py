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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from broker import Broker
from crawl.run import SPIDERS, Crawl, Limits, crawl, until
from crawl.sightings import Sighting, Sightings
from kafka import KafkaConsumer, TopicPartition
from kafka_jars import KafkaUnavailable
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dongtin.codec import load_json
from tests.site.content import VIETNAM_TIME
from tests.site.script import Kind
from tests.site.settings import WorldSettings

PREFIX = "demo."
WORKERS = 2
"""A normalizer and a linker."""
FACTOR = 240.0
POLL_S = "240"
"""A second of real time."""
GRACE_S = 12.0
"""Real seconds."""
COLOURS = {"created": "green", "updated": "yellow", "withdrawn": "red", "story": "cyan"}
TOLD = {Kind.PUBLISH: "published", Kind.CORRECT: "corrected", Kind.WITHDRAW: "withdrawn"}


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
        self._made = made
        self._sightings = sightings

    def say(self, text: str) -> None:
        self._console.print(text, style="dim", soft_wrap=True)

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

    def summary(self, missing: Sequence[Any]) -> None:
        """What happened while the crawl went on, and how much of it was seen."""
        site, seen = self._made.site, [each for each in self._sightings.seen.values() if each.is_news]
        table = Table(title="While the crawl went on", title_justify="left", box=None, pad_edge=False)
        for column in ("", "happened", "seen", "missed", "p50", "p99"):
            table.add_column(column, justify="left" if not column else "right")
        happened = [each for each in site.world.happenings if self._sightings.began < each.at <= site.pace.now()]
        for kind, word in TOLD.items():
            own = [each.found_s / 60 for each in seen if each.happening.kind == kind]
            counts = [sum(each.kind == kind for each in some) for some in (happened, missing)]
            table.add_row(
                word, str(counts[0]), str(len(own)), str(counts[1]), *(f"{cut:.0f} min" for cut in _cuts(own))
            )
        reading = [1000 * each.read_s for each in seen]
        table.add_row("from fetched to read", "", str(len(reading)), "", *(f"{cut:.0f} ms" for cut in _cuts(reading)))
        self._console.print()
        self._console.print(table)
        self.say(
            "Not seen, and not missed: what is still to be looked at, what was over before anyone looked, videos. "
            "A withdrawal is told when it was seen twice, an hour apart."
        )
        for each in missing:
            self._console.print(f"missed: {each}", style="red", soft_wrap=True)


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
        screen.say(
            f"{standing} articles stand; an hour of the twin's time is {3600 / FACTOR:.0f} s; {seconds:.0f} s to go"
        )
        screen.say("twin's time, event, found after (twin's time) + read after (real time), language, article")
        ends_at = time.time() + seconds
        with _consumer(made) as poll:
            while time.time() < ends_at:
                for topic, said in poll():
                    if topic == "stories":
                        screen.story(said, time.time())
                    else:
                        screen.article(said, sightings.take(said, time.time()))
                if ended := [name for name, process in processes.items() if process.poll() is not None]:
                    sys.stderr.write(f"{ended[0]} ended by itself\n{made.log()}\n")
                    return 1
        missing = sightings.missing(made.site.pace.now())
        screen.summary(missing)
        return 1 if missing else 0


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
