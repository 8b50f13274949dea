"""From a reading to an article in the contract's words, as it would be if it were new."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from hashlib import sha256
from importlib.metadata import version

from dongtin.errors import RejectPage
from dongtin.events import (
    Article,
    Block,
    BlockKind,
    Body,
    Change,
    Evidence,
    Extractor,
    Flag,
    Image,
    Page,
    PageFacts,
    Precision,
    Provenance,
    Publisher,
    Quality,
    RejectionReason,
)
from dongtin.publishers import Address, identify, joined, publisher_of
from processors.normalize.dates import VIETNAM_TIME, ParsedDate, from_datetime, parse_date
from processors.normalize.language import bcp47, decide, word_count
from processors.normalize.origin import originate
from processors.normalize.people import authors
from processors.normalize.rights import declared_rights
from processors.normalize.text import clean_block, clean_line, clean_table, repair_spaces
from processors.read.reading import Reading, Said

ONE_DAY = timedelta(days=1)
LONGEST_DATE = 200
SHORT_BODY_WORDS = 40
"""A body under so many words is flagged; in scripts without spaces three letters are a word."""


@dataclass
class _Notes:
    """What is noted on the way: flags, and where a field came from."""

    flags: set[Flag]
    provenance: dict[str, Provenance] = field(default_factory=dict)


def normalize(reading: Reading, page: Page, article_id: str, facts: PageFacts, address: Address | None) -> Article:
    """The article of a reading: revision 1, created, its content hash still empty.

    `address` is that of the page, None for a text document. Raises RejectPage where no text is left.
    """
    notes = _Notes(set(reading.flags), dict(reading.provenance))
    texts = [
        clean_table(block.text) if block.kind == BlockKind.TABLE else clean_block(block.text)
        for block in reading.blocks
    ]
    declared = _declared_language(reading, address, notes)
    language, detected, mismatch = decide(declared, "\n".join(texts))
    if mismatch:
        notes.flags.add(Flag.LANGUAGE_MISMATCH)
    if language and (mismatch or not declared):
        notes.provenance["language"] = Provenance.TEXT
    blocks = _blocks(reading, texts, language)
    words = word_count("\n".join(block.text for block in blocks))
    if reading.if_short and words < SHORT_BODY_WORDS:
        raise RejectPage(reading.if_short, f"{words} words")
    if not blocks:
        raise RejectPage(RejectionReason.EMPTY_BODY, "no text is left")
    publisher = address.publisher if address else publisher_of(reading.publisher_id)
    if words < SHORT_BODY_WORDS:
        notes.flags.add(Flag.SHORT_BODY)
    headline = _line(reading.headline, language)
    if headline is None:
        notes.flags.add(Flag.NO_HEADLINE)
    published, modified = _dates(reading, address, notes)
    origin, relations = originate(reading, article_id, address, language)
    if relations and relations[0].evidence == Evidence.SAME_SLUG:
        notes.provenance["origin"] = Provenance.URL
    elif relations and relations[0].evidence == Evidence.DECLARED_CANONICAL:
        notes.provenance["origin"] = notes.provenance.get("canonical_url", Provenance.META)
    rights = declared_rights(reading, page, notes.provenance)
    return Article(
        article_id=article_id,
        revision=1,
        change=Change.CREATED,
        changed_fields=(),
        diff=None,
        cause=None,
        content_hash="",
        story_id=origin.article_id if origin else article_id,
        url=page.final_url,
        canonical_url=_canonical_url(reading, address),
        publisher=publisher,
        origin=origin,
        relations=relations,
        language=language,
        language_declared=declared,
        language_detected=detected,
        machine_translated=_machine_translated(publisher, address, language),
        headline=headline,
        description=_line(reading.description, language),
        body=Body("\n\n".join(block.text for block in blocks), blocks),
        images=_images(reading, page.final_url, language),
        authors=authors(reading.authors, _publisher_names(publisher, reading), language),
        date_published=published.date.value if published else None,
        date_published_raw=_printed(reading.dates_published, published),
        date_published_precision=published.date.precision if published else None,
        date_modified=modified.date.value if modified else None,
        date_modified_raw=_printed(reading.dates_modified, modified) if modified else None,
        date_modified_precision=modified.date.precision if modified else None,
        date_fetched=page.date_fetched,
        section=_lines(reading.section, language),
        keywords=_lines(reading.keywords, language),
        is_accessible_for_free=reading.is_accessible_for_free,
        rights=rights,
        provenance={name: notes.provenance[name] for name in sorted(notes.provenance)},
        extractor=Extractor(dongtin_version(), reading.trafilatura, reading.rule),
        quality=Quality(words, reading.coverage, tuple(sorted(notes.flags))),
        page=facts,
    )


@cache
def dongtin_version() -> str:
    """The version that reads here, as events say it."""
    return version("dongtin")


def _declared_language(reading: Reading, address: Address | None, notes: _Notes) -> str | None:
    if address and address.language:
        notes.provenance["language"] = Provenance.URL
        return address.language
    return bcp47(reading.language_declared) if reading.language_declared else None


def _blocks(reading: Reading, texts: list[str], language: str | None) -> tuple[Block, ...]:
    blocks = []
    for read, cleaned in zip(reading.blocks, texts, strict=True):
        text = "\n".join(repair_spaces(line, language) for line in cleaned.split("\n")).strip()
        if text:
            blocks.append(Block(sha256(text.encode()).hexdigest()[:12], read.kind, text))
    return tuple(blocks)


def _line(raw: str | None, language: str | None) -> str | None:
    return (repair_spaces(clean_line(raw), language) or None) if raw else None


def _lines(raws: tuple[str, ...], language: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for raw in raws if (line := _line(raw, language))))


def _images(reading: Reading, base: str | None, language: str | None) -> tuple[Image, ...]:
    addressed = [(image, joined(base, image.url) if image.url else None) for image in reading.images]
    shown = [(image, url) for image, url in addressed if url or image.caption or image.alt]
    return tuple(
        Image(
            url=url,
            caption=_line(image.caption, language),
            credit=_line(image.credit, language),
            alt=clean_line(image.alt) or None if image.alt else None,
            is_main=at == 0,
        )
        for at, (image, url) in enumerate(shown)
    )


def _dates(reading: Reading, address: Address | None, notes: _Notes) -> tuple["_Dated | None", "_Dated | None"]:
    """When it was published and modified: the first source whose words are a date; the time in the id is the last."""
    known = list(_dated(reading.dates_published))
    published = next(iter(known), None)
    if published is None and address and address.date_created:
        created = from_datetime(address.date_created)
        published = next(_dated((Said(created, Provenance.URL),)), None)
        notes.flags.add(Flag.DATE_FROM_URL)
    if any(_conflict(known[0].date, other.date) for other in known[1:]):
        notes.flags.add(Flag.DATE_CONFLICT)
    modified = next(_dated(reading.dates_modified), None)
    if modified and published and modified.date.moment == published.date.moment:
        modified = None
    for name, dated in (("date_published", published), ("date_modified", modified)):
        if dated:
            notes.provenance[name] = dated.said.source
            if dated.date.zone_assumed:
                notes.flags.add(Flag.ZONE_ASSUMED)
    return published, modified


@dataclass(frozen=True)
class _Dated:
    """A date, and the words that it was read from."""

    date: ParsedDate
    said: Said


def _dated(candidates: Iterable[Said]) -> Iterator[_Dated]:
    for said in candidates:
        if date := parse_date(clean_line(said.value[:LONGEST_DATE])):
            yield _Dated(date, said)


def _conflict(one: ParsedDate, other: ParsedDate) -> bool:
    """More than a day between them; a date without a time of day stands for all of its day."""
    if Precision.DAY in (one.precision, other.precision):
        days = (each.moment.astimezone(VIETNAM_TIME).date() for each in (one, other))
        return abs(next(days) - next(days)) > ONE_DAY
    return abs(one.moment - other.moment) > ONE_DAY


def _printed(candidates: Sequence[Said], dated: _Dated | None) -> str | None:
    """The words of a date as they stand; also words that are none, where nothing else was printed."""
    if dated is None:
        return clean_line(candidates[0].value) if candidates else None
    return clean_line(dated.said.value) if dated.said in candidates else None


def _canonical_url(reading: Reading, address: Address | None) -> str | None:
    """The declared address where it is one of the same article, or of the same site that we have no grammar for."""
    if address is None:
        return None
    if reading.canonical_url and address.canonical_url:
        declared = identify(joined(address.canonical_url, reading.canonical_url) or "")
        same_article = declared.article_id == address.article_id
        same_site = declared.publisher == address.publisher and declared.kind == address.kind and not address.is_known
        if same_article or same_site:
            return declared.canonical_url
    return address.canonical_url


def _machine_translated(publisher: Publisher | None, address: Address | None, language: str | None) -> bool | None:
    """vietnam.vn translates by machine into every language but Vietnamese, the papers that we know write Vietnamese.

    None elsewhere: nothing tells.
    """
    if publisher is None or language is None:
        return None
    if publisher.id == "vietnam.vn":
        return language != "vi"
    return False if address and address.is_known and language == "vi" else None


def _publisher_names(publisher: Publisher | None, reading: Reading) -> tuple[str, ...]:
    printed = reading.source.publisher_name if reading.source else None
    own = (publisher.name, publisher.domain) if publisher else ()
    return tuple(name for name in (*own, *reading.own_names, printed) if name)
