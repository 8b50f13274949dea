"""`dongtin topics`: make them, and tell how they stand."""

import sys
from collections.abc import Sequence

import click
from rich import box
from rich.console import Console
from rich.table import Table

from dongtin import log
from dongtin.cli.connection import cluster
from dongtin.cli.reports import FILE_WIDTH
from dongtin.settings import load
from dongtin.stream.kafka.administration import TopicStatus, create_topics, describe_topics


@click.group()
def command() -> None:
    """Make the topics, and tell where existing ones differ from what they should be.

    \b
    Examples:
      dongtin topics create
      dongtin topics describe
    """


@command.command()
@click.option("--partitions", type=click.IntRange(1, 1000), help="Of each topic. Default: DONGTIN_PARTITIONS, 12.")
@click.option("--replication-factor", type=click.IntRange(1, 10), help="Default: DONGTIN_REPLICATION_FACTOR, 1.")
def create(partitions: int | None, replication_factor: int | None) -> None:
    """Make the topics that are missing. An existing one is never changed: where it differs, the exit code is 2.

    \b
    Example:
      dongtin topics create --partitions 24
    """
    settings = load()
    log.configure(settings.log_level)
    count = partitions or settings.partitions
    _tell(create_topics(cluster(settings), count, replication_factor or settings.replication_factor))


@command.command()
def describe() -> None:
    """Show each topic, and where it differs from what it should be: then the exit code is 2.

    \b
    Example:
      dongtin topics describe
    """
    settings = load()
    log.configure(settings.log_level)
    _tell(describe_topics(cluster(settings)))


def _tell(statuses: Sequence[TopicStatus]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("topic", no_wrap=True)
    table.add_column("holds")
    table.add_column("partitions", justify="right")
    table.add_column("replicas", justify="right")
    table.add_column("state")
    for status in statuses:
        state = "\n".join(status.differences) or ("as it should be" if status.exists else "missing")
        partitions, replicas = (str(status.partitions), str(status.replicas)) if status.exists else ("", "")
        table.add_row(status.name, status.topic.holds, partitions, replicas, state)
    console = Console() if sys.stdout.isatty() else Console(width=FILE_WIDTH)
    console.print(table)
    wrong = [status for status in statuses if status.differences or not status.exists]
    for status in wrong:
        for difference in status.differences or ("missing: run `dongtin topics create`",):
            click.echo(f"dongtin: {status.name}: {difference}", err=True)
    if wrong:
        sys.exit(2)
