"""The lines of a text document, and what a line shows without knowing its language."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_KEY = 2000
"""Longer lines are prose or garbage: nothing is looked for in them."""
LONGEST_COMPOSED = 300
"""Composing a run of marks takes time quadratic in its length, so that longer lines stay as they are."""

INVISIBLE = dict.fromkeys(
    [0x00AD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)]
)
HAS_INVISIBLE = re.compile("[" + "".join(map(chr, INVISIBLE)) + "]")
CLOSING = "\"'”’»›」』)）]］】 "
FULL_STOPS = ".。．｡।॥۔։။។"
SENTENCE_ENDS = FULL_STOPS + "!?！？؟;；:：,،、…"
RULE_CHARACTERS = "*-_=~.·•‧・…‐‑‒–—―─━═#+|/\\°※⁂◆◇★☆■□●○▪▫►▼▲◄ \t\u00a0\u3000\ufeff\u200b"
LONGEST_CHROME = 200
"""Headlines and words of a menu are not wider."""
UNSTOPPED = re.compile("[\u0e00-\u0eff]{10}")
"""Thai and Lao, which have neither full stops nor spaces between words."""
LONGEST_UNSTOPPED = 140
WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6b"
    "\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd]"
)
"""Blocks of wide and fullwidth characters in Unicode's EastAsianWidth.txt."""
PROSE_WORDS = 5
PROSE_IDEOGRAPHS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line that shows something."""

    text: str
    """As it stands, without white space at its ends."""
    key: str
    """For looking at: NFC, no invisible characters, white space runs one space; empty where it is too long."""
    blank_before: bool
    """An empty line stands before it."""


def visible_lines(text: str, limit: int) -> list[Line]:
    """The lines that are not empty, at most `limit`. CR, CR LF, NEL, U+2028 and U+2029 end a line like LF does."""
    lines: list[Line] = []
    blank = False
    for raw in text.splitlines():
        stripped = raw.strip()
        key = look(stripped)
        if not key and len(stripped) <= LONGEST_KEY:
            blank = True
            continue
        lines.append(Line(stripped, key, blank))
        blank = False
        if len(lines) == limit:
            break
    return lines


def look(text: str) -> str:
    """`Line.key` of a text."""
    return _key(text) if len(text) <= LONGEST_KEY else ""


@lru_cache(512)  # one rule after the other looks at the same lines
def _key(text: str) -> str:
    visible = text.translate(INVISIBLE) if HAS_INVISIBLE.search(text) else text
    key = " ".join(visible.split())
    return unicodedata.normalize("NFC", key) if len(key) <= LONGEST_COMPOSED else key


def is_rule(line: Line) -> bool:
    """A line of only `***`, `---`, `…` and the like."""
    return not line.text.strip(RULE_CHARACTERS)


def width(line: Line) -> int:
    """How much a line says, roughly in letters of an alphabet: an ideograph counts for two."""
    if not line.key:
        return len(line.text)
    return len(line.key) + _wide(line.key)


def ends_sentence(line: Line, ends: str = SENTENCE_ENDS) -> bool:
    """Whether a line ends as a sentence or a part of one does; closing quotes and brackets do not count."""
    last = line.key.rstrip(CLOSING)[-1:]
    return last != "" and last in ends


def is_prose(line: Line) -> bool:
    """Whether a line is a sentence beyond doubt, not a headline or a word of a menu.

    A full stop after five words (or as many ideographs as they have), or more text than a headline has. Scripts
    without full stops, Thai above all, show it by length alone, and their headlines are shorter.
    """
    may_be_wide = not line.key or 2 * len(line.key) > LONGEST_UNSTOPPED
    if may_be_wide and width(line) > (LONGEST_UNSTOPPED if UNSTOPPED.search(line.key) else LONGEST_CHROME):
        return True
    if not ends_sentence(line, FULL_STOPS):
        return False
    return len(line.key.split()) >= PROSE_WORDS or _wide(line.key) >= PROSE_IDEOGRAPHS


def _wide(key: str) -> int:
    return 0 if key.isascii() else len(WIDE.findall(key))
