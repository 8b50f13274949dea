"""How the crawl of a publisher stands, by what its file says: for `dongtin sources` and the metrics.

Read only, also while a spider works with the file.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from dongtin.errors import ConfigurationError
from dongtin.settings import Settings
from spiders.budget import Budget, budget
from spiders.frontier import Fact, day_of
from spiders.outcomes import Happening
from spiders.places import Place, place_of
from spiders.robots import known_robots
from spiders.schedule import DAY, Rank
from spiders.silence import silence
from spiders.store import VERSION, file_of
from spiders.ways import Ways

MEASURED_DAYS = 7
"""Over so many whole days the number of new articles is taken, where there are any."""


@dataclass(frozen=True)
class Queue:
    """Addresses of one rank that wait for a visit."""

    due: int
    planned: int
    """For later."""


@dataclass(frozen=True)
class PlaceState:
    """How a place of discovery stands."""

    url: str
    role: str
    last_read: float | None
    """Seconds since 1970."""
    failures: int
    """One after the other, since then."""
    next_visit: float | None


@dataclass(frozen=True)
class RobotsState:
    """How the robots.txt of a host stands."""

    url: str
    verdict: str
    """A word of `spiders.robots_file.Verdict`."""
    status: int | None
    fetched: float | None
    """When the copy came that counts."""
    why: str | None
    """What the last try failed on."""


@dataclass(frozen=True)
class Source:
    """How the crawl of a publisher stands. Times are in seconds since 1970."""

    publisher: str
    last_crawled: float | None
    """When a crawl last said that it goes on; None where none ever did."""
    last_article: float | None
    """When the last new article was fetched."""
    quiet_since: float | None
    """The same, or since when we have listened."""
    usual_gap_s: float | None
    """Between two new articles, at this time of the day."""
    quiet_gaps: float
    """How many of them it has been quiet for."""
    is_silent: bool
    """For more than three."""
    known: int
    """Addresses of articles."""
    queues: Mapping[Rank, Queue]
    today: Mapping[str, int]
    """What was counted since midnight in Vietnam, by its word."""
    places: tuple[PlaceState, ...]
    robots: tuple[RobotsState, ...]
    budget: Budget
    """Requests a day."""

    @property
    def was_crawled(self) -> bool:
        """Whether anything was ever crawled here."""
        return self.known > 0 or bool(self.places) or self.last_crawled is not None


def source(ways: Ways, settings: Settings, now: datetime) -> Source:
    """How it stands now. Raises ConfigurationError where the file cannot be read."""
    path = file_of(settings.state_dir, settings.topic_prefix, ways.publisher)
    with _opened(path) as database:
        return _Reader(database, ways, settings, now).source()


class _Reader:
    def __init__(self, database: sqlite3.Connection | None, ways: Ways, settings: Settings, now: datetime) -> None:
        self._database = database
        self._ways = ways
        self._settings = settings
        self._moment = now
        self._now = now.timestamp()

    def source(self) -> Source:
        facts = {row["name"]: row["value"] for row in self._rows("SELECT * FROM facts")}
        listening_since = facts.get(Fact.LISTENING_SINCE)
        last_article, usual = facts.get(Fact.LAST_ARTICLE), self._ways.usual
        quiet = None
        if usual is not None and listening_since is not None:
            quiet = silence(usual, last_article, listening_since, self._moment)
        rows = self._rows("SELECT * FROM places ORDER BY way, role, url")
        looked_at = [place_of(row) for row in rows if row["next_visit"] is not None and not row["window"]]
        return Source(
            publisher=self._ways.publisher,
            last_crawled=facts.get(Fact.LAST_CRAWLED),
            last_article=last_article,
            quiet_since=quiet.since if quiet else last_article,
            usual_gap_s=usual.gap_s(self._moment) if usual else None,
            quiet_gaps=quiet.gaps if quiet else 0.0,
            is_silent=quiet is not None and quiet.is_silent,
            known=sum(row["number"] for row in self._rows("SELECT count(*) AS number FROM addresses")),
            queues=self._queues(),
            today={
                row["word"]: row["number"]
                for row in self._rows("SELECT * FROM counts WHERE day = ? ORDER BY word", day_of(self._now))
            },
            places=tuple(_place_state(row) for row in rows),
            robots=self._robots(),
            budget=self._budget(looked_at),
        )

    def _queues(self) -> Mapping[Rank, Queue]:
        rows = self._rows(
            "SELECT rank, count(*) AS number, sum(next_visit <= ?) AS due FROM addresses"
            " WHERE next_visit IS NOT NULL GROUP BY rank",
            self._now,
        )
        found = {row["rank"]: Queue(row["due"], row["number"] - row["due"]) for row in rows}
        return {rank: found.get(rank, Queue(0, 0)) for rank in Rank}

    def _budget(self, known: list[Place]) -> Budget:
        days = [day_of(self._now - before * DAY) for before in range(1, MEASURED_DAYS + 1)]
        marks = ",".join("?" * len(days))
        counted = [
            row["number"]
            for row in self._rows(
                f"SELECT number FROM counts WHERE word = ? AND day IN ({marks})",  # noqa: S608  # marks
                Happening.NEW,
                *days,
            )
        ]
        expected = self._ways.usual.articles_a_day if self._ways.usual else 0.0
        articles = sum(counted) / len(counted) if counted else expected
        return budget(self._ways, known, self._settings.wanted_languages, self._settings.poll_s, articles)

    def _robots(self) -> tuple[RobotsState, ...]:
        now = time.time()  # as its own times are
        return tuple(
            RobotsState(
                each.url,
                each.verdict(now),
                each.status,
                each.fetched_at or None,
                each.why if each.failures else None,
            )
            for each in known_robots(self._settings.state_dir, self._ways.publisher)
        )

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self._database.execute(query, values).fetchall() if self._database else []


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The file, to be read; None where there is none. Raises ConfigurationError, also for errors of whoever reads."""
    try:
        if not _is_there(path):
            yield None
            return
        # One that nobody works with is one file: whoever may not write beside it would not open it otherwise.
        mode = "mode=ro" if Path(f"{path}-wal").exists() or os.access(path.parent, os.W_OK) else "immutable=1"
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=10)) as database:
            database.row_factory = sqlite3.Row
            version: int = database.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise ConfigurationError(f"{path}: it is of version {version}, and not {VERSION}")
            yield database if version else None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _is_there(path: Path) -> bool:
    """Raises OSError where nobody can say: no right, a name that is too long, a file where a folder should be."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _place_state(row: sqlite3.Row) -> PlaceState:
    return PlaceState(row["url"], row["role"], row["last_read"], row["failures"], row["next_visit"])
