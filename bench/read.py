"""What reading a page costs, beside lxml's parse (the floor) and what one would use instead; all in one run.

Each round takes one reader after the other through all pages, as a worker reads them, so that what else the machine
does hits all readers alike. A reader's time is the mean of its medians for each page.
"""

import gc
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from lxml import etree
from lxml.html import HTMLParser
from trafilatura import bare_extraction

from bench.cut import article_alone
from bench.load import footprint, throughput
from bench.pages import BenchPage, pages
from bench.steps import steps
from dongtin.codec import article_records, page_record
from dongtin.events import Article, Fate, Lane
from dongtin.record import Message
from dongtin.stream.memory import MemoryTables
from dongtin.topics import partition
from processors.arrival import accept
from processors.changes import Sighting, decide
from processors.look import look
from processors.pipeline import Look, Normalizer
from processors.reader import Reader

ROUNDS = 3
PUBLISHERS, OTHERS = ("thanhnien", "tuoitre", "vtv", "vietnam"), ("other",)
PARTITIONS = 12
FLOOR, FULL, FAST, CUT = (
    "lxml's parse alone",
    "trafilatura with metadata",
    "trafilatura fast",
    "trafilatura fast, article cut out",
)
OURS, CHILD = "dongtin, bytes to encoded event", "dongtin, in the reading process"
ALONE = f"{CHILD}, each page alone"
"""As long as a page takes when no other follows: the reading process waits for it, and is waited for."""


@dataclass(frozen=True)
class Measured:
    """Reader → mean milliseconds for a page, and the text that each reader found, where it finds one."""

    milliseconds: dict[str, float]
    texts: dict[str, list[str]]


def table() -> str:
    """All of it, in Markdown."""
    known, others = pages(PUBLISHERS), pages(OTHERS)
    lines = [
        "# Reading",
        "",
        f"Medians of {ROUNDS} rounds in alternation, in one process; compare columns of one run only.",
        "",
    ]
    with Reader() as reader:
        lines += _compared("Pages of publishers with rules", known, reader)
        lines += _compared("Pages of other sites", others, reader)
    lines += [
        "## Where the time goes",
        "",
        "Pages of publishers with rules; a step within another is not in the other's share.",
        "",
    ]
    lines += ["| step | ms | share |", "|---|---:|---:|", *steps([message(page) for page in known], encoded), ""]
    lines += ["## Processes and memory", "", *throughput(), "", *footprint(), ""]
    return "\n".join(lines)


def encoded(message: Message, read: Look = look) -> object:
    """From the bytes of a page record to the records of its article."""
    arrival = accept(message)
    event = decide(None, Sighting(arrival.key, arrival.observation, arrival.facts, read(arrival))).event
    if not isinstance(event, Article):
        raise TypeError(f"{arrival.key} gives no article")
    return article_records(event, Lane.LIVE, "/bench/normalizer")


def worked(stage: Normalizer, messages: Sequence[Message], at: int) -> object:
    """A page as a worker takes it: the one that follows waits in the reading process's pipe while this one is read."""
    stage.expect(messages[at : at + 2])
    result = stage.process(messages[at : at + 1], MemoryTables())
    if result.outcomes[0].fate != Fate.PUBLISHED:
        raise TypeError(f"{result.outcomes[0]}: no article")
    return result


def message(page: BenchPage) -> Message:
    """The page as it stands in its topic."""
    record = page_record(page.page, page.key, "/bench/spiders")
    at = partition(record.key, PARTITIONS)
    return Message(record.topic, at, PARTITIONS, 0, record.key, record.value, record.headers)


