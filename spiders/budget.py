"""How many requests a day a publisher is asked for, by what is known of it: places, articles, visits, translations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spiders.places import JITTER, Place
from spiders.schedule import DAY, REVISITS_S
from spiders.ways import Ways

CHANGED = 0.18
"""Of the articles of the press, so many change their text within a week, and have their visits anew."""


@dataclass(frozen=True)
class Budget:
    """Requests a day. What fails, moves or is of the past comes on top, and takes the time that is left."""

    places: float
    """Looks at feeds, sitemaps and listings."""
    articles: float
    """New ones."""
    visits: float
    """To see whether they have changed."""
    translations: float
    """With those that are fetched again, as their originals have changed."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.places + self.articles + self.visits + self.translations


def budget(
    ways: Ways, known: Iterable[Place], wanted: tuple[str, ...] | None, poll_s: float, articles_a_day: float
) -> Budget:
    """`known`: places that are looked at. `wanted`: languages, as in addresses; None: all that the site has."""
    by_url = {way.url: way for way in ways.ways}
    places: Mapping[tuple[str, str], Place] = {
        (place.url, place.role): place for place in (*(each for way in ways.ways for each in way.places()), *known)
    }
    looks = 0.0
    for place in places.values():
        way = by_url.get(place.way)
        again_s = way.again_s(place) if way else None
        if way and again_s is not None:
            looks += (1 + way.led_to) * DAY / ((again_s or poll_s) * sum(JITTER) / 2)
    languages = ways.languages if wanted is None or not ways.languages else wanted
    changed = 1 + CHANGED
    return Budget(
        places=looks,
        articles=articles_a_day,
        visits=articles_a_day * len(REVISITS_S) * changed,
        translations=articles_a_day * len(languages) * changed,
    )
