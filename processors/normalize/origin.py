"""Which original an article comes from: by its source credit, a foreign canonical address, or the slug it shares."""

from dongtin.events import Evidence, Origin, Relation, RelationType
from dongtin.publishers import Address, AddressKind, identify, joined, strip_tracking, vietnamese_original
from processors.normalize.dates import from_datetime
from processors.normalize.text import clean_line
from processors.read.reading import Reading


def originate(
    reading: Reading, article_id: str, address: Address | None, language: str | None
) -> tuple[Origin | None, tuple[Relation, ...]]:
    """The original, and the relation to it; (None, ()) for an original. Chains are not followed."""
    on_portal = "vietnam.vn" in (reading.publisher_id, address.publisher.id if address and address.publisher else None)
    translated = on_portal and language not in (None, "vi")
    kind = RelationType.TRANSLATION_OF if translated else RelationType.REPUBLICATION_OF
    if on_portal and reading.source:
        original = identify(reading.source.url)
        if original.kind == AddressKind.ARTICLE and original.article_id != article_id:
            name = clean_line(reading.source.publisher_name) if reading.source.publisher_name else None
            return _origin(original, reading.source.url, name, kind, Evidence.DECLARED_LINK)
    if address and reading.canonical_url:
        linked = joined(address.canonical_url, reading.canonical_url) or ""
        declared = identify(linked)
        if declared.kind == AddressKind.ARTICLE and _another_site(declared, address):
            return _origin(declared, linked, None, RelationType.REPUBLICATION_OF, Evidence.DECLARED_CANONICAL)
    if address and (untranslated := vietnamese_original(address)):
        return _origin(untranslated, None, None, kind, Evidence.SAME_SLUG)
    return None, ()


def _another_site(declared: Address, address: Address) -> bool:
    return declared.publisher is not None and declared.publisher != address.publisher


def _origin(
    original: Address, linked: str | None, publisher_name: str | None, kind: RelationType, evidence: Evidence
) -> tuple[Origin, tuple[Relation, ...]]:
    """`url` is canonical where the publisher's grammar is known, else as linked without what tracks."""
    url = original.canonical_url if original.is_known or linked is None else strip_tracking(linked)
    created = from_datetime(original.date_created) if original.date_created else None
    article_id = str(original.article_id)
    return Origin(article_id, url, publisher_name, created), (Relation(kind, article_id, url, evidence),)
