"""An article page of a publisher whose layout is known: each field from where its template has it, the text cut out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lxml.html import HtmlElement

from dongtin.events import BlockKind, Flag, Provenance, RejectionReason
from processors.publishers import PublisherRule, Template
from processors.read.body import LOW_COVERAGE, extract_body, trafilatura_version
from processors.read.compose import compose
from processors.read.cut import Cut, Item, cut
from processors.read.metadata import Declared
from processors.read.picture import read_picture
from processors.read.reading import SHORT_WORDS, ReadImage, Reading, Said
from processors.read.select import elements, text_of, texts, trail

SIGNATURE_LENGTH, SIGNATURE_WORDS = 60, 10
TOLD_LENGTH = 15
"""Fewer letters do not tell that a paragraph repeats a caption."""
INITIALS = re.compile(r"(?:\w{1,2}\. ?){2,4}")
"""`T.L.` ends no sentence."""
LIVE = ("live", "trực tiếp")
ENDS_OF_SENTENCES = '.!?…:;,”"'


def read_article_page(
    root: HtmlElement,
    declared: Declared,
    rule: PublisherRule,
    template: Template,
    container: HtmlElement,
    url: str | None,
) -> Reading:
    """What the page says of its article. The tree is changed: the container is taken out of it."""
    headline = _headline(root, template)
    lead = next(iter(elements(root, template.description)), None)
    if lead is not None and container in lead.iterancestors():
        lead = None  # Then it is the body's first paragraph.
    said: dict[str, tuple[Said, ...]] = {
        "headline": (*ruled(filter(None, (headline,))), *declared.headlines),
        "description": (*ruled(filter(None, (text_of(lead),)) if lead is not None else ()), *declared.descriptions),
        "section": tuple(ruled(trail(root, template.section, url))) or tuple(declared.sections),
        "keywords": tuple(ruled(texts(root, template.keywords))) or tuple(declared.keywords),
    }
    own = {brand.casefold() for brand in rule.brands}  # Where only the house signs, the head may name a person.
    written = list(ruled(name for name in texts(root, template.authors) if name.casefold() not in own))
    dates = (*declared.published, *ruled(texts(root, template.date_published)[:1]))
    covers = [picture for each in elements(root, template.cover) if (picture := read_picture(each, template.body))]
    found = cut(container, template.body)
    is_media = _is_media(root, template, found)
    signed = signatures(found.items) if template.body.signed else []
    written += ruled(line for item in signed for line in item.text.split("\n"))
    repeated = [item for item in found.items[:1] if item.kind == BlockKind.HEADING and item.text == headline]
    repeated += captions_again(found)
    body = extract_body(container, found, [*repeated, *signed])
    said["authors"] = tuple(written) or tuple(declared.authors)
    return compose(
        declared,
        said,
        Reading(
            rule=f"{rule.publisher_id}/{template.name}",
            blocks=body.blocks,
            images=once([*covers, *found.images]),
            own_names=rule.brands,
            dates_published=dates,
            if_short=RejectionReason.MEDIA_ONLY if is_media else None,
            coverage=body.coverage,
            trafilatura=trafilatura_version(),
            flags=cut_flags(found, body.coverage),
            provenance={"body": body.source} | ({"images": Provenance.RULE} if found.images or covers else {}),
        ),
    )


def _headline(root: HtmlElement, template: Template) -> str | None:
    for element in elements(root, template.headline):
        badges = frozenset((*elements(element, template.headline_without), *_live_badge(element)))
        if text := text_of(element, without=badges):
            return text
    return None


def _is_media(root: HtmlElement, template: Template, found: Cut) -> bool:
    """Whether pictures, films or a script carry a text that may be too short for an article."""
    if sum(len(item.text.split()) for item in found.items) > SHORT_WORDS:
        return False
    sentences = (item.text for item in found.items if item.kind == BlockKind.PARAGRAPH)
    prose = sum(text.endswith(tuple(ENDS_OF_SENTENCES)) for text in sentences)
    return found.shells > 0 or len(found.images) + found.players > prose or bool(elements(root, template.media))


def _live_badge(heading: HtmlElement) -> Iterator[HtmlElement]:
    """The first element of a headline where it says only that the page is live, whatever its class."""
    first = next(iter(heading), None)
    if first is not None and not (heading.text or "").strip() and text_of(first).casefold() in LIVE:
        yield first


def ruled(values: Iterable[str]) -> Iterator[Said]:
    """Values that the template names."""
    return (Said(value, Provenance.RULE) for value in values)


def signature(items: Sequence[Item]) -> Item | None:
    """The last block, where it is a right-aligned name."""
    return items[-1] if len(items) > 1 and _is_signature(items[-1]) else None


def signatures(items: Sequence[Item]) -> list[Item]:
    """The right-aligned names that a text ends with, boxes below it aside; a date above a name is none."""
    text = [*items]
    while text and text[-1].kind == BlockKind.BOX:
        text.pop()
    found: list[Item] = []
    while last := signature(text):
        if found and any(map(str.isdigit, last.text)):
            break
        found.insert(0, text.pop())
    return found


def _is_signature(item: Item) -> bool:
    if not item.is_right_aligned or item.kind != BlockKind.PARAGRAPH:
        return False
    is_short = len(item.text) <= SIGNATURE_LENGTH and len(item.text.split()) <= SIGNATURE_WORDS
    is_sentence = item.text.endswith(tuple(ENDS_OF_SENTENCES)) and not INITIALS.fullmatch(item.text)
    return is_short and not is_sentence


def captions_again(found: Cut) -> list[Item]:
    """Paragraphs that only say once more what a picture's caption or alternative text says."""
    said = {text for image in found.images for text in (image.caption, image.alt) if text and len(text) >= TOLD_LENGTH}
    return [item for item in found.items if item.kind == BlockKind.PARAGRAPH and item.text in said]


def once(images: Iterable[ReadImage]) -> tuple[ReadImage, ...]:
    """Each address once, with all that is said of it."""
    found: dict[object, ReadImage] = {}
    for at, image in enumerate(images):
        key = image.url or at
        known = found.get(key)
        found[key] = (
            replace(known, caption=known.caption or image.caption, credit=known.credit or image.credit)
            if known
            else image
        )
    return tuple(found.values())


def cut_flags(found: Cut, coverage: float) -> frozenset[Flag]:
    """What the cut noticed."""
    flags = {Flag.UNKNOWN_BLOCK} if found.unknown else set()
    return frozenset(flags | ({Flag.LOW_COVERAGE} if coverage < LOW_COVERAGE else set()))
