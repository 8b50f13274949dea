"""What stands at an address: an article, or what is there in its place."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

VIETNAM_TIME = timezone(timedelta(hours=7))


class Template(StrEnum):
    """How a page of thanhnien.vn is laid out."""

    NORMAL = "normal"
    PHOTO_STORY = "photo-story"
    MAGAZINE = "magazine"
    LIVE = "live"
    VIDEO = "video"


@dataclass(frozen=True)
class Section:
    slug: str
    """`kinh-te`, of a part `kinh-te/chung-khoan`."""
    name: str
    zone: str
    """185 and the zone's number."""
    parent: "Section | None" = None

    @property
    def names(self) -> tuple[str, ...]:
        return (*(self.parent.names if self.parent else ()), self.name)


@dataclass(frozen=True)
class Picture:
    url: str
    caption: str
    credit: str
    alt: str


@dataclass(frozen=True)
class Block:
    kind: str
    """`paragraph` or `heading`."""
    text: str


@dataclass(frozen=True)
class Content:
    """An article as its page shows it."""

    article_id: str
    url: str
    """The current address, without mirrors."""
    headline: str
    lead: str
    blocks: tuple[Block, ...]
    """Empty for a video."""
    pictures: tuple[Picture, ...]
    published: datetime
    modified: datetime
    template: Template = Template.NORMAL
    authors: tuple[str, ...] = ()
    section: Section | None = None
    tags: tuple[str, ...] = ()
    language: str = "vi"
    """As it stands in addresses."""
    paper: str = "Báo Thanh Niên"
    """Whose article it is, as vietnam.vn prints it."""
    source_url: str | None = None
    """The original that vietnam.vn names."""
    hreflang: tuple[str, ...] = ()
    """Languages that its page links to."""

    @property
    def is_article(self) -> bool:
        """Whether it has a text to read."""
        return bool(self.blocks)

    @property
    def fields(self) -> dict[str, object]:
        """What an article event says of it, as far as the world knows: content field → value."""
        return {
            "headline": self.headline,
            "description": self.lead,
            "body": tuple(block.text for block in self.blocks),
            "images": self.pictures,
            "authors": self.authors,
        }


class Form(StrEnum):
    """What an address answers from which an article was taken away."""

    NOT_FOUND = "404"
    GONE = "410"
    HOME_301 = "301-home"
    HOME_302 = "302-home"
    EMPTIED = "emptied"
    LISTING = "listing"


@dataclass(frozen=True)
class Absence:
    form: Form


@dataclass(frozen=True)
class MovedTo:
    """For good, to another article."""

    article_id: str


Stand = Content | Absence | MovedTo


def changed_fields(before: Content, after: Content) -> tuple[str, ...]:
    """The content fields that an update must name, sorted."""
    said = after.fields
    return tuple(sorted(name for name, value in before.fields.items() if value != said[name]))
