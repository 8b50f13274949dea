"""The events of the contract: what stands in the topics, field by field.

Every type is a frozen dataclass; the line under a field is its description in the JSON Schema files too. Unknown is
null, a list is never null, text is NFC, an address is absolute, a time is RFC 3339 text with its offset. Enums are open
for consumers (a later minor version may add a value, which then decodes to itself) and closed for us.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import ConfigDict

DOCUMENTED = ConfigDict(use_attribute_docstrings=True)
"""Pydantic takes the line under each field for its description; every contract type carries it."""


class OpenEnum(StrEnum):
    """A string enum that takes a value it does not know as it is, so that old consumers read newer events."""

    @classmethod
    def _missing_(cls, value: object) -> "OpenEnum | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member


class Lane(OpenEnum):
    """Which of the two queues a page came by."""

    LIVE = "live"
    BACKFILL = "backfill"


class Fate(OpenEnum):
    """What became of a page: exactly one word each, the same in the log, the metric and the topic."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    STALE = "stale"
    PENDING = "pending"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


class Change(OpenEnum):
    """What a revision did to its article."""

    CREATED = "created"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"


class Cause(OpenEnum):
    """Why an article was updated."""

    PUBLISHER = "publisher"
    READER = "reader"
    MIXED = "mixed"
    RETRANSLATION = "retranslation"


class WithdrawalReason(OpenEnum):
    """Why an article no longer stands."""

    GONE = "gone"
    MOVED = "moved"
    NOT_AN_ARTICLE = "not_an_article"
    TAKEDOWN = "takedown"


class RejectionReason(OpenEnum):
    """Why a page that was understood gives no article."""

    NOT_AN_ARTICLE = "not_an_article"
    MEDIA_ONLY = "media_only"
    EMPTY_BODY = "empty_body"
    UNSUPPORTED_CONTENT = "unsupported_content"
    GONE_BEFORE_SEEN = "gone_before_seen"
    RIGHTS_RESERVED = "rights_reserved"


class BlockKind(OpenEnum):
    """What a block of the body is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    QUOTE = "quote"
    LIST_ITEM = "list_item"
    TABLE = "table"
    BOX = "box"


class RelationType(OpenEnum):
    """How an article comes from another."""

    TRANSLATION_OF = "translation_of"
    REPUBLICATION_OF = "republication_of"


class Evidence(OpenEnum):
    """What a relation rests on."""

    DECLARED_LINK = "declared-link"
    DECLARED_CANONICAL = "declared-canonical"
    SAME_SLUG = "same-slug"


class Precision(OpenEnum):
    """How exact a date is."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class Provenance(OpenEnum):
    """Where a field came from."""

    JSON_LD = "json-ld"
    JSON_LD_REPAIRED = "json-ld-repaired"
    META = "meta"
    MICRODATA = "microdata"
    HEADER = "header"
    RULE = "rule"
    TRAFILATURA = "trafilatura"
    URL = "url"
    TEXT = "text"


class Flag(OpenEnum):
    """What a reader of the event should know about its quality."""

    SHORT_BODY = "short_body"
    FALLBACK_EXTRACTION = "fallback_extraction"
    LOW_COVERAGE = "low_coverage"
    LANGUAGE_MISMATCH = "language_mismatch"
    DATE_FROM_URL = "date_from_url"
    DATE_CONFLICT = "date_conflict"
    ZONE_ASSUMED = "zone_assumed"
    NO_HEADLINE = "no_headline"
    UNKNOWN_BLOCK = "unknown_block"
    TEXT_WITHHELD = "text_withheld"


