"""What `dongtin explain` tells of an address or a document: its steps, as data. `--format json` prints them so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dongtin.events import Origin, Relation
from processors.read.reading import Said


@dataclass(frozen=True)
class AddressStep:
    """What an address says by itself."""

    url: str
    kind: str
    publisher: str | None
    """Its id."""
    article_id: str | None
    canonical_url: str | None
    language: str | None
    date_created: str | None
    """RFC 3339, from the number in the address."""
    is_mirror: bool
    is_known: bool
    """Whether the grammar of the site's addresses is known."""
    why_no_article: str | None


@dataclass(frozen=True)
class PageStep:
    """The bytes, and how they were decoded."""

    key: str
    requested_url: str | None
    http_status: int | None
    content_type: str | None
    date_fetched: str | None
    bytes: int
    sha256: str
    encoding: str | None
    """Null where the page was not read so far."""
    encoding_source: str | None
    elements: int | None


@dataclass(frozen=True)
class RuleStep:
    """What read it."""

    rule: str | None
    """`thanhnien.vn/article`, `fallback`, `text/plain`; null where no article was read."""
    container: str | None
    """The selector that found the article's text."""
    why_no_container: str | None
    removed: Mapping[str, Mapping[str, int]]
    """What it took out of there: treatment → what it was → how many."""


@dataclass(frozen=True)
class FieldStep:
    """A field of the article."""

    name: str
    value: Any
    source: str | None
    """Where it came from; null where it is empty, or follows from other fields."""
    raw: str | None = None
    """A date as printed."""


@dataclass(frozen=True)
class BodyStep:
    """The text."""

    blocks: Mapping[str, int]
    """Kind → how many."""
    word_count: int
    coverage: float | None
    source: str | None


@dataclass(frozen=True)
class StoryStep:
    """The story that the article belongs to."""

    story_id: str
    origin: Origin | None
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class FateStep:
    """What became of the page."""

    fate: str
    change: str | None = None
    revision: int | None = None
    changed_fields: tuple[str, ...] = ()
    reason: str | None = None
    """Of a rejection or withdrawal, and of a loss that is pending."""
    detail: str | None = None
    error: str | None = None
    """Of a page in quarantine."""


@dataclass(frozen=True)
class Explanation:
    """An address or a document. Steps that were not reached are null or empty."""

    document: str | None
    """The path, and the place of a WARC record; null for an address alone."""
    address: AddressStep | None
    page: PageStep | None = None
    rule: RuleStep | None = None
    declared: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    """Field → `{value, source}` of each value that the page declares, the one that counts first ahead."""
    fields: tuple[FieldStep, ...] = ()
    body: BodyStep | None = None
    flags: tuple[str, ...] = ()
    story: StoryStep | None = None
    fate: FateStep | None = None
