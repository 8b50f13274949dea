"""Where the text of a republication ends: at the source line or the comments line, whatever follows them."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.read.credit import (
    COLONS,
    SourceLine,
    ad_marker,
    comments_count,
    is_comments_word,
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

    A source line followed by a comments line is the end. Such a pair counts with `(0)`, for no figure or list has that
    number, with a word for "comments", or with no sentence below it. Of several the first counts, but where sentences
    stand between it and another, that one, so that no text is lost. Under the site's title line one of the two lines is
    enough where nothing but headlines and menu words follows: a sentence below it shows that it is quoted.
    """
    comments = [(at, count) for at, line in enumerate(lines) if (count := comments_count(line.key)) is not None]
    pairs = [(at, count, ending) for at, count in comments if (ending := _pair(lines, at))]
    if not pairs and not titled:
        return None
    prose = [at for at, line in enumerate(lines) if is_prose(line)]
    sure = [(at, ending) for at, count, ending in pairs if count == 0 or _ends_text(lines, at, prose)]
    if sure:
        return _first_without_text_below(sure, prose)
    told = [at for at, count in comments if count == 0 or is_comments_word(lines[at].key)]
    return _single(lines, told, prose[-1] if prose else -1) if titled else None


def _ends_text(lines: Sequence[Line], comments: int, prose: Sequence[int]) -> bool:
    """Whether a comments line with a number is one beyond doubt."""
    no_text_below = not prose or prose[-1] < comments
    return no_text_below or is_comments_word(lines[comments].key) or _two_empty_lists(lines, comments + 1)


def _first_without_text_below(ends: Sequence[tuple[int, Ending]], prose: Sequence[int]) -> Ending:
    """The first end that no sentence parts from the next one."""
    for (at, ending), (_, following) in pairwise(ends):
        if bisect_left(prose, at) == bisect_left(prose, following.start):
            return ending
    return ends[-1][1]


def source_among(lines: Sequence[Line], start: int) -> Ending | None:
    """The first source line among the next few lines, of whatever lines follow them."""
    for at in range(start, min(len(lines), start + LAST_LINES)):
        if source := _source(lines, at):
            return Ending(at, source)
    return None


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


def _single(lines: Sequence[Line], comments: Sequence[int], last_prose: int) -> Ending | None:
    """The end that a source line alone shows, or a comments line alone."""
    for at in range(len(lines) - 1, max(-1, len(lines) - 2 - LAST_LINES), -1):
        source = _source(lines, at)
        if source and (at >= last_prose or _two_empty_lists(lines, at + 1)):
            return Ending(at, source)
    for at in reversed(comments):
        if at >= last_prose or _two_empty_lists(lines, at + 1):
            return Ending(at, None)
    return None


def _source(lines: Sequence[Line], at: int) -> SourceLine | None:
    """What the line at an index says of the source, alone or with the address in the next one."""
    key, following = lines[at].key, lines[at + 1].key if at + 1 < len(lines) else ""
    if key.endswith(tuple(COLONS)) and following.lower().startswith(("http://", "https://")):
        return source_line(f"{key} {following}")
    return source_line(key) or _linked_word(lines, at)


def _linked_word(lines: Sequence[Line], at: int) -> SourceLine | None:
    """A word for "source", alone or with a name; below an advertisement marker also in another language."""
    key = lines[at].key
    below_marker = at > 0 and _is_last_marker(lines[at - 1].key)
    return linked_word(key) or (SourceLine(None, None) if below_marker and looks_like_label(key) else None)


def _is_last_marker(key: str) -> bool:
    marker = ad_marker(key)
    return marker is not None and marker.is_last


def _two_empty_lists(lines: Sequence[Line], start: int) -> bool:
    """The same short line twice at once (`No data`, `No data`): the site's lists, whatever follows."""
    return any(
        first.key == second.key and 0 < len(first.key) <= SHORT for first, second in pairwise(lines[start : start + 3])
    )
