"""A reading: what a document says, as it says it, before anything is normalized."""

from dataclasses import dataclass, field

from dongtin.events import BlockKind, Flag, Provenance, RejectionReason

SHORT_WORDS = 80
"""Only a text of at most so many may be too short for an article; twice as many as that, for some may be no words."""


@dataclass(frozen=True)
class ReadBlock:
    """A block of the body, raw."""

    kind: BlockKind
    text: str


@dataclass(frozen=True)
class ReadImage:
    """An image, raw; whatever is unknown is None."""

    url: str | None = None
    caption: str | None = None
    credit: str | None = None
    alt: str | None = None


@dataclass(frozen=True)
class SourceCredit:
    """Where a republication says that it comes from."""

    url: str
    """As linked, or as printed."""
    publisher_name: str | None
    """As printed in the byline."""
    linked: bool
    """False where the address was printed as text only: a machine may have translated its words."""


@dataclass(frozen=True)
class Said:
    """A value as it stands, and the source that says so."""

    value: str
    source: Provenance


@dataclass(frozen=True)
class Reading:
    """A document's own words, field by field. Everything is raw: not repaired, not parsed, not joined."""

    rule: str
    """What read it: `text/republication`, `text/plain`, `fallback`."""
    headline: str | None = None
    description: str | None = None
    blocks: tuple[ReadBlock, ...] = ()
    images: tuple[ReadImage, ...] = ()
    authors: tuple[str, ...] = ()
    """As printed, one string for each author."""
    own_names: tuple[str, ...] = ()
    """Names of the publisher's house that may stand among them."""
    dates_published: tuple[Said, ...] = ()
    """As printed, the source that counts first: `17/01/2025`, `29/12/2025 22:32 GMT+7`, `2025-01-17T19:58:00+07:00`."""
    dates_modified: tuple[Said, ...] = ()
    language_declared: str | None = None
    """As declared by the document (not by its address)."""
    section: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    canonical_url: str | None = None
    """As declared."""
    publisher_id: str | None = None
    """Where the document itself, having no address, shows the site that serves it."""
    source: SourceCredit | None = None
    robots: tuple[str, ...] = ()
    """Directives of the document, not of the headers."""
    tdm_reservation: str | None = None
    tdm_policy: str | None = None
    license: str | None = None
    is_accessible_for_free: bool | None = None
    if_short: RejectionReason | None = None
    """Why a short text would make no article: pictures, a film or a script carry it, or nothing declares one."""
    coverage: float | None = None
    trafilatura: str | None = None
    """Version of trafilatura where it took part."""
    flags: frozenset[Flag] = frozenset()
    provenance: dict[str, Provenance] = field(default_factory=dict)
    """Contract field → its source, for the fields that the document gave."""
