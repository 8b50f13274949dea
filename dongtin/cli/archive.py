"""`dongtin archive`: the pages topics as WARC files."""

import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path

import click
import structlog

from dongtin import log
from dongtin.archive import Archive
from dongtin.archive.records import Log
from dongtin.archive.series import FILE_BYTES, FILE_PAGES, Limits
from dongtin.cli.connection import cluster
from dongtin.events import Page
from dongtin.record import Message
from dongtin.settings import load
from dongtin.stream.kafka.log_reader import LogReader, Partition
from dongtin.topics import PAGES, PAGES_BACKFILL
from processors.arrival import accept

logger = structlog.get_logger(__name__)

POLL_S = 0.5


def _folder(_context: click.Context, _argument: click.Parameter, path: Path) -> Path:
    """Refuse what can be no archive before Kafka is asked for anything."""
    if os.path.lexists(path) and not path.is_dir():
        raise click.BadParameter(f"{path} is no folder: an archive needs one, which is made where there is none")
    return path


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path), callback=_folder)
@click.option("--until-end", is_flag=True, help="Stop at the ends that the topics have now.")
@click.option(
    "--file-bytes",
    type=click.IntRange(1),
    default=FILE_BYTES,
    show_default=True,
    help=f"A file with so many bytes has a successor; so has one with {FILE_PAGES:,} pages, and one of yesterday.",
)
@click.option("--accept-loss", is_flag=True, help="Go on although records were deleted before they were read.")
def command(folder: Path, *, until_end: bool, file_bytes: int, accept_loss: bool) -> None:
    """Keep the pages topics as WARC files in DIR: each page once, whatever ends this command.

    What the files hold is the position: started again it goes on from there. A page is on the disk 5 s after it came.
    DIR has the files of each partition, `<topic>-<partition>-<first offset>.warc.gz`, of which the last one grows, and
    a CDXJ index for each. `dongtin replay DIR` gives the articles again.

    Exit codes: 0 told to stop, or at the end; 1 DIR cannot be written; 2 wrong set-up, or records were lost; 69 no
    Kafka answers at the start.

    \b
    Examples:
      dongtin archive pages
      dongtin archive pages --until-end --file-bytes 100000000
    """
    settings = load()
    log.configure(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    reader = LogReader(cluster(settings), (PAGES, PAGES_BACKFILL), accept_loss=accept_loss)
    archive = Archive(folder, Limits(file_bytes), page_of)
    try:
        run(reader, archive, stop, until_end=until_end)
    finally:
        reader.close()
    logger.info("archive ends", folder=str(folder), pages=archive.pages, others=archive.others)


def run(reader: LogReader, archive: Archive, stop: threading.Event, *, until_end: bool) -> None:
    """Take what comes, until told to stop or at the end; then all that was taken is on the disk."""

    reader.start(Kept(archive))
    archive.settle()
    while not stop.is_set() and not (until_end and reader.is_at_end()):
        for message in reader.poll(POLL_S):
            archive.take(message)
            if stop.is_set():
                break
        archive.tick()
    archive.close()


class Kept:
    """What an archive keeps, as a reader of logs asks for it: see `Keeper`."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def position(self, at: Partition) -> int | None:
        """See `Keeper.position`."""
        return self._archive.open(at.topic, _log(at))

    def began(self, offsets: Mapping[Partition, int]) -> None:
        """See `Keeper.began`."""
        self._archive.began({_log(at): offset for at, offset in offsets.items()})


def _log(at: Partition) -> Log:
    return Log(at.name, at.number, at.topic_id)


def page_of(message: Message) -> tuple[str, Page]:
    """Key and page of a message, as the workers take it in. Raises Quarantine."""
    arrival = accept(message)
    return arrival.key, arrival.page
