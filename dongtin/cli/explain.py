"""`dongtin explain`: each step of a document or an address, with the reason, and where each field came from."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from dongtin import log
from dongtin.cli.explained import Processed, explain_address, explain_page
from dongtin.cli.explanation import Explanation
from dongtin.cli.explanation_table import ExplanationTables
from dongtin.cli.opened import Opened
from dongtin.codec import canonical, decode_parts, source
from dongtin.documents.answers import without_controls
from dongtin.events import Article, Page, Rejection, Withdrawn
from dongtin.record import Record
from dongtin.settings import Settings, load
from dongtin.stream.memory import MemoryStream
from dongtin.topics import ARTICLES, REJECTED, TOPICS
from processors.arrival import Arrival
from processors.changes import Shows
from processors.pipeline import Look, Normalizer
from processors.reader import Reader
from processors.rights import respecting


@click.command()
@click.argument("documents", nargs=-1, required=True, metavar="FILE|URL...")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--url", help="The address of a bare .html file.")
def command(documents: Sequence[str], *, form: str, url: str | None) -> None:
    """Explain saved documents (all that `replay` takes) or addresses: each step from the address to the fate.

    Nothing is fetched: an address alone is explained by its letters. Several documents are taken one after the other,
    as `replay` takes them, and what came before is remembered. With json, one object a line for each.

    Exit code 0: explained, whatever the fate; 1: a document could not be opened, or a path holds none; the others
    went on.

    \b
    Examples:
      dongtin explain seeds/003_135258ed484cef86.txt
      dongtin explain https://thanhnien.vn/nga-iran-ky-hiep-uoc-185250117194334368.htm
      dongtin explain tests/golden/thanhnien/article-full --format json
    """
    settings = load()
    log.configure("warning" if settings.log_level == "info" else settings.log_level)
    show = _print_json if form == "json" else ExplanationTables().print
    addresses = [each for each in documents if _is_address(each)]
    for each in addresses:
        show(Explanation(None, explain_address(without_controls(each))))
    if "" in documents:
        raise click.UsageError("a document has no name")
    paths = [Path(each) for each in documents if each not in addresses]
    opened = Opened(paths, url, "explain")
    with Reader() as reader:
        explainer = Explainer(settings, reader.look)
        for name, record in opened.records(source(settings.topic_prefix, "replay")):
            show(explain_page(name, explainer.process(record)))
    sys.exit(1 if opened.failed else 0)


class Explainer:
    """The normalizer of a replay, with what it saw on the way."""

    def __init__(self, settings: Settings, look: Look) -> None:
        self._stream = MemoryStream()
        self._look = respecting(settings.rights, look)
        self._shows: Shows | None = None
        self._normalizer = Normalizer(source(settings.topic_prefix, Normalizer.name), self._witness)

    def process(self, record: Record) -> Processed:
        """What becomes of the record of a page."""
        self._shows = None
        self._stream.append(record)
        (outcome,) = self._stream.run(self._normalizer)
        published = {topic: self._stream.take(topic) for topic in TOPICS}
        page = decode_parts(record.value, record.headers).data
        events = [decode_parts(each.value, each.headers).data for each in (*published[ARTICLES], *published[REJECTED])]
        event = next((each for each in events if isinstance(each, Article | Withdrawn | Rejection)), None)
        if not isinstance(page, Page):
            raise TypeError("a saved document is a page")
        return Processed(page, outcome, self._shows, event)

    def _witness(self, arrival: Arrival) -> Shows:
        self._shows = self._look(arrival)
        return self._shows


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _print_json(explanation: Explanation) -> None:
    sys.stdout.buffer.write(canonical(explanation) + b"\n")
    sys.stdout.flush()
