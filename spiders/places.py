"""Which places of discovery a spider looks at next: feeds, sitemaps, listings, each with its validators."""

import random
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

RETRY_S, LONGEST_RETRY_S = 120.0, 1800.0
"""After a failure, twice that after the next: a spell of 403 lasts a quarter of an hour, and is no empty day."""
DAY_S = 86_400.0
GONE_RETRY_S = DAY_S
"""Of one that another place has named, and that is gone: nobody may ever name it again."""
LONGEST_ASKED_S = 3600.0
"""What a place may ask at most to be left alone for."""
JITTER = (1.0, 1.2)
"""Times the pause between two looks, so that places do not come all at once."""
LONGEST_S = 2 * DAY_S
"""Between two looks at a place, with all jitter."""
AT_ONCE = 0.0
"""When a place is due that was never read: before all that were."""


@dataclass(frozen=True)
class Place:
    """An address where articles are shown."""

    url: str
    way: str
    """`Way.url` of the way of discovery that reads it."""
    role: str
    """What it is to its way: `feed`, `index`, `shard`, `page`."""
    window: str = ""
    """Of a back-fill: `2025-01-01/2025-01-31`; empty for what is looked at as it is now."""
    zone: str = ""
    """Of a listing that has pages."""
    page: int = 0
    """Its number, from 1."""
    modified: float | None = None
    """When the place that named it says that it has last changed."""
    etag: str | None = None
    last_modified: str | None = None
    """Validators of its last answer."""


class Places:
    """The places of one publisher, in its file (`spiders.store`)."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def keep_only(self, ways: Collection[str]) -> None:
        """Forget the places of ways that the spider no longer has."""
        marks = ",".join("?" * len(ways))
        self._database.execute(f"DELETE FROM places WHERE way NOT IN ({marks})", tuple(ways))  # noqa: S608  # marks

    def bound(self, now: float) -> None:
        """Let none wait longer than any does: the clock may have been ahead when its next look was planned."""
        self._database.execute("UPDATE places SET next_visit = ?1 WHERE next_visit > ?1", (now + LONGEST_S,))
        self._database.execute("UPDATE places SET last_read = ?1 WHERE last_read > ?1", (now,))

    def find(self, place: Place, now: float, *, is_due: bool, is_first: bool = False) -> None:
        """Take note of a place that another names. It is looked at where it `is_due` and new, or may have changed.

        `is_first`: its way begins there, and has it whoever else names it.
        """
        row = self._row(place)
        if row is None:
            self._database.execute(
                "INSERT INTO places (url, way, role, window, zone, page, modified, next_visit)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    place.url, place.way, place.role, place.window, place.zone, place.page, place.modified,
                    AT_ONCE if is_due else None,
                ),
            )  # fmt: skip
            return
        again = row["next_visit"]
        if again is None and not row["failures"] and _may_have_changed(row["last_read"], place.modified, is_due=is_due):
            again = now
        self._database.execute(
            "UPDATE places SET way = ?, modified = ?, next_visit = ? WHERE url = ? AND role = ? AND window = ?",
            (place.way if is_first else row["way"], place.modified, again, *_key(place)),
        )

    def due(self, now: float, limit: int, busy: Collection[Place] = (), window: str | None = None) -> list[Place]:
        """The places to look at, at most so many, without those that are on their way.

        `window`: those of a back-fill alone.
        """
        taken = {_key(place) for place in busy}
        rows = self._database.execute(
            "SELECT * FROM places WHERE next_visit <= ?1 AND (?3 IS NULL OR window = ?3)"
            " ORDER BY next_visit, rowid LIMIT ?2",
            (now, limit + len(taken), window),
        )
        return [place for row in rows if _key(place := place_of(row)) not in taken][:limit]

    def next_due(self, busy: Collection[Place] = (), window: str | None = None) -> float | None:
        """When the next one is due, without those that are on their way; None where none is planned."""
        taken = {_key(place) for place in busy}
        rows = self._database.execute(
            "SELECT * FROM places WHERE next_visit IS NOT NULL AND (?2 IS NULL OR window = ?2)"
            " ORDER BY next_visit LIMIT ?1",
            (len(taken) + 1, window),
        )
        return next((row["next_visit"] for row in rows if _key(place_of(row)) not in taken), None)

    def count(self, window: str | None = None) -> int:
        """How many there are. `window`: those of a back-fill alone."""
        row = self._database.execute("SELECT COUNT(*) FROM places WHERE ?1 IS NULL OR window = ?1", (window,))
        return int(row.fetchone()[0])

    def was_read(
        self, place: Place, now: float, again_s: float | None, etag: str | None, last_modified: str | None
    ) -> None:
        """A place was read, or has not changed; it is looked at again in so long, with some jitter, or forgotten."""
        if again_s is None and (place.window or place.page):
            self._database.execute("DELETE FROM places WHERE url = ? AND role = ? AND window = ?", _key(place))
            return
        again = None if again_s is None else now + again_s * random.uniform(*JITTER)  # noqa: S311  # no secret
        self._database.execute(
            "UPDATE places SET last_read = ?, failures = 0, next_visit = ?, etag = ?, last_modified = ?"
            " WHERE url = ? AND role = ? AND window = ?",
            (now, again, etag, last_modified, *_key(place)),
        )

    def failed(self, place: Place, now: float, longest_s: float | None = None) -> None:
        """A place could not be read: nothing is known of what it shows. It is tried again, at most so much later."""
        row = self._row(place)
        if row is None:
            return
        failures = row["failures"] + 1
        wait_s = min(RETRY_S * 2.0 ** min(failures - 1, 10), longest_s or LONGEST_RETRY_S)
        self._database.execute(
            # What fails again and again is asked for outright: the condition may be what the server dislikes.
            "UPDATE places SET failures = ?1, next_visit = ?2,"
            " etag = iif(?1 > 2, NULL, etag), last_modified = iif(?1 > 2, NULL, last_modified)"
            " WHERE url = ?3 AND role = ?4 AND window = ?5",
            (failures, now + wait_s, *_key(place)),
        )

    def begin_all(self, window: str) -> None:
        """Look at once at all that are looked at, those that failed too. `window`: of a back-fill, else of today."""
        self._database.execute(
            "UPDATE places SET next_visit = ? WHERE next_visit IS NOT NULL AND window = ?", (AT_ONCE, window)
        )

    def begin(self, places: Iterable[Place]) -> None:
        """Look at these at once, however lately they were looked at."""
        for place in places:
            self.find(place, AT_ONCE, is_due=True, is_first=True)
            self._database.execute(
                "UPDATE places SET next_visit = ? WHERE url = ? AND role = ? AND window = ?", (AT_ONCE, *_key(place))
            )

    def _row(self, place: Place) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._database.execute(
            "SELECT * FROM places WHERE url = ? AND role = ? AND window = ?", _key(place)
        ).fetchone()
        return row


def _may_have_changed(last_read: float | None, modified: float | None, *, is_due: bool) -> bool:
    """Since it was read. What is due is looked at when in doubt: a date may mean its whole day."""
    if last_read is None or modified is None:
        return is_due
    return modified + (DAY_S if is_due else 0) > last_read


def _key(place: Place) -> tuple[str, str, str]:
    return place.url, place.role, place.window


def place_of(row: sqlite3.Row) -> Place:
    """A row of the table."""
    return Place(
        row["url"], row["way"], row["role"], row["window"], row["zone"], row["page"], row["modified"], row["etag"],
        row["last_modified"],
    )  # fmt: skip