class ArticleStatus(OpenEnum):
    """Where an article stands."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    TAKEN_DOWN = "taken_down"


class LossKind(OpenEnum):
    """A page that says less than the article is known to say; it counts when it is seen again an hour later."""

    ABSENT = "absent"
    SHORT = "short"


@dataclass(frozen=True)
class Page:
    """A fetched page or a saved document, as it came: the input of the workers."""

    __pydantic_config__ = DOCUMENTED

    body: bytes
    """The bytes after content decoding, at most 4,000,000; empty for a page that is gone or has moved."""
    content_type: str | None = None
    """As the server said it; `text/plain; charset=utf-8` for a text document."""
    requested_url: str | None = None
    """The address that was asked for; null for a text document."""
    final_url: str | None = None
    """The address that answered; of a permanent redirect to another article: its target."""
    status: int | None = None
    """HTTP status; null for a text document."""
    date_fetched: str | None = None
    """RFC 3339 text, UTC; `ce_time` of the record; null where it is unknown."""
    publisher: str | None = None
    """Id of the site that serves it."""
    etag: str | None = None
    """Validator of the response."""
    last_modified: str | None = None
    """Validator of the response, as sent."""
    x_robots_tag: str | None = None
    """The header, as sent."""
    tdm_reservation: str | None = None
    """The header, as sent."""
    tdm_policy: str | None = None
    """The header, as sent."""
    discovery: str | None = None
    """How the address was found."""
    lane: Lane = Lane.LIVE
    """Which queue it came by."""


@dataclass(frozen=True)
class Publisher:
    """The site that serves a page."""

    __pydantic_config__ = DOCUMENTED

    id: str
    """Stable id, the main domain: `thanhnien.vn`."""
    name: str
    """The name that dongtin gives it: `Báo Thanh Niên`."""
    domain: str
    """The main domain."""


@dataclass(frozen=True)
class Origin:
    """The original that a republication or translation names."""

    __pydantic_config__ = DOCUMENTED

    article_id: str
    """Article id of the original."""
    url: str | None
    """Its address: canonical where the publisher's grammar is known, else as linked."""
    publisher_name: str | None
    """The name of its publisher, as printed."""
    date_created: str | None
    """When the original was created, RFC 3339, read from its id; null where the id does not tell."""


@dataclass(frozen=True)
class Relation:
    """A declared relation of an article to another."""

    __pydantic_config__ = DOCUMENTED

    type: RelationType
    """What this article is to the other."""
    article_id: str
    """Id of the other."""
    url: str | None
    """Address of the other."""
    evidence: Evidence
    """What says so."""


@dataclass(frozen=True)
class LanguageDetected:
    """What the text itself is in."""

    __pydantic_config__ = DOCUMENTED

    language: str
    """BCP 47."""
    confidence: float
    """0 to 1, two decimals."""


@dataclass(frozen=True)
class Block:
    """A paragraph of the body, or another thing of its rank."""

    __pydantic_config__ = DOCUMENTED

    id: str
    """The first 12 hex digits of the sha256 of the text."""
    kind: BlockKind
    """What it is."""
    text: str
    """Its text; a newline inside is a line break, rows of a table are lines and its cells parted by tabs."""


@dataclass(frozen=True)
class Body:
    """The text of an article."""

    __pydantic_config__ = DOCUMENTED

    text: str
    """The blocks' texts joined by a blank line."""
    blocks: tuple[Block, ...]
    """In the order of the page."""


@dataclass(frozen=True)
class Image:
    """A picture of the article; its caption and credit are never in the body."""

    __pydantic_config__ = DOCUMENTED

    url: str | None
    """At original size; null where only its alternative text is known."""
    caption: str | None
    """As printed under it."""
    credit: str | None
    """Who made it, without the label before the name."""
    alt: str | None
    """Alternative text, as it stands."""
    is_main: bool
    """True for the first image of the article."""


@dataclass(frozen=True)
class Author:
    """A person or an agency."""

    __pydantic_config__ = DOCUMENTED

    name: str
    """The name alone."""
    raw: str
    """As printed."""


@dataclass(frozen=True)
class Rights:
    """What page and headers declare about their use."""

    __pydantic_config__ = DOCUMENTED

    robots: tuple[str, ...] = ()
    """Directives of robots meta elements and X-Robots-Tag, sorted."""
    noai: bool | None = None
    """True where `noai` or `noimageai` is declared; null where nothing is."""
    tdm_reservation: bool | None = None
    """TDMRep: true where rights are reserved; null where undeclared."""
    tdm_policy: str | None = None
    """TDMRep: address of the policy."""
    license: str | None = None
    """Address or name of the licence."""


@dataclass(frozen=True)
class Extractor:
    """What read the page."""

    __pydantic_config__ = DOCUMENTED

    dongtin: str
    """Version of dongtin."""
    trafilatura: str | None
    """Version of trafilatura; null where it took no part."""
    rule: str
    """The rule that read it: `text/republication`, `text/plain`, `fallback` …"""


