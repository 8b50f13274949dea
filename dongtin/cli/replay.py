"""`dongtin replay`: saved documents through the whole pipeline, in this process or on Kafka."""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import click

from dongtin import log
from dongtin.cli.opened import Opened, tell
from dongtin.cli.reports import Lines, Report, Tables
from dongtin.cli.wiring import linker, normalizer
from dongtin.codec import source
from dongtin.errors import BrokerUnavailable, RecordTooLarge
from dongtin.events import Fate
from dongtin.settings import Settings, load
from dongtin.stream.memory import MemoryStream
from dongtin.topics import ARTICLES, PAGES_BACKFILL, QUARANTINE, REJECTED, STORIES, TOPICS, Topic, find
from processors.reader import Reader

PRINTED = (ARTICLES, STORIES, REJECTED, QUARANTINE)


def _topics(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[Topic, ...]:
    if not value:
        return PRINTED
    try:
        return tuple(dict.fromkeys(find(name.strip()) for name in value.split(",")))
    except KeyError as error:
        names = ", ".join(topic.short_name for topic in TOPICS)
        raise click.BadParameter(f"{error.args[0]!r} is no topic; there are {names}") from error


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@click.option("--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option(
    "--topics",
    callback=_topics,
    help="With jsonl: what to print, parted by commas. Default: articles,stories,rejected,quarantine.",
)
@click.option("--to", "target", type=click.Choice(["kafka"]), help="Publish the pages for the workers instead.")
@click.option("--url", help="The address of a bare .html file.")
def command(
    paths: Sequence[Path], *, form: str, topics: tuple[Topic, ...], target: str | None, url: str | None
) -> None:
    """Run saved documents through the pipeline: text files, saved pages, WARC files, or folders of them.

    Names and order of the files do not matter: the same documents give the same bytes. Exit code 1: a document could
    not be opened, or a path holds none; the others went on.

    \b
    Examples:
      dongtin replay seeds
      dongtin replay seeds --format jsonl
      dongtin replay pages.warc.gz --to kafka
    """
    settings = load()
    log.configure("warning" if settings.log_level == "info" else settings.log_level)
    documents = Opened(paths, url)
    if target == "kafka":
        publish(documents, settings)
    else:
        replay(documents, settings, Lines(topics) if form == "jsonl" else Tables())
    sys.exit(1 if documents.failed else 0)


def replay(documents: Opened, settings: Settings, report: Report) -> None:
    """The whole pipeline in this process: pages one by one through the normalizer, then the linker."""
    stream, linking = MemoryStream(), linker(settings)
    with Reader() as reader:
        normalizing = normalizer(settings, reader)
        for name, record in documents.records(source(settings.topic_prefix, "replay")):
            stream.append(record)
            for outcome in stream.run(normalizing):
                if outcome.fate in (Fate.REJECTED, Fate.QUARANTINED):
                    tell(f"{name}: {outcome.fate}: {outcome.detail}")
            for topic in TOPICS:
                if topic not in linking.inputs:
                    report.take(topic, stream.take(topic))
    stream.run(linking)
    for topic in TOPICS:
        report.take(topic, stream.take(topic))
    report.close()


def publish(documents: Opened, settings: Settings) -> None:
    """The pages on their topic, for the workers; returns when Kafka has acknowledged each. Raises BrokerUnavailable."""
    # Imported here: a replay in this process needs no Kafka client.
    from dongtin.cli.connection import cluster
    from dongtin.stream.kafka.sink import DELIVERY_TIMEOUT_S, KafkaSink

    sink = KafkaSink(cluster(settings), (PAGES_BACKFILL,))
    tally = Tally()
    try:
        for name, record in documents.records(source(settings.topic_prefix, "replay")):
            if tally.error:
                break
            tally.sent += 1
            try:
                sink.send(record, tally.acknowledge)
            except RecordTooLarge as error:
                tell(f"{name}: {error}")
                tally.sent -= 1
                documents.failed += 1
    finally:
        # What is in flight after an error has waited as long already.
        sink.close(0 if tally.error else DELIVERY_TIMEOUT_S)
    if tally.error or tally.done < tally.sent:
        raise BrokerUnavailable(f"{tally.done} of {tally.sent} pages were published: {tally.error or 'no answer'}")
    click.echo(f"published {tally.done} pages to {PAGES_BACKFILL.full_name(settings.topic_prefix)}", err=True)


class Tally:
    """Counts what was sent and acknowledged, and keeps the first error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.sent = 0
        self.done = 0
        self.error: Exception | None = None

    def acknowledge(self, error: Exception | None) -> None:
        """See `Acknowledgement`."""
        with self._lock:
            self.done += error is None
            self.error = self.error or error
