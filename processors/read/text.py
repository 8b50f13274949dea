"""A text document: what a page says, without its markup."""

import codecs
import re
from collections.abc import Sequence
from itertools import pairwise
from unicodedata import east_asian_width

from dongtin.errors import RejectPage
from dongtin.events import BlockKind, Provenance, RejectionReason
from processors.read.reading import ReadBlock, Reading
from processors.read.republication import read_republication
from processors.read.text_lines import Line, ends_sentence, is_rule, visible_lines, width

RULE = "text/plain"
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CONTROL = re.compile("[\x01-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")
"""Control characters that no text has; those that end a line are not among them."""
TOLERATED = 100
"""One unreadable byte or control character in more than so many is a flaw; more are another format."""
HYPHENATED = re.compile(r"[^\W\d_]-\Z")
"""A line that breaks a word at its hyphen."""
MOST_LINES = 100_000
HEADLINE_WIDTH = 120
NARROWEST_WRAPPED, WIDEST_WRAPPED = 50, 100
"""Text that is wrapped by hand has lines of 60 to 80 letters; verses are shorter."""


def read_text(body: bytes) -> Reading:
    """What a text document says. Raises RejectPage where it is no text, or says nothing.

    Strings are raw but for white space at the ends of lines; a name or date cut out of a line is NFC.
    """
    lines = visible_lines(decoded(body), MOST_LINES + 1)
    if len(lines) > MOST_LINES:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"more than {MOST_LINES:,} lines")
    reading = read_republication(lines) or read_plain(lines)
    if not any(character.isalnum() for block in reading.blocks for character in block.text):
        raise RejectPage(RejectionReason.EMPTY_BODY, "no letter")
    return reading


def decoded(body: bytes) -> str:
    """The text of bytes in UTF-8, or in UTF-16 with a byte order mark; what cannot be read is U+FFFD.

    A character cut at the end is one U+FFFD; of the rest less than 1 % may be unreadable. Raises RejectPage.
    """
    mark, encoding = marked(body)
    body = body[len(mark) :]
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(body)
    unreadable = text.count("\ufffd") - body.count("\ufffd".encode(encoding))
    text += decoder.decode(b"", final=True)
    if unreadable > 0 and unreadable * TOLERATED >= len(body):
        raise RejectPage(
            RejectionReason.UNSUPPORTED_CONTENT, f"{unreadable:,} places of {len(body):,} bytes not {encoding}"
        )
    if "\0" in text:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, "a NUL character: binary data")
    controls = sum(1 for _ in CONTROL.finditer(text))
    if controls and controls * TOLERATED >= len(text):
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"{controls:,} control characters: binary data")
    return text


def marked(body: bytes) -> tuple[bytes, str]:
    """The byte order mark of a text, empty where it has none, and its encoding."""
    return next((known for known in BYTE_ORDER_MARKS if body.startswith(known[0])), (b"", "utf-8"))


def read_plain(lines: Sequence[Line]) -> Reading:
    """Any other text: a headline where the first line shows one, and paragraphs. Only lines like `***` are dropped."""
    lines = [line for line in lines if not is_rule(line)]
    if not lines:
        raise RejectPage(RejectionReason.EMPTY_BODY, "no text")
    headline = lines[0].text if _has_headline(lines) else None
    texts = _paragraphs(lines[1:] if headline else lines)
    given = ("headline", "body") if headline else ("body",)
    return Reading(
        rule=RULE,
        headline=headline,
        blocks=tuple(ReadBlock(BlockKind.PARAGRAPH, text) for text in texts),
        provenance=dict.fromkeys(given, Provenance.TEXT),
    )


def _has_headline(lines: Sequence[Line]) -> bool:
    """A short first line that ends no sentence, with an empty line below it."""
    parted = len(lines) > 1 and lines[1].blank_before
    return parted and width(lines[0]) <= HEADLINE_WIDTH and not ends_sentence(lines[0])


def _paragraphs(lines: Sequence[Line]) -> list[str]:
    """A line each, or, where the text is wrapped by hand, what stands between empty lines."""
    groups: list[list[Line]] = []
    for line in lines:
        if line.blank_before or not groups:
            groups.append([])
        groups[-1].append(line)
    if _is_wrapped(groups):
        return [_joined(group) for group in groups]
    return [line.text for line in lines]


def _is_wrapped(groups: Sequence[Sequence[Line]]) -> bool:
    """Lines of nearly one width that seldom end with their sentences, in groups parted by empty lines."""
    inner = [line for group in groups for line in group[:-1]]
    if len(groups) == 1 or len(inner) < len(groups):
        return False
    widths = [width(line) for line in inner]
    widest = max(width(line) for group in groups for line in group)
    is_even = max(widths) >= NARROWEST_WRAPPED and widest <= WIDEST_WRAPPED and min(widths) * 3 >= max(widths) * 2
    return is_even and sum(map(ends_sentence, inner)) * 3 < len(inner)


def _joined(group: Sequence[Line]) -> str:
    """Lines as one text, with a space where they were parted; none between ideographs and after a word's hyphen."""
    pieces = [group[0].text]
    for above, line in pairwise(group):
        wide = east_asian_width(above.text[-1]) in "WF" and east_asian_width(line.text[0]) in "WF"
        hyphenated = HYPHENATED.search(above.text) is not None and line.text[0].isalpha()
        pieces.append(line.text if wide or hyphenated else f" {line.text}")
    return "".join(pieces)