@dataclass(frozen=True)
class Quality:
    """How well the page was read."""

    __pydantic_config__ = DOCUMENTED

    word_count: int
    """Words of the body; in scripts without spaces a third of the letters."""
    coverage: float | None
    """Share of the container's text that the body holds, 0 to 1; null where no rule names a container."""
    flags: tuple[Flag, ...]
    """Sorted."""


@dataclass(frozen=True)
class PageFacts:
    """The page that an event rests on."""

    __pydantic_config__ = DOCUMENTED

    sha256: str
    """Of the body's bytes, hex."""
    http_status: int | None
    """HTTP status; null for a text document."""
    content_type: str | None
    """As the server said it."""
    bytes: int
    """Length of the body."""


@dataclass(frozen=True)
class Diff:
    """How the blocks of a revision differ from those of the one before, as multisets of block ids."""

    __pydantic_config__ = DOCUMENTED

    kept: int
    """How many blocks stand in both."""
    added: tuple[str, ...]
    """Ids of the new ones, in the order of the body."""
    removed: tuple[str, ...]
    """Ids of those that went, in their former order."""


@dataclass(frozen=True)
class Article:
    """A revision of an article that stands (`created` or `updated`); names after schema.org NewsArticle."""

    __pydantic_config__ = DOCUMENTED

    article_id: str
    """Readable, a function of the address alone: `thanhnien.vn/185250117194334368`."""
    revision: int
    """1, 2, 3 … without gaps."""
    change: Change
    """created or updated."""
    changed_fields: tuple[str, ...]
    """Content fields that differ from the last revision, sorted; empty when created."""
    diff: Diff | None
    """What happened to the blocks; null unless updated."""
    cause: Cause | None
    """Why it changed; null when created."""
    content_hash: str
    """sha256 of the content fields, hex; never of the HTML."""
    story_id: str
    """Article id of the declared original, else its own."""
    url: str | None
    """As fetched; null for a text document."""
    canonical_url: str | None
    """As declared, or made canonical from the address; null where no address is known."""
    publisher: Publisher | None
    """The site that serves it; null where nothing tells."""
    origin: Origin | None
    """Of a republication or translation; null for an original."""
    relations: tuple[Relation, ...]
    """To other articles."""
    language: str | None
    """BCP 47: the declared language, or that of the text where they disagree beyond doubt."""
    language_declared: str | None
    """BCP 47, as page or address declare it."""
    language_detected: LanguageDetected | None
    """What the text itself is in; null where there is too little text."""
    machine_translated: bool | None
    """True, false, or null where nothing tells."""
    headline: str | None
    """The title; null where the page has none (flag `no_headline`)."""
    description: str | None
    """The lead, where it is not part of the body."""
    body: Body
    """The text."""
    images: tuple[Image, ...]
    """In the order of the page."""
    authors: tuple[Author, ...]
    """People and agencies, without the publisher's own name."""
    date_published: str | None
    """RFC 3339 with offset; midnight at +07:00 where only the day is known."""
    date_published_raw: str | None
    """As printed."""
    date_published_precision: Precision | None
    """How exact it is."""
    date_modified: str | None
    """RFC 3339 with offset; null where absent or equal to date_published."""
    date_modified_raw: str | None
    """As printed."""
    date_modified_precision: Precision | None
    """How exact it is."""
    date_fetched: str | None
    """RFC 3339, UTC; null where the document does not tell."""
    section: tuple[str, ...]
    """The section path from the outside in, without home."""
    keywords: tuple[str, ...]
    """The tags."""
    is_accessible_for_free: bool | None
    """As declared."""
    rights: Rights
    """As declared."""
    provenance: dict[str, Provenance]
    """Field → where its value came from; only fields that have one."""
    extractor: Extractor
    """What read the page."""
    quality: Quality
    """How well it was read."""
    page: PageFacts
    """The page it was read from."""


