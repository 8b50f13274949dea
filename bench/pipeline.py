"""What a page costs on its way, step by step, beside the floor: lxml's parse for a page, decoding for a text."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from lxml import html

from dongtin.codec import article_records, page_record
from dongtin.events import Article, Lane, Page
from dongtin.publishers import identify
from dongtin.record import Message, Record
from dongtin.stream.memory import MemoryTables
from dongtin.topics import partition
from processors.arrival import accept
from processors.changes import Sighting, decide
from processors.look import look
from processors.normalize.article import normalize
from processors.pipeline import Normalizer
from processors.read import read

ROUNDS = 30
PARTITIONS = 12
URL = "https://thanhnien.vn/bai-do-luong-185250117194334368.htm"
SENTENCE = "Người dân hai bên bờ sông đã chờ đợi cây cầu này từ nhiều năm nay, theo lời kể của những người lớn tuổi. "


def table() -> str:
    """A table for a text document and one for an HTML page of 150 KB, in Markdown."""
    text = (Path(__file__).parent.parent / "seeds" / "003_135258ed484cef86.txt").read_bytes()
    page = _html(150_000)
    return "\n".join(
        [
            "# What a page costs on its way",
            "",
            f"Median of {ROUNDS} rounds in alternation. The first row is the floor, which no reader can do without.",
            "",
            *_rows(f"Text document, {len(text):,} bytes", "decode the bytes", text.decode, _text_message(text)),
            "",
            *_rows(
                f"HTML page, {len(page):,} bytes, no rule",
                "lxml's parse",
                lambda: html.fromstring(page),
                _html_message(page),
            ),
            "",
        ]
    )


def _rows(title: str, floor_name: str, floor: Callable[[], object], message: Message) -> list[str]:
    arrival = accept(message)
    address = identify(arrival.page.final_url) if arrival.page.final_url else None
    reading = read(arrival.page, address)
    article = normalize(reading, arrival.page, arrival.key, arrival.facts, address)
    sighting = Sighting(arrival.key, arrival.observation, arrival.facts, article)
    event = decide(None, sighting).event
    if not isinstance(event, Article):
        raise TypeError("a first sighting is an article")
    stage = Normalizer("/bench/normalizer", look)
    steps: dict[str, Callable[[], object]] = {
        floor_name: floor,
        "take in (decode headers, identity, hash)": lambda: accept(message),
        "read": lambda: read(arrival.page, address),
        "normalize (text, language, dates)": lambda: normalize(
            reading, arrival.page, arrival.key, arrival.facts, address
        ),
        "decide and hash": lambda: decide(None, sighting),
        "encode the article": lambda: article_records(event, Lane.LIVE, "/bench/normalizer"),
        "the whole stage": lambda: stage.process([message], MemoryTables()),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(each) for name, each in times.items()}
    whole = medians["the whole stage"]
    rows = [f"| {name} | {value * 1000:.3f} | {value / whole:.3f} |" for name, value in medians.items()]
    return [f"## {title}", "", "| step | ms | share of the whole |", "|---|---:|---:|", *rows]


def _text_message(body: bytes) -> Message:
    from hashlib import sha256

    key = f"text/{sha256(body).hexdigest()[:16]}"
    return _message(page_record(Page(body, "text/plain; charset=utf-8", lane=Lane.BACKFILL), key, "/bench/replay"))


def _html_message(body: bytes) -> Message:
    page = Page(body, "text/html; charset=utf-8", URL, URL, 200, "2025-01-17T13:00:00Z", "thanhnien.vn")
    return _message(page_record(page, "thanhnien.vn/185250117194334368", "/bench/spiders"))


def _message(record: Record) -> Message:
    at = partition(record.partition_key, PARTITIONS)
    return Message(record.topic, at, PARTITIONS, 0, record.key, record.value, record.headers)


def _html(size: int) -> bytes:
    """A synthetic page: an article of twelve paragraphs among menus and scripts that fill it to a size."""
    article = "".join(f"<p>{SENTENCE * 3}Đoạn {number}.</p>" for number in range(12))
    menu = "".join(f'<li><a class="nav-link" href="/muc-{number}.htm">Mục {number}</a></li>' for number in range(300))
    head = "<title>Bài đo lường</title><script>var settings = {};</script>"
    page = f'<html lang="vi"><head>{head}</head><body><ul class="menu-nav">{menu}</ul><article>{article}</article>'
    filler = "<script>" + "window.queue.push({zone: 1, size: '300x250'});" * 200 + "</script>"
    while len(page.encode()) < size:
        page += filler + f"<div class='box-category-item'><a href='/x.htm'>{SENTENCE[:40]}</a></div>"
    return (page + "</body></html>").encode()
