"""What stands where at each moment of a world, and what a perfect crawler must have found."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.site.content import Content, Section, Stand, changed_fields
from tests.site.script import Happening, Kind, write
from tests.site.settings import WorldSettings


@dataclass(frozen=True)
class Listed:
    """An article as feeds, sitemaps and listings show it."""

    content: Content
    published: datetime
    """When it came for the first time, also for a translation."""


class World:
    """Both sites through time: a function of the settings. `at` is a moment, aware; what happens at it has happened."""

    def __init__(self, settings: WorldSettings) -> None:
        self.settings = settings
        self.happenings: tuple[Happening, ...] = write(settings)
        self._times = [each.at for each in self.happenings]
        self._lives: dict[str, list[Happening]] = defaultdict(list)
        for each in self.happenings:
            self._lives[each.article_id].append(each)
        self._life_times = {id_: [each.at for each in life] for id_, life in self._lives.items()}
        self._first = sorted((life[0] for life in self._lives.values()), key=lambda each: (each.at, each.article_id))
        self._first_times = [each.at for each in self._first]

    def count(self, at: datetime) -> int:
        """How many happenings lie behind: no place says anything new while this stays."""
        return bisect_right(self._times, at)

    def life(self, article_id: str) -> list[Happening]:
        """All that ever happens to an article, by time; empty for an unknown one."""
        return self._lives.get(article_id, [])

    def version(self, article_id: str, at: datetime) -> int:
        """How many happenings of an article lie behind; 0 before it is published."""
        return bisect_right(self._life_times.get(article_id, []), at)

    def stand(self, article_id: str, at: datetime) -> Stand | None:
        """What stands at the address of an article; None before it is published."""
        version = self.version(article_id, at)
        return self._lives[article_id][version - 1].stand if version else None

    def url(self, article_id: str, at: datetime) -> str:
        """The address of an article: the last that it was published under. Raises KeyError before it is published."""
        return self._shown(article_id, at).url

    def _shown(self, article_id: str, at: datetime) -> Content:
        """An article as it stood last; raises KeyError before it is published."""
        shown = [each.stand for each in self.life(article_id) if each.at <= at and isinstance(each.stand, Content)]
        if not shown:
            raise KeyError(article_id)
        return shown[-1]

    def listed(
        self, at: datetime, publisher: str, *, section: Section | None = None, language: str | None = "vi"
    ) -> Iterator[Listed]:
        """The articles that stand there, newest first: of a section and its parts, in a language or in all (None)."""
        for place in range(bisect_right(self._first_times, at) - 1, -1, -1):
            first = self._first[place]
            if not first.article_id.startswith(f"{publisher}/"):
                continue
            content = self.stand(first.article_id, at)
            if not isinstance(content, Content) or (language and content.language != language):
                continue
            if section is None or content.section is section or (content.section and content.section.parent is section):
                yield Listed(content, first.at)

    # What a perfect crawler must have found.

    def happened(self, since: datetime, until: datetime, *kinds: Kind) -> tuple[Happening, ...]:
        """Happenings after `since` up to `until`, of some kinds or of all."""
        between = self.happenings[self.count(since) : self.count(until)]
        return tuple(each for each in between if not kinds or each.kind in kinds)

    def published(self, until: datetime, publisher: str = "") -> set[str]:
        """Ids of all articles that were published, whatever became of them; those without a text too."""
        found = self._first[: bisect_right(self._first_times, until)]
        return {each.article_id for each in found if each.article_id.startswith(publisher)}

    def expected_article_ids(self, at: datetime, publisher: str = "") -> set[str]:
        """Ids of the articles with a text that stand there."""
        found = self.published(at, publisher)
        return {id_ for id_ in found if isinstance(stand := self.stand(id_, at), Content) and stand.is_article}

    def media_only(self, at: datetime) -> set[str]:
        """Ids of the articles that have pages without a text: our workers reject them."""
        shown = ((id_, self.stand(id_, at)) for id_ in self.published(at))
        return {id_ for id_, stand in shown if isinstance(stand, Content) and not stand.is_article}

    def changed_fields(self, article_id: str, one: datetime, other: datetime) -> tuple[str, ...]:
        """The content fields in which an article as it stood last at one moment differs from another one's; sorted."""
        before, after = (self._shown(article_id, at) for at in (one, other))
        return changed_fields(before, after)

    def corrections(self, since: datetime, until: datetime) -> tuple[Happening, ...]:
        """Corrections of articles, each with the fields that an update must name."""
        return self.happened(since, until, Kind.CORRECT)

    def withdrawn(self, until: datetime) -> tuple[Happening, ...]:
        """The last happening of each article that was withdrawn and has not come back."""
        last = (self._lives[id_][self.version(id_, until) - 1] for id_ in sorted(self.published(until)))
        return tuple(each for each in last if each.kind == Kind.WITHDRAW)

    def moved(self, until: datetime) -> tuple[Happening, ...]:
        """Articles that moved for good to another one."""
        return self.happened(self._times[0], until, Kind.MOVE) if self._times else ()

    def returned(self, since: datetime, until: datetime) -> tuple[Happening, ...]:
        """Articles that came back, each with the fields that differ from what stood there last."""
        return self.happened(since, until, Kind.RETURN)
