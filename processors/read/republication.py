"""A text with the layout of vietnam.vn: title line of the site, headline, byline, text, source line, comments line.

What is dropped, by name: the site's title line, the headline's repetition (alone or after a breadcrumb), the byline,
advertisement markers, lines of only `***`, the source line, the comments line and all that follows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dongtin.errors import RejectPage
from dongtin.events import BlockKind, Provenance, RejectionReason
from processors.read.byline import Byline, find_byline
from processors.read.credit import ad_marker
from processors.read.ending import find_ending
from processors.read.picture_lines import PictureLines, is_picture_name
from processors.read.reading import ReadBlock, ReadImage, Reading, Said, SourceCredit
from processors.read.text_lines import FULL_STOPS, Line, ends_sentence, is_prose, is_rule, width

RULE = "text/republication"
PUBLISHER_ID = "vietnam.vn"
SITE_LINE = "vietnamvnnềntảngquảngbáviệtnam"
"""Letters of `Vietnam.vn - Nền tảng quảng bá Việt Nam`, the title that every page of the site bears in Vietnamese."""
SITE_LINE_WITHIN = 5
HEAD_LINES = 40
HEADLINE_WIDTH = 200
SURE_HEADLINE_WIDTH = 120
"""Up to this width a line above a byline is a headline even with a full stop; wider ones are leads."""
TOLD_WIDTH = 15
"""Less does not tell that a line repeats another."""
BREADCRUMB_SEPARATORS = tuple("»›>/|→")


@dataclass(frozen=True)
class Head:
    """What stands above the text."""

    headline: Line | None
    byline: Byline | None
    taken: frozenset[int]
    """Indexes of the lines that are not text."""


def read_republication(lines: Sequence[Line]) -> Reading | None:
    """The reading of such a document, None where it is another. Raises RejectPage where it has no paragraph.

    The site's title line makes it one, or a source line followed by a comments line.
    """
    title = next((at for at, line in enumerate(lines[:SITE_LINE_WITHIN]) if is_site_line(line)), None)
    ending = find_ending(lines, titled=title is not None)
    if title is None and ending is None:
        return None
    body = lines if ending is None else lines[: ending.start]
    above = [line for line in lines[: title or 0] if not is_rule(line)]
    text = [line for line in body[0 if title is None else title + 1 :] if not is_rule(line) and not is_site_line(line)]
    head = read_head(text, titled=title is not None)
    blocks, images = _body([*above, *(line for at, line in enumerate(text) if at not in head.taken)], head.headline)
    if not blocks:
        raise RejectPage(RejectionReason.EMPTY_BODY, "nothing stands between the head and the end of the page")
    source = ending.source if ending else None
    reading = Reading(
        rule=RULE,
        headline=head.headline.text if head.headline else None,
        blocks=blocks,
        images=images,
        authors=(source.author,) if source and source.author else (),
        dates_published=(Said(head.byline.date, Provenance.TEXT),) if head.byline else (),
        publisher_id=PUBLISHER_ID,
        source=SourceCredit(source.url, head.byline.publisher_name if head.byline else None, linked=False)
        if source and source.url
        else None,
    )
    given = {
        "headline": reading.headline,
        "body": reading.blocks,
        "images": reading.images,
        "authors": reading.authors,
        "publisher": reading.publisher_id,
        "origin": reading.source,
    }
    reading.provenance.update({name: Provenance.TEXT for name, value in given.items() if value})
    return reading


def is_site_line(line: Line) -> bool:
    """The site's title, whatever its dash, case and spacing."""
    has_length = len(SITE_LINE) <= len(line.key) <= 2 * len(SITE_LINE)
    return has_length and "".join(filter(str.isalpha, line.key.casefold())) == SITE_LINE


def read_head(lines: Sequence[Line], *, titled: bool) -> Head:
    """Headline and byline; `titled`: the site's title line stands above `lines`."""
    indexes = [
        at for at, line in enumerate(lines[:HEAD_LINES]) if not ad_marker(line.key) and not is_picture_name(line)
    ]
    top = [lines[at] for at in indexes]
    byline = find_byline(top)
    taken = set(indexes[byline.start : byline.end]) if byline else set()
    above = top[: byline.start] if byline else top
    first = 1 if (titled or byline) and _is_repetition(above) else 0
    if not _begins_with_headline(above[first:], titled=titled, signed=byline is not None):
        return Head(None, byline, frozenset(taken))
    return Head(above[first], byline, frozenset(taken | set(indexes[: first + 1])))


def _begins_with_headline(lines: Sequence[Line], *, titled: bool, signed: bool) -> bool:
    """Whether the first line is a headline; `signed`: the byline stands below these lines.

    Without title line and byline it is one only where its form shows it: short, ending no sentence, above a sentence.
    """
    if not lines or width(lines[0]) > HEADLINE_WIDTH:
        return False
    line, following = lines[0], lines[1:]
    if signed:
        return width(line) <= SURE_HEADLINE_WIDTH or not ends_sentence(line, FULL_STOPS)
    if not following:
        return False
    if titled:
        return not ends_sentence(line, FULL_STOPS + ";；:：,،、")
    short = width(line) <= SURE_HEADLINE_WIDTH and width(line) < width(following[0])
    return short and not ends_sentence(line) and is_prose(following[0])


def _is_repetition(lines: Sequence[Line]) -> bool:
    """Whether the first line only says the second, alone or cut after a glued breadcrumb (`HomeFigureHEADLINE…`)."""
    if len(lines) < 2 or not TOLD_WIDTH <= width(lines[1]) <= HEADLINE_WIDTH:
        return False
    first, second = lines[0].key, lines[1].key
    told = -(-TOLD_WIDTH * len(second) // width(lines[1]))
    start = first.find(second[:told])
    if start <= 0:
        return first.casefold() == second.casefold()
    shown = first[start:].rstrip("….")
    parted = first[start - 1].isalpha() or first[:start].rstrip()[-1:] in BREADCRUMB_SEPARATORS
    return parted and len(shown) >= told and second.startswith(shown)


def _body(lines: Sequence[Line], headline: Line | None) -> tuple[tuple[ReadBlock, ...], tuple[ReadImage, ...]]:
    """Paragraphs and pictures in their order."""
    pictures = PictureLines(headline, lines)
    blocks: list[ReadBlock] = []
    images: list[ReadImage] = []
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) else None
        marker = ad_marker(line.key)
        if marker and marker.is_in_place(before=len(blocks), after=len(lines) - at - 1):
            continue
        if pictures.is_alternative_text(line, following):
            images.append(ReadImage(alt=line.text))
        else:
            blocks.append(ReadBlock(BlockKind.PARAGRAPH, line.text))
    return tuple(blocks), tuple(images)
