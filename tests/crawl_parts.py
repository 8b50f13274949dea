"""Parts of a crawl for its tests: a clock that is set, a frontier in a folder, what the workers found."""

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dongtin.codec import source, state_record
from dongtin.events import (
    ArticleState,
    ArticleStatus,
    Extractor,
    LossKind,
    Observation,
    Pending,
)
from dongtin.publishers import Address, identify
from dongtin.record import Message
from dongtin.topics import ARTICLE_STATE
from spiders.frontier import Answer, Frontier, Visit
from spiders.places import Places
from spiders.store import open_store

NOON = datetime(2026, 7, 8, 5, tzinfo=UTC)
"""In Vietnam."""
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass
class SetClock:
    """A clock that goes only when it is told to; nobody waits for it."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def real_s(self, seconds: float) -> float:
        return min(seconds, 0.001)

    def go_on(self, seconds: float) -> float:
        self.moment += timedelta(seconds=seconds)
        return self.seconds

    @property
    def seconds(self) -> float:
        return self.moment.timestamp()


@dataclass
class Opened:
    """A publisher's file, opened as a spider does."""

    folder: Path
    publisher: str = "thanhnien.vn"
    database: sqlite3.Connection = field(init=False)
    frontier: Frontier = field(init=False)
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.database = open_store(self.folder / f"{self.publisher}.sqlite")
        self.frontier = Frontier(self.database, self.publisher)
        self.places = Places(self.database)

    def again(self) -> "Opened":
        """After a restart."""
        self.database.close()
        return Opened(self.folder, self.publisher)


def thanhnien(number: int = 1, slug: str = "tin-moi") -> Address:
    """An article whose address says that it was made half an hour before noon."""
    return identify(f"https://thanhnien.vn/{slug}-18526070811300{number:04}.htm")


def vietnam(slug: str = "tin-moi", language: str = "vi") -> Address:
    return identify(f"https://www.vietnam.vn/{'' if language == 'vi' else language + '/'}{slug}")


def id_of(address: Address) -> str:
    assert address.article_id is not None
    return address.article_id


def url_of(address: Address) -> str:
    assert address.canonical_url is not None
    return address.canonical_url


def answer(visit: Visit, status: int = 200, etag: str | None = '"1"') -> Answer:
    return Answer(visit.article_id, visit.url, status, etag)


def state(
    address: Address,
    content: str = "a",
    *,
    seen: float,
    status: ArticleStatus = ArticleStatus.PUBLISHED,
    pending_since: float | None = None,
    origin_url: str | None = None,
) -> ArticleState:
    """What the workers found when they read the page that was fetched at `seen`."""
    pending = Pending(LossKind.ABSENT, _text(pending_since)) if pending_since is not None else None
    return ArticleState(
        revision=1,
        status=status,
        content_hash=content,
        field_hashes={},
        block_ids=(),
        story_id=id_of(address),
        origin_url=origin_url,
        url=address.canonical_url,
        publisher=address.publisher,
        language=address.language,
        page_sha256="",
        extractor=Extractor("0", None, "test"),
        last_observation=Observation(main_host=True, date_fetched=_text(seen), page_sha256=""),
        pending=pending,
    )


def message(address: Address, found: ArticleState | None, offset: int = 0, partition: int = 0) -> Message:
    """Its record on the article-state topic; a tombstone without one."""
    article_id = id_of(address)
    if found is None:
        return Message(ARTICLE_STATE, partition, 12, offset, article_id.encode(), None, ())
    record = state_record(article_id, found, source("t.", "normalizer"))
    return Message(ARTICLE_STATE, partition, 12, offset, record.key, record.value, record.headers)


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
