"""What a publisher's pages look like: data that processors/read follows.

Selectors are CSS; the first that finds something counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

Selectors = tuple[str, ...]
"""In the order that they are tried; `a::attr(title)` reads an attribute instead of the text."""


class Treatment(Enum):
    """What becomes of an element of the body."""

    KEEP = auto()
    """Its text is the article's; the element itself means nothing."""
    DROP = auto()
    """Not the article's: advertisements, related articles, players, embeds."""
    IMAGE = auto()
    """A picture with its caption and credit, or several."""
    CAPTION = auto()
    """Words of the picture above it, where they do not stand inside of it; below anything else they are text."""
    BOX = auto()
    """A box of the article's own: one block."""
    QUOTE = auto()
    """A quotation: one block, the speaker its last line."""
    UNKNOWN = auto()
    """An object of a type that the rule does not name: its text is kept, and `unknown_block` says so."""
    SHELL = auto()
    """What a script fills in the reader's browser: here it says nothing, and the article may lie in it."""


@dataclass(frozen=True)
class BodyRule:
    """How the container of a body is cut."""

    types: Mapping[str, Treatment]
    """By the `type` attribute of the objects that the editor put in, in lower case."""
    objects: str | None
    """The class of such objects; one whose type is not named keeps its text and sets `unknown_block`."""
    classes: Mapping[str, Treatment]
    """By a class of any element."""
    drop_ids: tuple[str, ...] = ()
    """Beginnings of ids."""
    drop_classes: tuple[str, ...] = ()
    """Beginnings of classes."""
    drop_tags: frozenset[str] = frozenset()
    """Besides those that never hold text."""
    caption: frozenset[str] = frozenset()
    """Classes of an image's caption, besides figcaption."""
    credit: frozenset[str] = frozenset()
    """Classes of who made an image."""
    speaker: frozenset[str] = frozenset()
    """Classes of who is quoted."""
    resized: re.Pattern[str] | None = None
    """The part of an image's address that makes it small."""
    signed: bool = False
    """A short right-aligned line at the end is the writer's name."""


@dataclass(frozen=True)
class Template:
    """A layout of a publisher's article pages."""

    name: str
    """`article`, `magazine` …; events name it after the publisher: `thanhnien.vn/article`."""
    container: Selectors
    body: BodyRule
    headline: Selectors = ()
    headline_without: Selectors = ()
    """Badges inside the headline that are not part of it."""
    description: Selectors = ()
    date_published: Selectors = ()
    authors: Selectors = ()
    """All that the first selector finds."""
    section: Selectors = ()
    keywords: Selectors = ()
    cover: Selectors = ()
    """Images outside of the container."""
    media: Selectors = ()
    """What shows that pictures, a film or a script are the article; then a short text makes none."""
    valid_from: date | None = None
    """Pages fetched before it had another layout. A template out of its time is tried after the others."""
    valid_until: date | None = None
    is_republication: bool = False
    """Byline and source line stand among the text: they are found by their form."""

    @property
    def looked_up(self) -> tuple[Selectors, ...]:
        """All that is looked up in the whole page, field by field."""
        return (*self.always_looked_up, self.media)

    @property
    def always_looked_up(self) -> tuple[Selectors, ...]:
        """Also where the text is long. A portal's tags count only beside its article."""
        return (
            self.headline, self.description, self.date_published, self.authors, self.section, self.cover,
            () if self.is_republication else self.keywords,
        )  # fmt: skip

    def is_valid(self, day: date | None) -> bool:
        """Whether it was in use on a day; on an unknown day all are."""
        return day is None or (self.valid_from or day) <= day <= (self.valid_until or day)


@dataclass(frozen=True)
class PublisherRule:
    """The layouts of a publisher's pages, the likeliest first."""

    publisher_id: str
    templates: tuple[Template, ...]
    brands: tuple[str, ...] = ()
    """Names of the house that stand where authors do."""
    listing: Selectors = ()
    """Items of lists: a page without article, but with many of them, is a list."""