@dataclass(frozen=True)
class Withdrawn:
    """The revision that says that an article no longer stands; it carries no text."""

    __pydantic_config__ = DOCUMENTED

    article_id: str
    """The article."""
    revision: int
    """1, 2, 3 … without gaps."""
    change: Change
    """withdrawn."""
    reason: WithdrawalReason
    """Why."""
    moved_to: str | None
    """Article id of the target, where the reason is `moved`."""
    content_hash: str
    """Of the last revision that stood."""
    story_id: str
    """The story it was in."""
    url: str | None
    """As fetched when it was last seen to stand."""
    publisher: Publisher | None
    """The site that served it."""
    language: str | None
    """BCP 47, of the last revision that stood."""
    date_fetched: str | None
    """When the loss was seen."""
    page: PageFacts
    """The page that showed it."""


@dataclass(frozen=True)
class Observation:
    """The rank of a page among those of its article: an article is what its highest observation says."""

    __pydantic_config__ = DOCUMENTED

    main_host: bool
    """False where a mirror served it; the main host ranks above."""
    date_fetched: str | None
    """RFC 3339, UTC; known ranks above unknown, later above earlier."""
    page_sha256: str
    """Breaks the tie, so that any order of arrival ends the same."""


@dataclass(frozen=True)
class Pending:
    """A loss that was seen once."""

    __pydantic_config__ = DOCUMENTED

    kind: LossKind
    """What kind of loss."""
    since: str | None
    """Fetch time of its first sighting; null (unknown) never counts."""


@dataclass(frozen=True)
class ArticleState:
    """What the normalizer remembers of an article (the record's key), and what spiders follow."""

    __pydantic_config__ = DOCUMENTED

    revision: int
    """The last one published."""
    status: ArticleStatus
    """Where it stands."""
    content_hash: str
    """Of the last revision that stood."""
    field_hashes: dict[str, str]
    """Content field → the first 16 hex digits of the sha256 of its value."""
    block_ids: tuple[str, ...]
    """Of the last revision that stood, in order."""
    story_id: str
    """The story it is in."""
    origin_url: str | None
    """Address of the declared original: where spiders find it."""
    url: str | None
    """As fetched when it was last seen to stand."""
    publisher: Publisher | None
    """The site that serves it."""
    language: str | None
    """BCP 47."""
    page_sha256: str
    """The page of the last revision that stood."""
    extractor: Extractor
    """What read the last page that gave an article."""
    last_observation: Observation
    """The highest seen, whatever it showed."""
    pending: Pending | None
    """A loss that waits for its second sighting."""


@dataclass(frozen=True)
class StoryMember:
    """What a story says of one of its articles."""

    __pydantic_config__ = DOCUMENTED

    article_id: str
    """The article."""
    language: str | None
    """BCP 47."""
    url: str | None
    """Its canonical address."""
    publisher_id: str | None
    """The site that serves it."""
    relation: RelationType | None
    """What it is to the original; null for the original itself."""
    evidence: Evidence | None
    """What says so; null for the original itself."""
    machine_translated: bool | None
    """As the article says."""
    headline: str | None
    """As the article says."""
    date_published: str | None
    """As the article says."""


@dataclass(frozen=True)
class Membership(StoryMember):
    """A record of the members topic: the member, and what it says of the original."""

    __pydantic_config__ = DOCUMENTED

    origin: Origin
    """The original as this member names it; of an original: its own id, address, publisher and creation time."""


@dataclass(frozen=True)
class Story:
    """An original with all its translations and republications."""

    __pydantic_config__ = DOCUMENTED

    story_id: str
    """Article id of the original."""
    origin: Origin
    """The original's own values where it was seen, else the first that a member names, field by field."""
    members: tuple[StoryMember, ...]
    """Sorted by article id."""
    languages: tuple[str, ...]
    """Of the members, sorted."""


@dataclass(frozen=True)
class Rejection:
    """A page that was understood and gives no article."""

    __pydantic_config__ = DOCUMENTED

    url: str | None
    """As fetched; null for a text document."""
    publisher_id: str | None
    """The site that served it."""
    reason: RejectionReason
    """Why."""
    detail: str | None
    """One line for a person."""
    page: PageFacts
    """The page."""


CONTENT_FIELDS = (
    "headline",
    "description",
    "body",
    "images",
    "authors",
    "date_published",
    "section",
    "keywords",
    "language",
    "origin",
    "is_accessible_for_free",
    "rights",
)
"""The fields of an article that make a revision and its content hash."""
