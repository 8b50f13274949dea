"""A page of a portal that republishes the press: headline, byline, text, source line, comments line.

Only the container of the text is known by its class. The byline may stand above it or in it, the source line in it or
below it: both are found by their form, as in a text document.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from dongtin.events import BlockKind, Provenance, RejectionReason
from processors.publishers import PublisherRule, Template
from processors.read.article_page import captions_again, cut_flags, once, ruled, signature
from processors.read.body import extract_body, trafilatura_version
from processors.read.byline import Byline, find_byline
from processors.read.compose import compose
from processors.read.credit import ad_marker
from processors.read.cut import BLOCKS, Cut, Item, cut
from processors.read.ending import Ending, find_ending
from processors.read.metadata import Declared
from processors.read.picture import read_picture
from processors.read.picture_lines import PictureLines
from processors.read.reading import ReadImage, Reading, SourceCredit
from processors.read.select import elements, text_of, texts, trail
from processors.read.text_lines import Line, is_prose, look

LINES_BELOW = 60
"""So many lines below the container may tell where the text comes from."""


@dataclass(frozen=True)
class _Surroundings:
    """What stands around the container, in the smallest element that holds headline and container."""

    above: list[Item]
    below: list[Item]
    covers: list[ReadImage]


def read_portal_page(
    root: HtmlElement,
    declared: Declared,
    rule: PublisherRule,
    template: Template,
    container: HtmlElement,
    url: str | None,
) -> Reading:
    """What the page says of its article. The tree is changed: the container is taken out of it."""
    heading = next((each for each in elements(root, template.headline) if text_of(each)), None)
    title = text_of(heading) if heading is not None else None
    common = _common(heading, container)
    around = _surroundings(common, container, template)
    found = cut(container, template.body)
    headlines = (*ruled((title,) if title else ()), *declared.headlines)
    headline = _line(headlines[0].value) if headlines else None
    inside = [item for item in found.items if headline is None or look(item.text) != headline.key]
    above = [item for item in around.above if headline is None or look(item.text) != headline.key]
    byline, signed_above, signed_inside = _byline(headline, above, inside)
    text = [item for at, item in enumerate(inside) if at not in signed_inside]
    lead = next((item for at, item in enumerate(above) if at not in signed_above and is_prose(_line(item.text))), None)
    ending = find_ending([_line(item.text) for item in (*text, *around.below[:LINES_BELOW])], titled=True)
    source = _source(ending, [*text, *around.below], byline)
    kept, alternatives = _kept(text[: ending.start] if ending else text, headline)
    writer = signature(kept)
    again = captions_again(found)
    kept = [item for item in kept if item is not writer and item not in again]
    body = extract_body(container, found, [item for item in found.items if item not in kept])
    names = [ending.source.author] if ending and ending.source and ending.source.author else []
    written = (*ruled(names), *ruled((writer.text,) if writer else ())) or tuple(declared.authors)
    descriptions = (*ruled((lead.text,) if lead else ()), *declared.descriptions)
    said = {
        "headline": headlines,
        "description": descriptions,
        "authors": written,
        "section": tuple(ruled(trail(root, template.section, url))) or tuple(declared.sections),
        "keywords": tuple(ruled(texts(common, template.keywords))) or tuple(declared.keywords),
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
            own_names=rule.brands,
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


def _line(text: str) -> Line:
    return Line(text, look(text), blank_before=True)


def _common(heading: HtmlElement | None, container: HtmlElement) -> HtmlElement:
    """The smallest element that holds headline and container, and more than the container."""
    if heading is not None and container not in heading.iterancestors():
        holding = set(heading.iterancestors())
        return next((each for each in container.iterancestors() if each in holding), container)
    parent = container.getparent()
    return container if parent is None else parent


def _surroundings(common: HtmlElement, container: HtmlElement, template: Template) -> _Surroundings:
    """Blocks and figures above the container, and blocks below it."""
    items = cut(common, template.body).items
    within = [_is_within(item.element, container) for item in items]
    first = next((at for at, inside in enumerate(within) if inside), len(items))
    last = next((at for at in range(len(items) - 1, -1, -1) if within[at]), len(items) - 1)
    covers = []
    for element in common.iter("figure", container.tag):
        if element is container:
            break
        if element.tag == "figure" and (picture := read_picture(element, template.body)):
            covers.append(picture)
    return _Surroundings(items[:first], items[last + 1 :], covers)


def _is_within(element: HtmlElement, container: HtmlElement) -> bool:
    return element is container or container in element.iterancestors()


def _byline(
    headline: Line | None, above: Sequence[Item], inside: Sequence[Item]
) -> tuple[Byline | None, frozenset[int], frozenset[int]]:
    """The byline, and which blocks above the container and in it are its lines."""
    head = [headline] if headline else []
    byline = find_byline([*head, *(_line(item.text) for item in (*above, *inside))])
    if byline is None:
        return None, frozenset(), frozenset()
    taken = [at - len(head) for at in range(byline.start, byline.end) if at >= len(head)]
    return (
        byline,
        frozenset(at for at in taken if at < len(above)),
        frozenset(at - len(above) for at in taken if at >= len(above)),
    )


def _source(ending: Ending | None, items: Sequence[Item], byline: Byline | None) -> SourceCredit | None:
    """Where the text comes from: the link of the source line, else the address that is printed in it."""
    if ending is None or ending.source is None:
        return None
    name = byline.publisher_name if byline else None
    links = _links(items[ending.start].element)
    if links:
        return SourceCredit(links[-1], name, linked=True)
    return SourceCredit(ending.source.url, name, linked=False) if ending.source.url else None


def _links(element: HtmlElement) -> list[str]:
    """The http addresses that the block of an element links to."""
    block = element
    while block.tag not in BLOCKS and block.getparent() is not None:
        block = block.getparent()
    addresses = ((each.get("href") or "").strip() for each in block.iter("a"))
    return [address for address in addresses if address.lower().startswith(("http://", "https://"))]


def _kept(items: Sequence[Item], headline: Line | None) -> tuple[list[Item], list[str]]:
    """The blocks that are text, and the alternative texts of pictures that stood among them."""
    lines = [_line(item.text) for item in items]
    pictures = PictureLines(headline, lines)
    kept: list[Item] = []
    alternatives: list[str] = []
    for at, item in enumerate(items):
        following = lines[at + 1] if at + 1 < len(lines) else None
        marker = ad_marker(lines[at].key)
        if marker and marker.is_in_place(before=len(kept), after=len(items) - at - 1):
            continue
        if item.kind == BlockKind.PARAGRAPH and pictures.is_alternative_text(lines[at], following):
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
    known = {look(image.alt) for image in found.images if image.alt}
    return [ReadImage(alt=text) for text in alternatives if look(text) not in known]
