"""An explanation for a person: a table of its steps."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dongtin.cli.explanation import (
    AddressStep,
    BodyStep,
    Explanation,
    FateStep,
    FieldStep,
    PageStep,
    RuleStep,
    StoryStep,
)
from dongtin.documents.answers import without_controls
from dongtin.events import Author, Fate, Image, Publisher, Rights
from processors.read.reading import Said

FILE_WIDTH = 140
"""Columns where it does not go to a terminal."""
WIDTH_OF_THE_REST = 50
"""Columns beside the values; a value is cut to what is left."""
MEANING = {
    Fate.UNCHANGED: "it says what the last revision says",
    Fate.STALE: "an older or lesser page than one already seen",
    Fate.PENDING: "a loss counts when it is seen again after an hour",
}
Row = tuple[str, str, str]
"""What, its value, where it came from."""


class ExplanationTables:
    """Prints explanations on standard output."""

    def __init__(self) -> None:
        self._console = Console() if sys.stdout.isatty() else Console(width=FILE_WIDTH)

    def print(self, explanation: Explanation) -> None:
        """Print one."""
        name = explanation.document or (explanation.address.url if explanation.address else "")
        kind = "document" if explanation.document else "address"
        self._console.print(Text.assemble((f"{kind} ", "bold"), (name, "bold cyan")), soft_wrap=True)
        table = Table(box=box.SIMPLE_HEAD, header_style="bold")
        table.add_column("step", style="bold", no_wrap=True)
        table.add_column("what", no_wrap=True)
        width = max(self._console.width - WIDTH_OF_THE_REST, 20)
        table.add_column("value", max_width=width, no_wrap=True, overflow="ellipsis")
        table.add_column("from", no_wrap=True)
        for step, rows in _steps(explanation):
            for at, (what, value, source) in enumerate(rows):
                table.add_row("" if at else step, what, Text(without_controls(value)), source)
        self._console.print(table)


def _steps(explanation: Explanation) -> Iterator[tuple[str, Iterable[Row]]]:
    """The steps that were reached."""
    if explanation.address:
        yield "address", _address(explanation.address)
    if explanation.page:
        yield "page", _page(explanation.page)
    if explanation.rule:
        yield "rule", _rule(explanation.rule)
    yield "declared", _declared(explanation.declared)
    yield "fields", _fields(explanation.fields)
    if explanation.body:
        yield "body", _body(explanation.body)
        yield "flags", [("", ", ".join(explanation.flags) or "none", "")]
    if explanation.story:
        yield "story", _story(explanation.story)
    if explanation.fate:
        yield "fate", _fate(explanation.fate)


def _address(step: AddressStep) -> Iterator[Row]:
    yield "url", step.url, ""
    yield "kind", f"{step.kind}: {step.why_no_article}" if step.why_no_article else step.kind, ""
    known = "" if step.is_known or step.publisher is None else " (its addresses have no grammar here)"
    for what, value in (
        ("publisher", step.publisher and step.publisher + known),
        ("article id", step.article_id),
        ("canonical url", step.canonical_url),
        ("language", step.language),
        ("created", step.date_created),
        ("mirror", "yes: it ranks below the main host" if step.is_mirror else None),
    ):
        if value:
            yield what, value, "url"


def _page(step: PageStep) -> Iterator[Row]:
    yield "key", step.key, ""
    for what, value in (
        ("asked for", step.requested_url),
        ("status", step.http_status),
        ("content type", step.content_type),
        ("fetched", step.date_fetched),
    ):
        if value is not None:
            yield what, str(value), ""
    yield "bytes", f"{step.bytes:,}, sha256 {step.sha256[:16]}…", ""
    if step.encoding:
        yield "encoding", step.encoding, step.encoding_source or ""
    if step.elements is not None:
        yield "elements", f"{step.elements:,}", ""


def _rule(step: RuleStep) -> Iterator[Row]:
    yield "read by", step.rule or "nothing", ""
    if step.container:
        yield "container", step.container, ""
    if step.why_no_container:
        yield "no container", step.why_no_container, ""
    for treatment, labels in step.removed.items():
        told = ", ".join(f"{count} {label}" for label, count in labels.items())
        yield f"taken out: {treatment}", f"{sum(labels.values())}: {told}", "rule"


def _declared(declared: Mapping[str, tuple[Said, ...]]) -> Iterator[Row]:
    """The values of one source on one line."""
    for name, values in declared.items():
        for at, (source, said) in enumerate(groupby(values, key=lambda each: each.source)):
            yield "" if at else name, " · ".join(_short(each.value) for each in said), source


def _fields(fields: Iterable[FieldStep]) -> Iterator[Row]:
    empty = []
    for each in fields:
        if told := _short(each.value):
            yield each.name, told + (f"  ({each.raw})" if each.raw and each.raw != told else ""), each.source or ""
        else:
            empty.append(each.name)
    if empty:
        yield "empty", ", ".join(empty), ""


def _body(step: BodyStep) -> Iterator[Row]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in step.blocks.items())
    yield "blocks", kinds, step.source or ""
    yield "words", str(step.word_count), ""
    if step.coverage is not None:
        yield "coverage", f"{step.coverage:.1%} of the container's text", ""


def _story(step: StoryStep) -> Iterator[Row]:
    yield "story id", step.story_id, ""
    if step.origin:
        told = (step.origin.publisher_name, step.origin.date_created, step.origin.url)
        yield "origin", " · ".join(each for each in told if each), ""
    for relation in step.relations:
        yield "relation", f"{relation.type}: {relation.article_id or relation.url}", relation.evidence


def _fate(step: FateStep) -> Iterator[Row]:
    change = f": {step.change} revision {step.revision}" if step.change else ""
    meaning = MEANING.get(Fate(step.fate))
    yield "", f"{step.fate}{change}" + (f": {meaning}" if meaning else ""), ""
    for what, value in (
        ("changed", ", ".join(step.changed_fields)),
        ("reason", step.reason),
        ("detail", step.detail),
        ("error", step.error),
    ):
        if value:
            yield what, " ".join(value.split()), ""


def _short(value: object) -> str:
    """A field's value on one line."""
    match value:
        case Publisher():
            return f"{value.name} ({value.id})"
        case Author():
            return value.name
        case Image():
            return value.caption or value.alt or value.url or ""
        case Rights():
            return ", ".join(f"{name}={_short(each)}" for name, each in vars(value).items() if each not in (None, ()))
        case tuple():
            return (f"{len(value)}: " if len(value) > 1 else "") + " · ".join(map(_short, value))
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return " ".join(str(value).split())
