"""Pages with articles of their own at addresses of their own, and a look that knows them without reading."""

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from bench.pages import fill, pages
from dongtin.codec import page_record
from dongtin.events import Article, Block, BlockKind, Body, Lane, Page
from dongtin.publishers import page_key
from dongtin.record import Message, Record
from dongtin.stream.memory import MemoryTables
from dongtin.topics import PARTITIONS, partition
from processors.arrival import Arrival, accept
from processors.changes import Shows
from processors.look import look
from processors.pipeline import Normalizer

BODIES = 300
"""Distinct ones; every page has an address of its own."""
TEXT_BYTES = 1_800
"""Of an article; its event holds the text twice, and is of 6 KB."""
LAST_DIGITS, SLUG_END = re.compile(r"(?<=\d{6})\d{9}(?=\.)"), re.compile(r"(?=\.html?$|/?$)")
PUBLISHER, FETCHED = "thanhnien.vn", "2025-01-17T13:00:00Z"


def record(number: int, size: int) -> Record:
    """The page of a number, filled to a size in bytes."""
    url = f"https://thanhnien.vn/bai-do-luong-185250117{number:09}.htm"
    page = Page(_html(number % BODIES, size), "text/html; charset=utf-8", url, url, 200, FETCHED, PUBLISHER)
    return page_record(page, f"{PUBLISHER}/185250117{number:09}", "/bench/spiders")


def number_of(key: bytes) -> int:
    """The number of the page with a key."""
    return int(key[-9:])


class Known:
    """In place of reading: an article of 6 KB for each page, without a look at its HTML."""

    def __init__(self, size: int) -> None:
        arrivals = [accept(message(record(number, size))) for number in range(BODIES)]
        first = look(arrivals[0])
        if not isinstance(first, Article):
            raise TypeError(f"the page shows {first}")
        self._articles = {each.facts.sha256: _article(first, number) for number, each in enumerate(arrivals)}

    def look(self, arrival: Arrival) -> Shows:
        """See `processors.look.look`."""
        return replace(
            self._articles[arrival.facts.sha256],
            article_id=arrival.key,
            story_id=arrival.key,
            url=arrival.page.final_url,
            canonical_url=arrival.page.final_url,
            page=arrival.facts,
            date_fetched=arrival.page.date_fetched,
        )


def effects(size: int) -> list[list[Record]]:
    """For each distinct body the four records that its page gives."""
    stage = Normalizer("/bench/normalizer", Known(size).look)
    return [stage.process([message(record(number, size))], MemoryTables()).records for number in range(BODIES)]


def message(record: Record) -> Message:
    """The record as it stands in its topic."""
    at = partition(record.partition_key, PARTITIONS)
    return Message(record.topic, at, PARTITIONS, 0, record.key, record.value, record.headers)


@cache
def readable() -> tuple[Page, ...]:
    """Filled golden pages of publishers with rules that are articles at another address too."""
    found = [page.page for page in pages(("thanhnien", "tuoitre", "vtv", "vietnam"))]
    return tuple(page for page in found if isinstance(look(accept(message(elsewhere(page, 1)))), Article))


def elsewhere(page: Page, number: int, lane: Lane = Lane.LIVE) -> Record:
    """A page of a publisher with rules, as another article of the same site."""
    url = LAST_DIGITS.sub(f"{number:09}", page.final_url or "", count=1)
    if url == page.final_url:
        url = SLUG_END.sub(f"-{number}", url, count=1)
    moved = replace(page, requested_url=url, final_url=url, status=200, lane=lane)
    return page_record(moved, page_key(url, url, 200), "/bench/spiders")


def _article(first: Article, number: int) -> Article:
    blocks = tuple(
        Block(hashlib.sha256(text.encode()).hexdigest()[:12], BlockKind.PARAGRAPH, text) for text in _paragraphs(number)
    )
    return replace(first, headline=f"Bài đo lường {number}", body=Body("\n\n".join(_paragraphs(number)), blocks))


@cache
def _html(number: int, size: int) -> bytes:
    text = "".join(f"<p>{text}</p>" for text in _paragraphs(number))
    head = f'<html lang="vi"><head><title>Bài đo lường {number}</title></head>'
    return fill(f'{head}<body><div class="detail-content afcbc-body">{text}</div></body></html>'.encode(), size)


@cache
def _paragraphs(number: int) -> tuple[str, ...]:
    chance = random.Random(number)
    return tuple(_sentences(chance))


def _sentences(chance: random.Random) -> Iterator[str]:
    size = 0
    while size < TEXT_BYTES:
        text = " ".join(chance.choices(_words(), k=35)).capitalize() + "."
        size += len(text.encode())
        yield text


@cache
def _words() -> tuple[str, ...]:
    seed = Path(__file__).parents[2] / "tests" / "golden" / "thanhnien"
    found = sorted(
        {word for file in seed.rglob("expected.json") for word in file.read_text().split() if word.isalpha()}
    )
    return tuple(found)
