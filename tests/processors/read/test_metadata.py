"""Each field comes from the first source that has it: with that one taken away, the next one wins."""

import json
from collections.abc import Callable

import pytest

from dongtin.events import Provenance
from processors.read.metadata import Declared, read_metadata
from processors.read.reading import Said
from processors.read.tree import parse

PAGE = "https://example.vn/tin/cau-moi-12.html"
LD, META, ITEM = Provenance.JSON_LD, Provenance.META, Provenance.MICRODATA


def linked(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **fields})}</script>'


def broken(**fields: object) -> str:
    return linked(**fields).replace("}</script>", ",</script>")


def meta(name: str, content: str) -> str:
    attribute = "property" if ":" in name else "name"
    return f'<meta {attribute}="{name}" content="{content}">'


def read(*markup: str, root: str = "<html>") -> Declared:
    head = "".join(each for each in markup if not each.startswith(("<span", "<time")))
    body = "".join(each for each in markup if each.startswith(("<span", "<time")))
    page = f"<!DOCTYPE html>{root}<head>{head}</head><body>{body}<p>x</p></body></html>"
    return read_metadata(parse(page.encode()), PAGE, with_microdata=True)


def first(said: object) -> Said | None:
    if isinstance(said, Said) or said is None:
        return said
    found: list[Said] = list(said)  # type: ignore[call-overload]
    return next(iter(found), None)


HEADLINE = [
    (linked(headline="a"), "a", LD),
    (meta("og:title", "b"), "b", META),
    (meta("twitter:title", "c"), "c", META),
    (meta("DC.title", "d"), "d", META),
    (meta("dcterms.title", "e"), "e", META),
    ('<span itemprop="headline">f</span>', "f", ITEM),
    ("<title>g</title>", "g", META),
]
DESCRIPTION = [
    (meta("og:description", "a"), "a", META),
    (meta("description", "b"), "b", META),
    (meta("twitter:description", "c"), "c", META),
    (meta("dc.description", "d"), "d", META),
    (meta("dcterms.description", "e"), "e", META),
    (linked(description="f"), "f", LD),
    ('<span itemprop="description">g</span>', "g", ITEM),
]
PUBLISHED = [
    (linked(datePublished="2025-01-01T08:00:00+07:00"), "2025-01-01T08:00:00+07:00", LD),
    (meta("article:published_time", "2025-01-02"), "2025-01-02", META),
    (meta("pubdate", "2025-01-03"), "2025-01-03", META),
    (meta("dcterms.issued", "2025-01-04"), "2025-01-04", META),
    (meta("DC.date.issued", "2025-01-05"), "2025-01-05", META),
    (meta("date", "2025-01-06"), "2025-01-06", META),
    ('<span itemprop="datePublished" content="2025-01-07">x</span>', "2025-01-07", ITEM),
]
MODIFIED = [
    (linked(dateModified="2025-01-01T08:00:00Z"), "2025-01-01T08:00:00Z", LD),
    (meta("article:modified_time", "2025-01-02"), "2025-01-02", META),
    (meta("og:updated_time", "2025-01-03"), "2025-01-03", META),
    (meta("dcterms.modified", "2025-01-04"), "2025-01-04", META),
    ('<time itemprop="dateModified" datetime="2025-01-05">x</time>', "2025-01-05", ITEM),
]
AUTHORS = [
    (linked(author="a"), "a", LD),
    (meta("article:author", "b"), "b", META),
    (meta("author", "c"), "c", META),
    (meta("DC.creator", "d"), "d", META),
    (meta("dcterms.creator", "e"), "e", META),
    ('<span itemprop="author">f</span>', "f", ITEM),
]
SECTIONS = [
    (
        '<script type="application/ld+json">{"@type":"BreadcrumbList","itemListElement":[{"name":"a"}]}</script>',
        "a",
        LD,
    ),
    (linked(articleSection="b"), "b", LD),
    (meta("article:section", "c"), "c", META),
]
KEYWORDS = [
    (meta("news_keywords", "a, x"), "a", META),
    (meta("keywords", "b"), "b", META),
    (meta("article:tag", "c"), "c", META),
    (linked(keywords="d, y"), "d", LD),
]
LANGUAGE = [
    (linked(inLanguage="en"), "en", LD),
    (meta("og:locale", "fr_FR"), "fr_FR", META),
    ('<meta http-equiv="content-language" content="de">', "de", META),
    (meta("DC.language", "es"), "es", META),
]
CANONICAL = [
    ('<link rel="canonical" href="https://example.vn/a">', "https://example.vn/a", META),
    (meta("og:url", "https://example.vn/b"), "https://example.vn/b", META),
    (linked(url="https://example.vn/c"), "https://example.vn/c", LD),
]
FIELDS: dict[str, tuple[Callable[[Declared], object], list[tuple[str, str, Provenance]]]] = {
    "headline": (lambda declared: declared.headlines, HEADLINE),
    "description": (lambda declared: declared.descriptions, DESCRIPTION),
    "date_published": (lambda declared: declared.published, PUBLISHED),
    "date_modified": (lambda declared: declared.modified, MODIFIED),
    "authors": (lambda declared: declared.authors, AUTHORS),
    "section": (lambda declared: declared.sections, SECTIONS),
    "keywords": (lambda declared: declared.keywords, KEYWORDS),
    "language": (lambda declared: declared.language, LANGUAGE),
    "canonical_url": (lambda declared: declared.canonical, CANONICAL),
}


