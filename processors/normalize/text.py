"""Text as it was meant: NFC, one kind of white space, nothing invisible, and no stray spaces at punctuation."""

import re
import unicodedata

LONGEST_MARKS = 30
"""Combining marks in a row that are kept: no script piles up so many, and NFC takes time by their square."""
SURROGATES = re.compile("[\ud800-\udfff]")
MARKS_SUSPECTED = re.compile(rf"[^\w\s\x00-\x7f]{{{LONGEST_MARKS + 1}}}")

ENDS_OF_LINES = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x85}
CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - ENDS_OF_LINES
REMOVED = dict.fromkeys({*CONTROLS, 0xFEFF, 0x00AD, 0x2060})
"""Control characters, byte order mark, soft hyphen, word joiner."""
REMOVABLE = re.compile("[" + "".join(f"\\u{code:04x}" for code in REMOVED) + "]")

SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"
"""Thai, Lao, Burmese, Khmer: a zero-width space parts their words."""
JOINING = "\u0600-\u07ff\u0840-\u08ff\u0900-\u0dff\ufb50-\ufdff\ufe70-\ufefc"
"""Arabic and Indic scripts, whose letters joiners shape."""
EMOJI = "\u200d\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
UNUSUAL = re.compile(REMOVABLE.pattern.removesuffix("]") + "\ud800-\udfff\u200b-\u200d]")
"""What nobody sees, and halves of characters; most lines have none."""
ZERO_WIDTH_SPACES = re.compile("\u200b{2,}")
ZERO_WIDTH_SPACE = re.compile(f"(?<![{SOUTH_EAST_ASIAN}])\u200b|\u200b(?![{SOUTH_EAST_ASIAN}])")
JOINERS = re.compile(f"(?<![{JOINING}{EMOJI}])[\u200c\u200d]")

CJK = "\u2e80-\u2fdf\u3001-\u30ff\u31c0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6"
"""Ideographs, kana and their punctuation; Korean parts its words by spaces and is not among them."""
BETWEEN_CJK = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")

WIDE_STOPS = "。、，．；：！？」』）】》〉〕"
STOPS = ",.;:!?)\\]}"
SURE_STOPS = ",،؛؟۔।॥።"
"""Marks that end something whatever follows, but for a number."""
FRENCH_STOPS = ",.)\\]}"
"""French sets a space before the other marks."""
AFTER_A_STOP = "(?=[!?]*(?:[\\s\"'”’»›)\\]}]|$)|(?<=[,;:])[“‘«„(])"
"""A mark that ends something: not the dot of `.vn`, the colon of an emoticon, or dots in a row."""
NEITHER_FACE_NOR_TIME = "(?![:;=][-']?[)(\\]\\[DPp/|]|(?<=[0-9] ):\\s*[0-9])"
"""Not before `:)` and its kin, nor in `10 : 30` and `3 : 2`."""
BEFORE_WIDE_STOP = re.compile(f"(?<=\\S) (?=[{WIDE_STOPS}])")
BEFORE_STOP = re.compile(
    f"(?<=\\S) {NEITHER_FACE_NOR_TIME}(?=[{SURE_STOPS}][^\\W\\d_]|[{STOPS}{SURE_STOPS}]{AFTER_A_STOP})"
)
BEFORE_BRACKET = re.compile("(?<=[^\\s:;=]) (?=[)\\]}])")
BEFORE_FRENCH_STOP = re.compile(f"(?<=\\S) (?=,[^\\W\\d_]|[{FRENCH_STOPS}]{AFTER_A_STOP})")
AFTER_OPENING = re.compile("(?<![:;=][(\\[{])(?<![:;=][-'][(\\[{])(?<=[(\\[{（「『【《〈〔¿¡]) (?=\\S)")
ELISION = re.compile(
    "(?<![\\w'’])((?:[cdjlmnst]|qu|aujourd|quelqu|presqu|jusqu|lorsqu|puisqu|quoiqu)['’]) (?=[^\\W\\d_])", re.IGNORECASE
)
ELIDING = ("fr", "it", "ca", "pt")
SUSPECTED = re.compile(f" (?:[{STOPS}{SURE_STOPS}{WIDE_STOPS}]|(?<=[(\\[{{（「『【《〈〔¿¡'’{CJK}] ))")
"""Where one of these rules may find something; most lines have no such place. It begins with the space, so that only
spaces are looked at."""


def clean_line(text: str) -> str:
    """One line of text: NFC, runs of white space one space, nothing invisible. Idempotent, linear."""
    is_unusual = UNUSUAL.search(text) is not None
    if is_unusual and SURROGATES.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not text.isascii():
        text = unicodedata.normalize("NFC", _without_piles(text) if MARKS_SUSPECTED.search(text) else text)
    if is_unusual:
        text = unicodedata.normalize("NFC", _without_invisible(text.translate(REMOVED)))
    return " ".join(text.split())


def _without_invisible(text: str) -> str:
    """Zero-width spaces and joiners only where they mean something."""
    return JOINERS.sub("", ZERO_WIDTH_SPACE.sub("", ZERO_WIDTH_SPACES.sub("\u200b", text)))


def clean_block(text: str) -> str:
    """The lines of a block, each clean, empty ones dropped."""
    return "\n".join(line for line in map(clean_line, text.split("\n")) if line)


def clean_table(text: str) -> str:
    """Rows on lines, cells parted by tabs, each cell clean."""
    return "\n".join("\t".join(map(clean_line, row.split("\t"))) for row in text.split("\n"))


def repair_spaces(text: str, language: str | None) -> str:
    """A clean line without the spaces that linked words leave at punctuation. Idempotent, linear.

    Numbers, times, addresses and emoticons are left alone; French keeps its space before `: ; ! ? »`.
    """
    return _repaired(text, language) if SUSPECTED.search(text) else text


def _repaired(text: str, language: str | None) -> str:
    text = BETWEEN_CJK.sub("", text)
    text = BEFORE_BRACKET.sub("", AFTER_OPENING.sub("", BEFORE_WIDE_STOP.sub("", text)))
    if language == "fr":
        return ELISION.sub(r"\1", BEFORE_FRENCH_STOP.sub(_unless_after_address, text))
    text = BEFORE_STOP.sub(_unless_after_address, text)
    return ELISION.sub(r"\1", text) if language in ELIDING else text


def _unless_after_address(space: re.Match[str]) -> str:
    """Nothing for a space, but the space itself after an address, which a mark would become a part of."""
    text, at = space.string, space.start()
    word = text[text.rfind(" ", max(at - 300, 0), at) + 1 : at]
    return " " if "://" in word or "@" in word or word.startswith("www.") else ""


def _without_piles(text: str) -> str:
    """At most LONGEST_MARKS combining marks in a row."""
    kept, pile = [], 0
    for char in text:
        pile = pile + 1 if unicodedata.combining(char) else 0
        if pile <= LONGEST_MARKS:
            kept.append(char)
    return "".join(kept)
