"""Where the text of a republication ends: at the source line or the comments line, whatever follows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.read.credit import (
    SourceLine,
    ad_marker,
    comments_count,
    is_source_word,
    linked_word,
    looks_like_label,
    source_line,
)
from processors.read.text_lines import Line, is_prose

LAST_LINES = 25
"""Without a comments line, a source line is the end only so near the end of the document."""
BETWEEN = 2
"""So many lines may stand between the source line and the comments line."""
SHORT = 40


@dataclass(frozen=True)
class Ending:
    """The end of a text."""

    start: int
    """Index of the first line that is no text."""
    source: SourceLine | None
    """None where only the comments line shows the end."""


def find_ending(lines: Sequence[Line], *, titled: bool) -> Ending | None:
    """Where the text ends; `titled`: the site's title line stands above it. None where nothing shows the end.

    A source line followed by a comments line is the end. Of several such pairs the first with `(0)` counts, for no
    figure or list has that number; else the last, so that no text is lost. Under the site's title line one of the two
    lines is enough where nothing but headlines and menu words follows: a sentence below it shows that it is quoted.
    """
    comments = [(at, count) for at, line in enumerate(lines) if (count := comments_count(line.key)) is not None]
    pairs = [(count, ending) for at, count in comments if (ending := _pair(lines, at))]
    if pairs:
        return next((ending for count, ending in pairs if count == 0), pairs[-1][1])
    return _single(lines, [at for at, _ in comments]) if titled else None


def _pair(lines: Sequence[Line], comments: int) -> Ending | None:
    """The end whose comments line stands at an index."""
    last = comments - 1
    if last < 0:
        return None
    source = source_line(lines[last].key, schemeless=True) or linked_word(lines[last].key)
    if source:
        return Ending(last, source)
    if last > 0:
        above = lines[last - 1].key
        if lines[last].key.lower().startswith(("http://", "https://")) and (
            source := source_line(f"{above} {lines[last].key}")
        ):
            return Ending(last - 1, source)
        if _is_last_marker(above) and looks_like_label(lines[last].key):
            return Ending(last, SourceLine(None, None))
    for at in range(last - 1, max(-1, last - 1 - BETWEEN), -1):
        if is_prose(lines[at + 1]):
            break
        if source := source_line(lines[at].key):
            return Ending(at, source)
    return None


def _single(lines: Sequence[Line], comments: Sequence[int]) -> Ending | None:
    """The end that a source line alone shows, or a comments line alone."""
    last_prose = next((at for at in range(len(lines) - 1, -1, -1) if is_prose(lines[at])), -1)
    for at in range(len(lines) - 1, max(-1, len(lines) - 2 - LAST_LINES), -1):
        source = source_line(lines[at].key) or _linked_word(lines, at)
        if source and (at >= last_prose or _two_empty_lists(lines, at + 1)):
            return Ending(at, source)
    for at in reversed(comments):
        if at >= last_prose or _two_empty_lists(lines, at + 1):
            return Ending(at, None)
    return None


def _linked_word(lines: Sequence[Line], at: int) -> SourceLine | None:
    """A word for "source" alone in its line; below an advertisement marker also with a name, or in another language."""
    key = lines[at].key
    if at and _is_last_marker(lines[at - 1].key):
        return linked_word(key) or (SourceLine(None, None) if looks_like_label(key) else None)
    return linked_word(key) if is_source_word(key) else None


def _is_last_marker(key: str) -> bool:
    marker = ad_marker(key)
    return marker is not None and marker.is_last


def _two_empty_lists(lines: Sequence[Line], start: int) -> bool:
    """The same short line twice at once (`No data`, `No data`): the site's lists, whatever follows."""
    return any(
        first.key == second.key and 0 < len(first.key) <= SHORT for first, second in pairwise(lines[start : start + 3])
    )
