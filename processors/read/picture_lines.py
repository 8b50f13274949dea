"""Lines that are the alternative text of a picture: it stays as the original's publisher wrote it.

Papers write their Vietnamese headline and a number (`… - Ảnh 1.`, `… - 1`), a file's name, or the caption once more.
"""

import re
from collections.abc import Sequence

from processors.read.text_lines import Line

NUMBERED_PHOTO = re.compile(r".{2,280}?\s?[-–—]\s?(?:ảnh|hình)\s?\d{1,3}\s?\.?", re.IGNORECASE)
NUMBERED = re.compile(r"(?P<title>.{8,280}[^\s\d])\s?[-–—]\s?\d{1,2}")
FILE_NAME = re.compile(r".{1,240}\.(?:jpe?g|jfif|png|webp|gif|bmp|avif|heic)", re.IGNORECASE)
FILE_NAME_PART = re.compile(r"\d{5}|_")
VIETNAMESE = re.compile(r"[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
"""Letters that no other language has which vietnam.vn is translated to."""
TITLE_WORDS = 4
VIETNAMESE_WORDS = 2
PROSE_LENGTH = 40
"""Shorter lines do not tell a text's language, and are not captions."""
CAPTION_LENGTH = 300


class PictureLines:
    """Tells the alternative texts of a document; some need its headline and language to be told."""

    def __init__(self, headline: Line | None, lines: Sequence[Line]) -> None:
        self._headline = headline.key.casefold() if headline else None
        long = [line for line in lines if len(line.key) >= PROSE_LENGTH]
        self._is_vietnamese = 2 * sum(_shows_vietnamese(line.key) for line in long) >= len(long)

    def is_alternative_text(self, line: Line, following: Line | None) -> bool:
        """Whether a line is one. Where it cannot be told from a sentence, it is not."""
        return is_picture_name(line) or self._is_numbered_headline(line.key) or _is_repeated(line, following)

    def _is_numbered_headline(self, key: str) -> bool:
        """`HEADLINE - 1`: the headline above, or Vietnamese in a text of another language."""
        found = NUMBERED.fullmatch(key)
        if found is None:
            return False
        title = found["title"].strip()
        return title.casefold() == self._headline or (not self._is_vietnamese and _is_vietnamese_title(title))


def is_picture_name(line: Line) -> bool:
    """`… - Ảnh 1.`, or a picture's file name, which a machine may have translated in part."""
    if NUMBERED_PHOTO.fullmatch(line.key):
        return True
    if not FILE_NAME.fullmatch(line.key) or "://" in line.key:
        return False
    if " " not in line.key:
        return True
    return FILE_NAME_PART.search(line.key) is not None and set(line.key).isdisjoint(",;:!?。、")


def _shows_vietnamese(key: str) -> bool:
    """At least two words have a letter that only Vietnamese has."""
    return _vietnamese_words(key) >= VIETNAMESE_WORDS


def _is_vietnamese_title(title: str) -> bool:
    """Vietnamese throughout: about half of its words have such a letter. Two Vietnamese names do not make a title."""
    words = len(title.split())
    return words >= TITLE_WORDS and _vietnamese_words(title) * 5 >= words * 2


def _vietnamese_words(key: str) -> int:
    return sum(VIETNAMESE.search(word) is not None for word in key.split())


def _is_repeated(line: Line, following: Line | None) -> bool:
    """A caption printed twice: once as alternative text, and once more as the paragraph that it stays."""
    return (
        following is not None
        and PROSE_LENGTH <= len(line.key) <= CAPTION_LENGTH
        and line.key.casefold() == following.key.casefold()
    )