@pytest.mark.parametrize(
    ("field", "gone"), [(field, gone) for field, (_, sources) in FIELDS.items() for gone in range(len(sources) + 1)]
)
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "reversed"])
def test_the_next_source_wins(field: str, gone: int, order: int) -> None:
    value_of, sources = FIELDS[field]
    left = sources[gone:]
    said = first(value_of(read(*[markup for markup, _, _ in left][::order])))
    assert (said and (said.value, said.source)) == (left[0][1:] if left else None)


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_value_is_none(empty: str) -> None:
    declared = read(linked(headline=empty), meta("og:title", empty), "<title>g</title>")
    assert [said.value for said in declared.headlines] == ["g"]


def test_the_language_of_the_root_counts_first() -> None:
    assert first(read(*[markup for markup, _, _ in LANGUAGE], root='<html lang="vi">').language) == Said("vi", META)


def test_a_date_of_json_ld_without_offset_counts_behind_meta() -> None:
    ld, og = linked(datePublished="2025-01-01T08:00:00"), meta("article:published_time", "2025-01-02T08:00:00")
    assert [said.source for said in read(ld, og).published] == [META, LD]


def test_a_repaired_value_says_so() -> None:
    assert first(read(broken(headline="a")).headlines) == Said("a", Provenance.JSON_LD_REPAIRED)


def test_the_name_of_the_site_is_no_part_of_a_title() -> None:
    declared = read(meta("og:site_name", "Báo Một"), meta("og:title", "Nga - Iran ký hiệp ước - Báo Một"))
    assert first(declared.headlines) == Said("Nga - Iran ký hiệp ước", META)


def test_an_address_is_no_author() -> None:
    declared = read(meta("article:author", "https://facebook.com/lan"), meta("author", "Lan"))
    assert declared.authors == [Said("Lan", META)]


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ([linked(isAccessibleForFree=False), meta("article:content_tier", "free")], (False, LD)),
        ([meta("article:content_tier", "metered")], (False, META)),
        ([meta("article:content_tier", "free")], (True, META)),
        ([], None),
    ],
)
def test_access(markup: list[str], said: tuple[bool, Provenance] | None) -> None:
    assert read(*markup).is_accessible_for_free == said


@pytest.mark.parametrize("gone", range(4))
def test_license(gone: int) -> None:
    sources = [
        ('<link rel="license" href="https://example.vn/a">', "https://example.vn/a"),
        (linked(license="https://example.vn/b"), "https://example.vn/b"),
        (meta("dcterms.license", "c"), "c"),
    ][gone:]
    assert read(*[markup for markup, _ in sources]).license == (sources[0][1] if sources else None)


def test_rights_of_the_page() -> None:
    declared = read(
        meta("robots", "index, NOAI"), meta("ROBOTS", "noimageai"),
        meta("tdm-reservation", "1"), meta("tdm-policy", "https://example.vn/p"),
    )  # fmt: skip
    assert declared.robots == ("index, NOAI", "noimageai")
    assert (declared.tdm_reservation, declared.tdm_policy) == ("1", "https://example.vn/p")


@pytest.mark.parametrize("entity", ["Tom &amp;amp; Jerry", "Tom &amp; Jerry", "Tom & Jerry"])
def test_values_are_unescaped(entity: str) -> None:
    assert first(read(meta("og:title", entity)).headlines) == Said("Tom & Jerry", META)
