"""What happened on the twin against what the article events say: how late each was, and what should have been seen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from spiders.schedule import CONFIRM_S, HOUR, RETRANSLATED_S, SOONEST_S, TRANSLATED_S
from tests.site.clock import Pace
from tests.site.content import Content
from tests.site.script import Happening, Kind
from tests.site.world import World

FIRST_REVISIT_S = HOUR


@dataclass(frozen=True)
class Sighting:
    """An event that tells of a happening."""

    happening: Happening
    fetched: datetime
    """By the twin's clock."""
    found_s: float
    """Seconds of the twin's time from the happening to the fetch of the page that showed it."""
    read_s: float
    """Real seconds from there until the event could be read."""
    is_news: bool
    """False where it had happened before the crawl began."""


class Fate(StrEnum):
    """What became of a happening by some moment: one word each, in the order of a summary."""

    SEEN = "seen"
    LATER = "not due yet"
    """The spiders' schedule looks there later."""
    OVER = "over unseen"
    """Something else had taken its place before it was due to be seen."""
    NO_ARTICLE = "no article"
    """A video, say."""
    MISSED = "missed"
    """It should have been seen, and was not."""


class Sightings:
    """Takes article events as they come. `began`: when the crawl did, by the twin's clock, like all moments here."""

    def __init__(self, world: World, pace: Pace, began: datetime, grace: timedelta) -> None:
        self._world = world
        self._pace = pace
        self.began = began
        self._grace = grace
        """By how much the spiders may be later than the schedule says, for polling and for a busy machine."""
        self.seen: dict[Happening, Sighting] = {}
        self.of_story: dict[str, Sighting] = {}
        """The last of an article of each story."""
        self._stood: set[str] = set()

    def take(self, said: dict[str, Any], arrived: float) -> Sighting | None:
        """What an event tells of; None where nothing of the sort ever happened. `arrived`: seconds since 1970."""
        fetched = datetime.fromisoformat(said["date_fetched"])
        happening = self._told_by(said, fetched)
        if happening is None:
            return None
        found_s = (fetched - happening.at).total_seconds()
        read_s = arrived - self._pace.real(fetched)
        sighting = Sighting(happening, fetched, found_s, read_s, happening.at > self.began)
        self.of_story[said["story_id"]] = sighting
        self._stood.add(happening.article_id)
        return self.seen.setdefault(happening, sighting)

    def fates(self, now: datetime) -> dict[Happening, Fate]:
        """What became of all that has happened by now, by time."""
        return {each: self._fate(each, now) for each in self._world.happenings if each.at <= now}

    def _told_by(self, said: dict[str, Any], fetched: datetime) -> Happening | None:
        """The last happening before the fetch that left what the event says."""
        for each in reversed(self._world.life(said["article_id"])):
            if each.at > fetched:
                continue
            if isinstance(each.stand, Content):
                if said["change"] != "withdrawn" and shows(said, each.stand):
                    return each
            elif said["change"] == "withdrawn":
                return each
        return None

    def _fate(self, happening: Happening, now: datetime) -> Fate:
        first, *_ = life = self._world.life(happening.article_id)
        due = self._due(happening)
        if happening in self.seen:
            return Fate.SEEN
        if isinstance(first.stand, Content) and not first.stand.is_article:
            return Fate.NO_ARTICLE
        if happening.kind == Kind.WITHDRAW and happening.article_id not in self._stood:
            return Fate.OVER  # nobody ever saw it stand
        if any(happening.at < each.at <= min(due or now, now) for each in life):
            return Fate.OVER
        return Fate.MISSED if due is not None and due <= now else Fate.LATER

    def _due(self, happening: Happening) -> datetime | None:
        """When a happening has been seen, by the spiders' schedule; None: not within hours."""
        first, *_ = life = self._world.life(happening.article_id)
        assert isinstance(first.stand, Content)
        if not first.stand.is_article:
            return None
        original = None if first.stand.language == "vi" else "vietnam.vn/vi/" + first.article_id.rpartition("/")[2]
        at, began = max(happening.at, self.began), max(first.at, self.began)
        match happening.kind:
            case Kind.PUBLISH if original:
                # It may not be there yet when it is first looked for.
                return at + _seconds(TRANSLATED_S + FIRST_REVISIT_S) + self._grace
            case Kind.PUBLISH:
                return at + self._grace
            case Kind.CORRECT if original:
                return max(at + _seconds(SOONEST_S + RETRANSLATED_S) + 2 * self._grace, self._due(first) or at)
            case Kind.CORRECT:
                return at + _seconds(SOONEST_S) + self._grace
            case Kind.WITHDRAW if original:
                cause = [each for each in self._world.life(original) if each.kind == Kind.WITHDRAW][-1:]
                due = self._due(cause[0]) if cause else None
                return due and due + _seconds(RETRANSLATED_S + CONFIRM_S) + self._grace
            case Kind.WITHDRAW:
                if happening.at > began + _seconds(FIRST_REVISIT_S):
                    return None
                # A correction that was seen moves the visit after an hour.
                last = max(began, *(each.at for each in life if each.at < happening.at))
                return last + _seconds(SOONEST_S + FIRST_REVISIT_S + CONFIRM_S) + 2 * self._grace
            case Kind.RETURN | Kind.MOVE:
                return None


def shows(said: dict[str, Any], content: Content) -> bool:
    """Whether an event that is no withdrawal says what stood there."""
    blocks = [(each["kind"], each["text"]) for each in said["body"]["blocks"]]
    captions = [each["caption"] for each in said["images"]]
    return (
        said["headline"] == content.headline
        and blocks == [(each.kind, each.text) for each in content.blocks]
        and captions == [each.caption for each in content.pictures]
    )


def _seconds(number: float) -> timedelta:
    return timedelta(seconds=number)