def _compared(title: str, chosen: Sequence[BenchPage], reader: Reader) -> list[str]:
    measured = _measure(chosen, reader)
    ours = measured.milliseconds[OURS]
    size = statistics.mean(len(page.page.body) for page in chosen)
    lines = [f"## {title}", "", f"{len(chosen)} pages of {size:,.0f} bytes.", ""]
    lines += ["| reader | ms a page | times dongtin | text F1 |", "|---|---:|---:|---:|"]
    for name, milliseconds in measured.milliseconds.items():
        found = measured.texts.get(name)
        score = f"{statistics.mean(map(f1, found, (page.truth for page in chosen))):.3f}" if found else ""
        lines.append(f"| {name} | {milliseconds:.2f} | {milliseconds / ours:.2f} | {score} |")
    limit = measured.milliseconds[FLOOR] + 2 * measured.milliseconds[CUT] if CUT in measured.milliseconds else None
    if limit:
        share = f"dongtin takes {ours / limit:.2f} of it."
        lines += ["", f"lxml's parse and twice trafilatura on the cut article: {limit:.2f} ms; {share}"]
    return [*lines, ""]


def _measure(chosen: Sequence[BenchPage], reader: Reader) -> Measured:
    times: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    texts: dict[str, list[str]] = {}
    stage, messages = Normalizer("/bench/normalizer", reader.look, ahead=reader), [message(page) for page in chosen]
    readers = [
        {**_readers(page, reader), CHILD: partial(worked, stage, messages, at)} for at, page in enumerate(chosen)
    ]
    gc.collect()
    gc.freeze()  # as the reading process does with what it has loaded
    for name in readers[0]:
        texts[name] = [found for each in readers if isinstance(found := each[name](), str)]
    for _ in range(ROUNDS):
        for name in readers[0]:
            for at, each in enumerate(readers):
                began = time.perf_counter()
                each[name]()
                times[name][at].append(time.perf_counter() - began)
    gc.unfreeze()
    means = {name: 1000 * statistics.mean(map(statistics.median, each.values())) for name, each in times.items()}
    for name in (OURS, ALONE, CHILD):
        texts[name] = [_text(page) for page in chosen]
    return Measured(means, texts)


def _readers(page: BenchPage, reader: Reader) -> dict[str, Callable[[], object]]:
    arrived, body = message(page), page.page.body
    cut = article_alone(page)
    found: dict[str, Callable[[], object]] = {
        FLOOR: lambda: etree.fromstring(body, HTMLParser(encoding="utf-8")),
        FULL: lambda: _extracted(body, with_metadata=True),
        FAST: lambda: _extracted(body, fast=True),
        OURS: lambda: encoded(arrived),
        ALONE: lambda: encoded(arrived, reader.look),
    }
    if cut is not None:
        found[CUT] = lambda: _extracted(cut, fast=True, include_comments=False)
    if newspaper := _newspaper():
        found[newspaper[0]] = lambda: newspaper[1](page)
    return found


def _extracted(body: bytes | str, **options: bool) -> str:
    document = bare_extraction(body, **options)
    return (getattr(document, "text", None) or "") if document is not None else ""


@cache
def _newspaper() -> tuple[str, Callable[[BenchPage], str]] | None:
    """newspaper4k, where it is installed (`make bench` installs it)."""
    try:
        name = f"newspaper4k {version('newspaper4k')}"
    except PackageNotFoundError:
        return None
    newspaper, suffixes = import_module("newspaper"), import_module("tldextract")
    # Else it asks the network for the list of public suffixes at each page.
    suffixes.extract = suffixes.tldextract.TLD_EXTRACTOR = suffixes.TLDExtract(suffix_list_urls=())

    settings = newspaper.Config()
    settings.fetch_images, settings.language = False, "vi"

    def read(page: BenchPage) -> str:
        article = newspaper.Article(page.page.final_url, config=settings)
        article.fetch_images = lambda: None  # it asks the network for their sizes whatever the setting
        article.download(input_html=page.page.body.decode("utf-8", "replace"))
        with suppress(ValueError):  # on an address that cannot be parsed; what it gives then is no text
            article.parse()
        return str(article.text)

    return name, read


def _text(page: BenchPage) -> str:
    shows = look(accept(message(page)))
    return shows.body.text if isinstance(shows, Article) else ""


def f1(found: str, truth: str) -> float:
    """Of the words, each as often as it stands."""
    ours, theirs = Counter(found.split()), Counter(truth.split())
    common = (ours & theirs).total()
    return 2 * common / (ours.total() + theirs.total()) if common else 0.0
