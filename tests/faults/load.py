"""Pages as spiders send them: an endless stream, the same for the same seed.

A few dozen articles are under observation at a time. Originals on thanhnien.vn are changed, repeated, shortened, gone
and back again, or moved; their translations on vietnam.vn name them as their originals, and now and then another.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dongtin.codec import page_record
from dongtin.events import Lane, Page
from dongtin.publishers import page_key
from dongtin.record import Record

OBSERVED = 40
"""Articles under observation at a time."""
LANGUAGES = ("en", "fr", "ja", "ko", "zh-cn", "ru")
STEP = timedelta(minutes=7)
"""Between two fetches: a loss is seen again after more than an hour, or sooner."""
START = datetime(2025, 6, 1, tzinfo=UTC)
WORDS = re.findall(r"\S+", "sông núi đường cầu chợ trường người dân thành phố mùa lúa biển thuyền nắng mưa tàu ga vườn")
ENGLISH = re.findall(
    r"\S+", "river bridge market school people city season harvest sea boat sun rain train station home"
)
KINDS = ("changed",) * 6 + ("same",) * 4 + ("again",) * 2 + ("gone",) * 3 + ("short",) * 2 + ("late", "moved", "retold")


@dataclass
class Observed:
    """An article, as its publisher has it at present."""

    number: int
    url: str
    lane: Lane
    original: str | None
    """Address that a translation names as its original; None for an original."""
    language: str
    paragraphs: list[str]
    last: Page | None = None
    """Its last page that had a text."""
    pages_left: int = 12
    repeat: list[str] = field(default_factory=list)
    """What is to be seen of it next: losses are seen more than once."""


class Load:
    """The pages of a seed, without end: `records` of the pages topics, in the order in which they are written."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._now = START
        self._articles: list[Observed] = []
        self._originals: list[str] = []

    def __iter__(self) -> Iterator[Record]:
        number = 0
        while True:
            while len(self._articles) < OBSERVED:
                self._articles.append(self._new(number))
                number += 1
            article = self._chance.choice(self._articles)
            article.pages_left -= 1
            if not article.pages_left:
                self._articles.remove(article)
            self._now += STEP
            page = self._observe(article)
            yield page_record(page, page_key(page.requested_url, page.final_url, page.status), "/faults/spiders")

    def _new(self, number: int) -> Observed:
        # By article and not by page: the lanes of a partition interleave as they like, an article's pages must not.
        lane = Lane.BACKFILL if self._chance.random() < 0.3 else Lane.LIVE
        if number % 3 == 0:
            url = f"https://thanhnien.vn/bai-{number}-{_number_of(number)}.htm"
            self._originals.append(url)
            return Observed(number, url, lane, None, "vi", self._text(WORDS, 6))
        language = self._chance.choice(LANGUAGES)
        url = f"https://www.vietnam.vn/{language}/bai-so-{number}"
        return Observed(number, url, lane, self._any_original(), language, self._text(ENGLISH, 6))

    def _observe(self, article: Observed) -> Page:
        kind = article.repeat.pop() if article.repeat else self._chance.choice(KINDS)
        last = article.last
        if last is None:
            return self._gone(article) if kind == "gone" and not article.repeat else self._article_page(article)
        match kind:
            case "again":  # a spider that was restarted sends what it had sent
                return last
            case "same":
                return self._page(article, last.body)
            case "gone":
                return self._gone(article)
            case "short":
                article.repeat = article.repeat or self._more("short")
                return self._page(article, _html(article, article.paragraphs[:2]))
            case "late":
                return self._page(article, last.body + b"\n<!-- seen earlier -->", self._now - timedelta(days=2))
            case "moved" if article.original is None:
                return self._moved(article)
            case "retold" if article.original is not None:
                article.original = self._any_original()
        at = self._chance.randrange(len(article.paragraphs))
        article.paragraphs[at] = self._text(WORDS if article.original is None else ENGLISH, 1)[0]
        return self._article_page(article)

    def _article_page(self, article: Observed) -> Page:
        article.last = self._page(article, _html(article, article.paragraphs))
        return article.last

    def _gone(self, article: Observed) -> Page:
        article.repeat = article.repeat or (self._more("gone") if article.last else [])
        return self._page(article, b"", status=self._chance.choice((404, 410)))

    def _moved(self, article: Observed) -> Page:
        target = self._any_original()
        return Page(b"", "text/html", article.url, target, 301, _time(self._now), "thanhnien.vn", lane=article.lane)

    def _page(self, article: Observed, body: bytes, time: datetime | None = None, status: int = 200) -> Page:
        publisher = "thanhnien.vn" if article.original is None else "vietnam.vn"
        type_ = "text/html; charset=utf-8"
        fetched = _time(time or self._now)
        return Page(body, type_, article.url, article.url, status, fetched, publisher, lane=article.lane)

    def _more(self, kind: str) -> list[str]:
        return [kind] * self._chance.randrange(3)

    def _any_original(self) -> str:
        return self._chance.choice(self._originals[-12:])

    def _text(self, words: list[str], paragraphs: int) -> list[str]:
        return [" ".join(self._chance.choices(words, k=18)).capitalize() + "." for _ in range(paragraphs)]


def _number_of(number: int) -> str:
    """The number in an address of thanhnien.vn: its site, and the millisecond in which the article was made."""
    made = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=61 * number)
    return f"185{made:%y%m%d%H%M%S}{number % 1000:03}"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def _html(article: Observed, paragraphs: list[str]) -> bytes:
    """The markup of its publisher, as far as the rules know it."""
    body = "\n".join(f"<p>{text}</p>" for text in paragraphs)
    head = f"<title>Bài số {article.number}</title><link rel='canonical' href='{article.url}'>"
    if article.original is None:
        body = (
            f"<h1 class='detail-title'><span data-role='title'>Bài số {article.number}</span></h1>"
            f"<div class='detail-content afcbc-body' data-role='content'>{body}</div>"
        )
    else:
        body = (
            f"<article class='post-detail'><h1 class='post-title'>Story number {article.number}</h1>"
            f"<div class='post-detail-body'>{body}</div>"
            f"<p>Source: <a href='{article.original}'>{article.original}</a></p></article>"
        )
    return f"<!DOCTYPE html><html lang='{article.language}'><head>{head}</head><body>{body}</body></html>".encode()
