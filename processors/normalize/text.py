"""Text as it should have been: one white space, NFC, no invisible characters, no space where a script has none."""

import re
import unicodedata

NEVER = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xFEFF, 0xAD, 0x2060])
for _space in (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85):
    del NEVER[_space]
MARKS = 30
LONG_MARKS = re.compile(r"([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31\u0e34-\u0e3a\u20d0-\u20ff]{30})[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31\u0e34-\u0e3a\u20d0-\u20ff]+")
ZERO_WIDTH_SPACE = re.compile(r"(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b|\u200b(?![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])")
JOINERS = re.compile(
    r"(?<![\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\ufb50-\ufdff\ufe70-\ufeff\ufe0f\u2600-\u27bf\U0001f000-\U0001faff])[\u200c\u200d]"
)
NO_SPACE_BEFORE = re.compile(
    r"(?<=\S) +(?![:.]\s*\d)(?=[,.;:!?)\]}،؛؟。、，；：！？」』）】》।॥۔](?:[\s\"'”’»]|$))"
)
FRENCH = re.compile(r"(?<=\S) +(?=[,.)\]}](?:[\s\"'”’»)\]]|$))")
NO_SPACE_AFTER = re.compile(r"(?<=[(\[{（「『【《]) +(?=\S)")
ELISION = re.compile(r"(?<![^\W\d_])((?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’]) +(?=\w)", re.IGNORECASE)
CJK = r"\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
BETWEEN_CJK = re.compile(rf"(?<=[{CJK}]) +(?=[{CJK}])")
EMOTICON = re.compile(r"^[:;][-']?[)(DPp\]]")


def clean_line(text: str) -> str:
    """One line: NFC, white space runs one space, nothing invisible."""
    text = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text) if not _sound(text) else text
    text = text.translate(NEVER)
    if not text.isascii():
        text = unicodedata.normalize("NFC", LONG_MARKS.sub(r"\1", text))
        text = JOINERS.sub("", ZERO_WIDTH_SPACE.sub("", text))
    return " ".join(text.split())


def clean_block(text: str) -> str:
    """Lines of a block, each clean."""
    return "\n".join(line for line in map(clean_line, text.split("\n")) if line)


def clean_table(text: str) -> str:
    """Rows on lines, cells parted by tabs, each cell clean."""
    return "\n".join("\t".join(map(clean_line, row.split("\t"))) for row in text.split("\n"))


def repair_spaces(text: str, language: str | None) -> str:
    """Spaces that automatic links left at punctuation."""
    if " " not in text:
        return text
    text = NO_SPACE_AFTER.sub("", BETWEEN_CJK.sub("", text))
    text = (FRENCH if language == "fr" else NO_SPACE_BEFORE).sub("", text)
    return ELISION.sub(r"\1", text) if language in ("fr", "it") else text


def _sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
