"""From what the pipeline returns for a page to the explanation of its steps."""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256

from dongtin.cli.explanation import (
    AddressStep,
    BodyStep,
    Explanation,
    FateStep,
    FieldStep,
    PageStep,
    RuleStep,
    StoryStep,
)
from dongtin.documents.answers import without_controls
from dongtin.events import Article, Fate, Page, Provenance, Rejection, Withdrawn
from dongtin.publishers import AddressKind, identify
from dongtin.stream.base import Outcome
from processors.changes import Absent, Moved, Shows
from processors.normalize.dates import from_datetime
from processors.read.examine import Examination, examine
from processors.read.reading import Said

NO_ARTICLE = {
    AddressKind.HOME: "the home page of the site",
    AddressKind.LISTING: "a list of articles",
    AddressKind.TAG: "the articles of a tag",
    AddressKind.EVENT: "the articles of an event",
    AddressKind.SEARCH: "a search",
    AddressKind.AUTHOR: "the articles of an author",
    AddressKind.FEED: "a feed",
    AddressKind.SITEMAP: "a sitemap",
    AddressKind.OTHER: "no form of address that the site's articles have",
    AddressKind.INVALID: "no http address",
}
"""Why an address of a kind names no article."""
FIELDS = (
    "publisher", "canonical_url", "language", "machine_translated", "headline", "description", "authors",
    "date_published", "date_modified", "section", "keywords", "images", "is_accessible_for_free", "rights",
)  # fmt: skip


@dataclass(frozen=True)
class Processed:
    """A page, and what the pipeline made of it."""

    page: Page
    outcome: Outcome
    shows: Shows | None
    """Null where reading failed."""
    event: Article | Withdrawn | Rejection | None
    """Null where nothing was published."""


def explain_address(url: str) -> AddressStep:
    """What an address says. Never raises."""
    address = identify(url)
    return AddressStep(
        url=url,
        kind=address.kind,
        publisher=address.publisher.id if address.publisher else None,
        article_id=address.article_id,
        canonical_url=address.canonical_url,
        language=address.language,
        date_created=from_datetime(address.date_created) if address.date_created else None,
        is_mirror=address.is_mirror,
        is_known=address.is_known,
        why_no_article=NO_ARTICLE.get(address.kind),
    )


def explain_page(document: str, processed: Processed) -> Explanation:
    """Each step of a page. One that ended in quarantine is not looked at again."""
    page, shows = processed.page, processed.shows
    examined = Examination()
    if shows is not None:
        examined = examine(page, identify(page.final_url) if page.final_url is not None else None)
    article = shows if isinstance(shows, Article) else None
    return Explanation(
        document=document,
        address=explain_address(page.final_url) if page.final_url is not None else None,
        page=_page(processed, examined),
        rule=RuleStep(
            article.extractor.rule if article else None, examined.container, examined.why_no_container, examined.removed
        ),
        declared={
            name: tuple(Said(without_controls(said.value), said.source) for said in values)
            for name, values in examined.declared.items()
        },
        fields=tuple(_fields(article)) if article else (),
        body=_body(article) if article else None,
        flags=article.quality.flags if article else (),
        story=StoryStep(article.story_id, article.origin, article.relations) if article else None,
        fate=_fate(processed),
    )


def _page(processed: Processed, examined: Examination) -> PageStep:
    page = processed.page
    return PageStep(
        key=processed.outcome.key,
        requested_url=page.requested_url,
        http_status=page.status,
        content_type=page.content_type,
        date_fetched=page.date_fetched,
        bytes=len(page.body),
        sha256=sha256(page.body).hexdigest(),
        encoding=examined.encoding,
        encoding_source=examined.encoding_source,
        elements=examined.elements,
    )


def _fields(article: Article) -> list[FieldStep]:
    raw = {"date_published": article.date_published_raw, "date_modified": article.date_modified_raw}
    by_address = dict.fromkeys(("publisher", "canonical_url"), Provenance.URL) if article.url else {}
    sources = by_address | article.provenance
    return [FieldStep(name, getattr(article, name), sources.get(name), raw.get(name)) for name in FIELDS]


def _body(article: Article) -> BodyStep:
    kinds = Counter(str(block.kind) for block in article.body.blocks)
    quality = article.quality
    return BodyStep(dict(kinds.most_common()), quality.word_count, quality.coverage, article.provenance.get("body"))


def _fate(processed: Processed) -> FateStep:
    fate, shows = processed.outcome.fate, processed.shows
    if fate == Fate.QUARANTINED:
        return FateStep(fate, error=without_controls(processed.outcome.detail or ""))
    match processed.event:
        case Article() as event:
            return FateStep(fate, event.change, event.revision, event.changed_fields)
        case Withdrawn() as event:
            return FateStep(fate, event.change, event.revision, reason=event.reason, detail=event.moved_to)
        case Rejection() as event:
            return FateStep(fate, reason=event.reason, detail=event.detail)
        case None:
            pass
    match shows:
        case Absent():
            return FateStep(fate, reason=shows.reason, detail=shows.detail)
        case Moved():
            return FateStep(fate, detail=f"moved to {shows.target}")
        case Article() | None:
            return FateStep(fate)
