"""The byline of a republication: the publisher's name, once or twice, and the day, in a line or in several.

`Báo Thanh niênBáo Thanh niên17/01/2025` is the alternative text of a logo, the name and the date without a space
between them; `Báo Dân trí•25/08/2024` is another form.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from processors.read.text_lines import Line, ends_sentence

DATE = re.compile(
    r"(?P<day>\d{1,2})\s?[/.\-]\s?(?P<month>\d{1,2})\s?[/.\-]\s?(?P<year>\d{4})(?:,?\s\d{1,2}:\d{2}(?:\s?GMT\+7)?)?"
)
NAME_AND_DATE = re.compile(rf"(?P<name>.{{2,260}}?)(?P<joint>[ •·|\-–—]{{0,5}})(?P<date>{DATE.pattern})")
PAPER = re.compile(
    r"(?:báo|tạp chí|đài|truyền hình|thông tấn|cổng|trang|bộ|sở|ban|cục|hội|việt nam|vietnam)\b", re.IGNORECASE
)
"""How names of papers, broadcasters and offices begin; they stay Vietnamese in every language."""
DAYS, MONTHS = 31, 12
NAME_LENGTH = 60
NAME_WORDS = 9
DOUBLED_NAME_LENGTH = 120
FIRST_LINES = 12
"""A byline stands above the text; a lead and the alternative text of a picture may stand above it."""
FIRST_UNMARKED = 3
FIRST_DATES = 5


@dataclass(frozen=True)
class Byline:
    """What a byline says."""

    publisher_name: str | None
    """The name once, as printed."""
    date: str
    """As printed: `17/01/2025`."""
    start: int
    """Index of its first line."""
    end: int
    """Index after its last line."""


def find_byline(lines: Sequence[Line], certain: int = 0) -> Byline | None:
    """The byline among the lines below the site's title line: the surest form first, then the highest.

    A name, a space and a date are also a dateline's form, and a date may stand anywhere: they count in the first lines,
    or in the first `certain` lines, where these are known to stand above the text.
    """
    head = lines[:FIRST_LINES]
    for at, line in enumerate(head):
        if found := _name_and_date(line.key, marked=True):
            return _with_names_above(head, at, *found)
    for at, line in enumerate(head[: max(FIRST_UNMARKED, certain)]):
        if at and (found := _name_and_date(line.key, marked=False)):
            return _with_names_above(head, at, *found)
    for at, line in enumerate(head):
        if _is_date(line.key) and (at < max(FIRST_DATES, certain) or _stands_below_doubled_name(head, at)):
            return _below_names(head, at, is_certain=at < certain)
    return None


def undoubled(name: str) -> tuple[str, bool]:
    """A name that is printed twice in a row, once; and whether it was."""
    half = len(name) // 2
    first, second = name[:half].strip(), name[-half:].strip()
    if half > 1 and first.casefold() == second.casefold():
        return second, True
    return name, False


def _name_and_date(key: str, *, marked: bool) -> tuple[str, str] | None:
    """`marked`: the name is doubled, or not by a space or hyphen parted from the date. Then it may have a comma."""
    found = NAME_AND_DATE.fullmatch(key) if key[-1:].isdecimal() else None
    if found is None or not _is_date(found["date"]):
        return None
    name, doubled = undoubled(found["name"].strip(" •·|-–—"))
    is_marked = doubled or not found["joint"] or not set(found["joint"]).isdisjoint("•·")
    is_name = _is_doubled_name(name) if doubled else _is_name(name.replace(",", "") if marked else name)
    return (name, found["date"]) if is_marked == marked and is_name else None


def _with_names_above(head: Sequence[Line], at: int, name: str, date: str) -> Byline:
    """A byline in one line; the logo's text may stand in the line above."""
    repeated = at > 0 and head[at - 1].key.casefold() == name.casefold()
    return Byline(name, date, at - repeated, at + 1)


def _below_names(head: Sequence[Line], at: int, *, is_certain: bool) -> Byline:
    """A byline whose date stands alone: the name above it, once or twice. The first line of all is the headline.

    `is_certain`: these lines are known to stand above the text.
    """
    date = head[at].key
    name, doubled = undoubled(head[at - 1].key) if at else ("", False)
    twice = doubled or (at > 1 and head[at - 2].key.casefold() == name.casefold())
    once = _is_name(name.replace(",", "") if is_certain else name) and not ends_sentence(head[at - 1])
    if not (_is_doubled_name(name) if twice else once):
        return Byline(None, date, at, at + 1)
    if at > 1 and head[at - 2].key.casefold() == name.casefold():
        return Byline(name, date, at - 2, at + 1)
    if doubled or (at > 1 and (is_certain or _is_paper(name))):
        return Byline(name, date, at - 1, at + 1)
    return Byline(None, date, at, at + 1)


def _is_paper(name: str) -> bool:
    """Whether a name that is printed once, in a line of its own, says that it is a publisher's."""
    return len(name.split()) == 1 or PAPER.match(name) is not None


def _stands_below_doubled_name(head: Sequence[Line], at: int) -> bool:
    """Whether the line above, or the two lines above, print a name twice."""
    return at > 1 and (undoubled(head[at - 1].key)[1] or head[at - 1].key.casefold() == head[at - 2].key.casefold())


def _is_doubled_name(name: str) -> bool:
    """What is printed twice before a date is a name, whatever marks it has: `Bộ Văn hóa, Thể thao và Du lịch`."""
    return 1 < len(name) <= DOUBLED_NAME_LENGTH and any(map(str.isalpha, name))


def _is_name(name: str) -> bool:
    return (
        1 < len(name) <= NAME_LENGTH
        and len(name.split()) <= NAME_WORDS
        and any(map(str.isalpha, name))
        and (name[-1].isalnum() or name[-1] in ").")
        and set(name).isdisjoint(',;:!?。、，："“”[]{}')
    )


def _is_date(key: str) -> bool:
    found = DATE.fullmatch(key)
    return found is not None and 1 <= int(found["day"]) <= DAYS and 1 <= int(found["month"]) <= MONTHS
