"""Lines that are the alternative text of a picture: it stays as the original's publisher wrote it.

Papers write their Vietnamese headline and a number (`… - Ảnh 1.`, `… - 1`), a file's name, or the caption once more.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from processors.read.text_lines import Line, width

NUMBERED_PHOTO = re.compile(r"(?:.{2,280}?\s?)?[-–—]\s?(?:ảnh|hình)\s?\d{1,3}\s?\.?", re.IGNORECASE)
PHOTO = re.compile(r"(?:ảnh|hình)\s?\d{1,3}\s?\.?", re.IGNORECASE)
NUMBERED = re.compile(r"(?P<title>.{8,280}[^\s\d])\s?[-–—]\s?\d{1,2}")
FILE_NAME = re.compile(r".{1,240}\.(?:jpe?g|jfif|png|webp|gif|bmp|avif|heic)", re.IGNORECASE)
LONGEST_ENDING = len(".webp")
FILE_NAME_PART = re.compile(r"\d{5}|_")
VIETNAMESE = re.compile(r"[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
"""Letters that no other language has which vietnam.vn is translated to."""
SYLLABLE = re.compile(
    r"(?:b|ch?|d|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu?|r|s|th?|tr|v|x)?[aeiouy]{1,3}(?:ch?|m|ng?|nh|p|t)?", re.IGNORECASE
)
"""A Vietnamese word without its marks: no other language has only such ones."""
TITLE_WORDS = 4
VIETNAMESE_WORDS = 2
LETTERS_OF_ONE = 12
"""In Vietnamese one letter in six is one of VIETNAMESE; in other languages only names have them."""
PROSE_WIDTH = 40
"""Narrower lines do not tell a text's language, and are not captions."""
CAPTION_LENGTH = 300


class PictureLines:
    """Tells the alternative texts of a document; some need its headline and language to be told."""

    def __init__(self, headline: Line | None, lines: Sequence[Line]) -> None:
        self._headline = headline.key.casefold() if headline else None
        self._lines = lines

    def is_alternative_text(self, line: Line, following: Line | None = None) -> bool:
        """Whether a line is one. Where it cannot be told from a sentence, it is not.

        `following`: the next line, where alternative texts stand among the lines as captions do.
        """
        if is_picture_name(line) or self._is_numbered_headline(line.key) or _is_repeated(line, following):
            return True
        return PHOTO.fullmatch(line.key) is not None and not self._is_vietnamese

    @cached_property
    def _is_vietnamese(self) -> bool:
        """Looks at all of the text, which few lines ask for."""
        told = [line.key for line in self._lines if width(line) >= PROSE_WIDTH and not NUMBERED.fullmatch(line.key)]
        letters = "".join(told or [line.key for line in self._lines])
        return len(VIETNAMESE.findall(letters)) * LETTERS_OF_ONE >= sum(map(str.isalpha, letters))

    def _is_numbered_headline(self, key: str) -> bool:
        """`HEADLINE - 1`: the headline above, or Vietnamese in a text of another language."""
        found = NUMBERED.fullmatch(key) if key[-1:].isdecimal() else None
        if found is None:
            return False
        title = found["title"].strip()
        return title.casefold() == self._headline or (not self._is_vietnamese and _is_vietnamese_title(title))


def is_picture_name(line: Line) -> bool:
    """`… - Ảnh 1.`, or a picture's file name, which a machine may have translated in part."""
    # Their ends are looked at first: most lines are sentences, which the patterns would go through for nothing.
    if line.key.rstrip(" .")[-1:].isdecimal() and NUMBERED_PHOTO.fullmatch(line.key):
        return True
    if "." not in line.key[-LONGEST_ENDING:-1] or not FILE_NAME.fullmatch(line.key) or "://" in line.key:
        return False
    if " " not in line.key:
        return True
    return FILE_NAME_PART.search(line.key) is not None and set(line.key).isdisjoint(",;:!?。、")


def _is_vietnamese_title(title: str) -> bool:
    """Vietnamese throughout: half of its words are syllables with marks. Two Vietnamese names do not make a title."""
    words = [word for raw in title.split() if (word := raw.strip(".,:;!?…()'\"‘’“”-–—"))]
    sure = sum(VIETNAMESE.search(word) is not None for word in words)
    return len(words) >= TITLE_WORDS and sure >= VIETNAMESE_WORDS and 2 * sum(map(_is_marked, words)) >= len(words)


def _is_marked(word: str) -> bool:
    """Whether a word is a Vietnamese syllable with a mark."""
    bare = "".join(
        char for char in unicodedata.normalize("NFD", word.replace("đ", "d").replace("Đ", "D")) if char.isascii()
    )
    return not word.isascii() and SYLLABLE.fullmatch(bare) is not None


def _is_repeated(line: Line, following: Line | None) -> bool:
    """A caption printed twice: once as alternative text, and once more as the paragraph that it stays."""
    return (
        following is not None
        and width(line) >= PROSE_WIDTH
        and 0 < len(line.key) <= CAPTION_LENGTH
        and line.key.casefold() == following.key.casefold()
    )
