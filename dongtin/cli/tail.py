"""`dongtin tail`: a topic's events as they come."""

import sys

import click
from rich.console import Console
from rich.text import Text

from dongtin import log
from dongtin.cli.connection import cluster
from dongtin.codec import attributes_of, decode, json_line
from dongtin.errors import DecodeError
from dongtin.events import Article, Rejection, Story, Withdrawn
from dongtin.record import Message
from dongtin.settings import load
from dongtin.stream.kafka.tail import read
from dongtin.topics import ARTICLES, TOPICS, find

NAMES = [topic.short_name for topic in TOPICS]


@click.command(epilog=f"Topics: {', '.join(NAMES)}.")
@click.argument("topic", default=ARTICLES.short_name, metavar="[TOPIC]", type=click.Choice(NAMES))
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
                # Said here: rich forgets what a text says of its own overflow.
                console.print(line(message), overflow="ellipsis", no_wrap=True)
    except KeyboardInterrupt:
        sys.exit(130)


def line(message: Message) -> Text:
    """One event on one line, for a person: where it stands, what it is, whose it is, and some words of what it says."""
    attributes = attributes_of(message.headers)
    key = (message.key or b"").decode(errors="replace")
    return Text.assemble(
        (f"{message.partition}@{message.offset} ", "dim"),
        (_printable(attributes.get("type", "?")).removeprefix("dongtin.").removesuffix(".v1") + " ", "cyan"),
        (_printable(attributes.get("language", "")) + " ", "green"),
        (_printable(key) + " ", "bold"),
        (_printable(_said(message)), "dim"),
    )


def _said(message: Message) -> str:
    try:
        data = decode(message).data
    except DecodeError:
        data = None
    match data:
        case Article():
            return data.headline or next((block.text for block in data.body.blocks), "")
        case Withdrawn() | Rejection(detail=None):
            return str(data.reason)
        case Rejection():
            return f"{data.reason}: {data.detail}"
        case Story():
            return f"{len(data.members)} in {', '.join(data.languages)}"
        case _:
            return "(tombstone)" if message.value is None else message.value[:2000].decode(errors="replace")


def _printable(text: str) -> str:
    """What a stranger wrote, without what would steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
