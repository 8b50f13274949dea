"""`dongtin tail`: a topic's events as they come."""

import sys

import click
from rich.console import Console
from rich.text import Text

from dongtin import log
from dongtin.cli.connection import cluster
from dongtin.codec import attributes_of, json_line
from dongtin.record import Message
from dongtin.settings import load
from dongtin.stream.kafka.tail import read
from dongtin.topics import ARTICLES, TOPICS, find


@click.command()
@click.argument("topic", default=ARTICLES.short_name, type=click.Choice([topic.short_name for topic in TOPICS]))
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest record; else with the next one that comes.")
@click.option("--until-end", is_flag=True, help="Stop at the end that the topic has now.")
@click.option("--language", help="Only events of this language, by their header: `en`.")
@click.option("--publisher", help="Only events of this publisher, by their header: `vietnam.vn`.")
@click.option("--format", "form", type=click.Choice(["text", "jsonl"]), help="Default: text on a terminal, else jsonl.")
def command(
    topic: str, *, from_beginning: bool, until_end: bool, language: str | None, publisher: str | None, form: str | None
) -> None:
    """Print the events of TOPIC (default: articles) as they come, committed ones only.

    \b
    Examples:
      dongtin tail articles --from-beginning
      dongtin tail stories --from-beginning --until-end --format jsonl
    """
    settings = load()
    log.configure(settings.log_level)
    wanted = {"language": language, "publisher": publisher}
    as_lines = form == "jsonl" or (form is None and not sys.stdout.isatty())
    console = Console()
    chosen = find(topic)
    try:
        for message in read(cluster(settings), chosen, from_beginning=from_beginning, until_end=until_end):
            attributes = attributes_of(message.headers)
            if any(value is not None and attributes.get(name) != value for name, value in wanted.items()):
                continue
            if as_lines:
                sys.stdout.buffer.write(json_line(chosen, message.key, message.value, message.headers) + b"\n")
                sys.stdout.buffer.flush()
            else:
                console.print(_line(message, attributes))
    except KeyboardInterrupt:
        sys.exit(130)


def _line(message: Message, attributes: dict[str, str]) -> Text:
    """One event for a person: what it is, whose it is, and the beginning of what it says."""
    key = (message.key or b"").decode(errors="replace")
    said = "(tombstone)" if message.value is None else message.value[:2000].decode(errors="replace")
    return Text.assemble(
        (f"{message.partition}@{message.offset} ", "dim"),
        (attributes.get("type", "?").removeprefix("dongtin.").removesuffix(".v1") + " ", "cyan"),
        (attributes.get("language", "") + " ", "green"),
        (key + " ", "bold"),
        (said, "dim"),
        overflow="ellipsis",
        no_wrap=True,
    )
