"""A page of a portal that republishes the press: headline, byline, text, source line, comments line.

Only the container of the text is known by its class. The byline may stand above it or in it, the source line in it or
below it: both are found by their form, as in a text document.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lxml.html import HtmlElement

from dongtin.events import BlockKind, Provenance, RejectionReason
from processors.publishers import PublisherRule, Template
from processors.read.article_page import captions_again, cut_flags, once, ruled, signature
from processors.read.body import extract_body, trafilatura_version
from processors.read.byline import Byline
from processors.read.compose import compose
from processors.read.credit import ad_marker
from processors.read.cut import Cut, Item, cut
from processors.read.ending import Ending, find_ending, source_among
from processors.read.metadata import Declared
from processors.read.picture_lines import PictureLines
from processors.read.reading import ReadImage, Reading, Said
from processors.read.republication import is_site_line
from processors.read.select import text_of, texts, trail
from processors.read.source_credit import lines_of, parted, source_of, writer_of
from processors.read.surroundings import byline_of, further_below, heading_of, lead_of, line, surroundings, without
from processors.read.text_lines import Line, look

SITE_BEHIND = re.compile(r"\s+[-–—|•·]\s+(?:www\.)?vietnam\.vn(?:\s+[-–—|]\s.*)?$", re.IGNORECASE)
ENDS = (BlockKind.PARAGRAPH, BlockKind.HEADING)
"""Kinds of a comments line: an item of a list may end in a number in brackets too."""


def read_portal_page(
    root: HtmlElement,
    declared: Declared,
    rule: PublisherRule,
    template: Template,
    container: HtmlElement,
    url: str | None,
) -> Reading:
    """What the page says of its article. The tree is changed: the container is taken out of it."""
    heading = heading_of(root, declared, template)
    headlines = (*ruled((text_of(heading),) if heading is not None else ()), *_titles(declared))
    headline = line(headlines[0].value) if headlines else None
    around = surroundings(root, heading, container, template)
    found = cut(container, template.body)
    found.items = parted(found.items)
    inside = [item for item in found.items if headline is None or item.line.key != headline.key]
    byline, signed = byline_of(headline, around, inside, {image.alt for image in found.images if image.alt})
    text = without(inside, signed)
    lead = lead_of(without(around.above, signed), headline)
    ending, ended = _ending(text, around.below)
    if ending is None or ending.source is None:
        ending, ended = _ending(text, further_below(root, container, template))
    source, writer = source_of(ending, ended, byline), writer_of(ending, ended)
    kept, alternatives = _kept(text[: ending.start] if ending else text, headline)
    last = signature(kept)
    kept = without(kept, [*captions_again(found), *((last,) if last else ())])
    body = extract_body(container, found, without(found.items, kept))
    written = tuple(ruled(filter(None, (writer, last.text if last else None)))) or tuple(declared.authors)
    descriptions = (*ruled((lead,) if lead else ()), *declared.descriptions)
    said = {
        "headline": headlines,
        "description": descriptions,
        "authors": written,
        "section": tuple(ruled(trail(root, template.section, url))) or tuple(declared.sections),
        "keywords": tuple(ruled(texts(around.scope, template.keywords))) or tuple(declared.keywords),
    }
    shown = [image for image in found.images if not (byline and _is_logo(image, byline))]
    images = once([*around.covers, *shown, *_unshown(alternatives, found)])
    return compose(
        declared,
        said,
        Reading(
            rule=f"{rule.publisher_id}/{template.name}",
            blocks=body.blocks,
            images=images,
            own_names=(*rule.brands, *filter(None, (byline.publisher_name if byline else None,))),
            dates_published=(*declared.published, *ruled((byline.date,) if byline else ())),
            source=source,
            if_short=RejectionReason.MEDIA_ONLY if not body.blocks and (images or found.players) else None,
            coverage=body.coverage,
            trafilatura=trafilatura_version(),
            flags=cut_flags(found, body.coverage),
            provenance={"body": body.source}
            | ({"images": Provenance.RULE} if images else {})
            | ({"origin": Provenance.RULE} if source else {}),
        ),
    )


def _titles(declared: Declared) -> Iterator[Said]:
    """What the page declares as its title, without the site's name behind it; the site's own title is none."""
    for said in declared.headlines:
        value = SITE_BEHIND.sub("", said.value)
        if value and not is_site_line(line(value)):
            yield replace(said, value=value)


def _ending(text: Sequence[Item], below: Sequence[Item]) -> tuple[Ending | None, list[Item]]:
    """Where the text ends, and the blocks that this counts: in the text or below it, whichever names a source."""
    items = [*text, *below]
    lines = lines_of(items)
    ending = find_ending(lines, titled=True)
    if ending and ending.source:
        return ending, items
    own = find_ending(lines[: len(text)], titled=True)
    named = own if own and own.source else source_among(lines, len(text))
    if named or ending is None or ending.start >= len(text) or items[ending.start].kind in ENDS:
        return named or ending, items
    return None, items


def _kept(items: Sequence[Item], headline: Line | None) -> tuple[list[Item], list[str]]:
    """The blocks that are text, and the alternative texts of pictures that stood among them."""
    lines = [item.line for item in items]
    pictures = PictureLines(headline, lines)
    kept: list[Item] = []
    alternatives: list[str] = []
    for at, item in enumerate(items):
        marker = ad_marker(lines[at].key)
        if marker and marker.is_in_place(before=len(kept), after=len(items) - at - 1):
            continue
        if item.kind == BlockKind.PARAGRAPH and pictures.is_alternative_text(lines[at]):
            alternatives.append(item.text)
        else:
            kept.append(item)
    return kept, alternatives


def _is_logo(image: ReadImage, byline: Byline) -> bool:
    """The publisher's, beside its name in the byline."""
    name = look(byline.publisher_name or "").casefold()
    return image.caption is None and look(image.alt or "").casefold() == name != ""


def _unshown(alternatives: Sequence[str], found: Cut) -> list[ReadImage]:
    """Alternative texts that belong to none of the pictures that the container has."""
    known = {_letters(image.alt) for image in found.images if image.alt}
    return [ReadImage(alt=text) for text in alternatives if _letters(text) not in known]


def _letters(text: str) -> str:
    """What tells one alternative text from another, whatever its spaces."""
    return "".join(look(text).casefold().split())
