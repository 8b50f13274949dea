"""Source line, comments line and advertisement markers of a republication, each a line of its own.

They are known by their form, in whatever language a machine has translated them to: `Source: <address>`,
`स्रोत: <address>`, `コメント（0）`, `[広告2]`. Words are looked up only where the form alone does not decide.
"""

import re
import unicodedata
from dataclasses import dataclass

from processors.read.text_lines import look

COLONS = ":：﹕︓៖∶꞉፡"
LABEL_LENGTH = 30
LABEL_WORDS = 4
BARE_LABEL_WORDS = 3
NAME_LENGTH = 60
NAME_WORDS = 8
FIRST_MARKER, LAST_MARKER = 1, 2
SLACK = {"_": None, "＿": None, "": 2, " ": 0}
STRAY_WORDS = 3
"""So many words may follow an address in its line; more are a sentence."""
SLUG_WORDS = 15
SCHEME = re.compile(r"https?://", re.IGNORECASE)
SCHEMELESS = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,10}/\S", re.IGNORECASE)
FILE_ENDING = re.compile(r"\.(?:html?|chn|vnp|vov|epi|aspx?|php|amp)$", re.IGNORECASE)
COMMENTS = re.compile(r"(?P<label>.{2,40}?)\s?[(（]\s?(?P<count>\d{1,9})\s?[)）]")
AD_MARKER = re.compile(r"[\[［【]\s?(?P<word>[^\[\]［］【】]{2,24}?)(?P<joint>[_＿ ]?)(?P<number>\d)\s?[\]］】]")
OPENING = {")": "(", "]": "[", "）": "（"}
AFTER_ADDRESS = ".,;:!?'\"”’»>。、，；：！？।۔؛،"

SOURCE_WORDS = (
    ("source", "source link", "original source", "link source"),
    ("source", "lien source", "source originale", "lien vers la source"),
    ("quelle", "quellenlink", "fuente", "enlace fuente", "enlace de origen", "bron", "bronlink"),
    ("fonte", "link da fonte", "link de origem", "link fonte", "kaynak", "źródło", "pinagmulan"),
    ("sumber", "tautan sumber", "sumber berita", "pautan sumber"),
    ("nguồn", "link nguồn", "nguồn tin"),
    ("источник", "ссылка на источник", "исходная ссылка", "джерело", "посилання на джерело"),
    ("πηγή", "σύνδεσμος πηγής", "المصدر", "مصدر", "رابط المصدر"),
    ("منبع", "لینک منبع", "ماخذ", "ماخذ لنک", "ماخذ کا لنک", "ذریعہ"),
    ("स्रोत", "स्रोत लिंक", "সূত্র", "উৎস", "উৎস লিঙ্ক", "সূত্র লিঙ্ক"),
    ("ที่มา", "แหล่งที่มา", "ลิงก์ต้นทาง", "ลิงค์ต้นทาง", "ลิงก์ที่มา", "ប្រភព", "ແຫຼ່ງ", "ແຫຼ່ງທີ່ມາ"),
    ("出典", "ソース", "情報源", "ソースリンク", "来源", "来源链接", "源链接", "源"),
    ("원천", "출처", "소스", "출처 링크", "소스 링크"),
)
"""Words for "source" and "source link", as machines write them."""
LABELS = frozenset(look(word).casefold() for words in SOURCE_WORDS for word in words)
WORDS = tuple(LABELS)
LAST_LETTERS = frozenset(label[-1] for label in LABELS)
LABEL_LENGTHS = sorted({len(label) for label in LABELS}, reverse=True)


COMMENTS_WORDS = (
    ("comment", "comments", "commentaire", "commentaires", "kommentar", "kommentare", "comentario", "comentarios"),
    ("reactie", "reacties", "opmerking", "opmerkingen", "comentário", "comentários", "commento", "commenti"),
    ("komentar", "ulasan", "komen", "bình luận", "komento", "комментарий", "комментарии", "коментар", "коментарі"),
    ("σχόλιο", "σχόλια", "تعليق", "تعليقات", "نظر", "نظرات", "دیدگاه", "تبصرہ", "تبصرے"),
    ("टिप्पणी", "टिप्पणियाँ", "মন্তব্য", "ความคิดเห็น", "แสดงความคิดเห็น", "การแสดงความคิดเห็น", "មតិ", "ຄຳເຫັນ"),
    ("コメント", "댓글", "의견", "评论", "留言"),
)
COMMENTS_LABELS = frozenset(look(word).casefold() for words in COMMENTS_WORDS for word in words)


@dataclass(frozen=True)
class SourceLine:
    """A line that says where a text comes from."""

    url: str | None
    """The address as printed; None where a word was the link, and its address is lost in the text."""
    author: str | None
    """The writer's name, where it is glued before the label."""


@dataclass(frozen=True)
class AdMarker:
    """A line that marks where an advertisement stood."""

    is_last: bool
    """`[ad_2]`, which stands below the text; `[ad_1]` stands above it."""
    slack: int | None
    """How many lines may stand between it and its place, the head or the end of the text; None where it is sure.

    `[ad_2]` is sure. `[広告2]` has the form of `[Figure2]` and `[ad 2]` that of `[Part 2]`: their place must tell.
    """

    def is_in_place(self, *, before: int, after: int) -> bool:
        """Whether it is one, given how many paragraphs are above it and how many lines below."""
        return self.slack is None or (after <= self.slack if self.is_last else before <= 1 + self.slack)


def source_line(key: str, *, schemeless: bool = False) -> SourceLine | None:
    """A short label, a colon of any script, and an address; `schemeless`: it may begin without `https://`."""
    scheme = SCHEME.search(key) if "://" in key else None
    start = scheme.start() if scheme else _schemeless_start(key) if schemeless else None
    if start is None:
        return None
    label = key[:start].rstrip(" <([“\"'«")
    author = _label_author(label[:-1].rstrip()) if label and label[-1] in COLONS else None
    url = _address(key[start:])
    if author is None or url is None:
        return None
    return SourceLine(url if scheme else f"https://{url}", author or None)


def linked_word(key: str) -> SourceLine | None:
    """A word for "source" alone, or glued after the writer's name: it was a link."""
    if is_source_word(key):
        return SourceLine(None, None)
    name = _glued_name(key)
    return SourceLine(None, name) if name else None


def is_source_word(key: str) -> bool:
    """A word for "source" alone."""
    return len(key) <= LABEL_LENGTHS[0] and key.casefold() in LABELS


def ends_with_source_word(key: str) -> bool:
    """Whether its last letters are a word for "source", glued to others or not."""
    return key[-1:].casefold()[-1:] in LAST_LETTERS and key[-LABEL_LENGTHS[0] :].casefold().endswith(WORDS)


def looks_like_label(key: str) -> bool:
    """At most three words of letters: what a word for "source" in a language that no list names looks like."""
    return 0 < len(key) <= LABEL_LENGTH and len(key.split()) <= BARE_LABEL_WORDS and _is_words(key)


def comments_count(key: str) -> int | None:
    """The number of a comments line, a few words and a number in brackets: `Comment (0)`, `コメント（12）`."""
    found = COMMENTS.fullmatch(key) if key.endswith((")", "）")) else None
    if found is None or len(found["label"].split()) > LABEL_WORDS or not _is_words(found["label"]):
        return None
    return int(found["count"])


def is_comments_word(key: str) -> bool:
    """Whether a line with a number in brackets says "comments", in a language that we know."""
    found = COMMENTS.fullmatch(key)
    return found is not None and found["label"].casefold() in COMMENTS_LABELS


def ad_marker(key: str) -> AdMarker | None:
    """`[ad_2]`, `[iklan_2]`, `[広告2]`, `［विज्ञापन_१］`: a word and 1 or 2 in square brackets, alone in the line."""
    found = AD_MARKER.fullmatch(key) if key[:1] in ("[", "［", "【") else None
    if found is None:
        return None
    word = found["word"].strip("_＿ ")
    number = unicodedata.digit(found["number"])
    if number not in (FIRST_MARKER, LAST_MARKER) or sum(map(str.isalpha, word)) <= 1 or not _is_words(word):
        return None
    return AdMarker(number == LAST_MARKER, SLACK[found["joint"]])


def _address(text: str) -> str | None:
    """The address that a text begins with, up to white space; None where a sentence follows it.

    Machine translation puts spaces into addresses. Where the pieces end like a file's name and the first alone does
    not, they are one address, and the hyphens that were between them are put back.
    """
    pieces = text.split()
    first, last = _trimmed(pieces[0]), _trimmed(pieces[-1])
    if 1 < len(pieces) <= SLUG_WORDS and FILE_ENDING.search(last) and not FILE_ENDING.search(first):
        return _trimmed("-".join(pieces))
    is_address = "." in first and len(pieces) <= 1 + STRAY_WORDS
    return first if is_address else None


def _schemeless_start(key: str) -> int | None:
    """Where `thanhnien.vn/…` begins, right after the first colon."""
    colon = next((at for at, character in enumerate(key[: LABEL_LENGTH + NAME_LENGTH]) if character in COLONS), None)
    if colon is None:
        return None
    start = colon + 1 + (key[colon + 1 : colon + 2] == " ")
    return start if SCHEMELESS.match(key, start) else None


def _label_author(label: str) -> str | None:
    """The name glued before a label, `""` where the label stands alone, None where it is no label."""
    is_label = 0 < len(label) <= LABEL_LENGTH and len(label.split()) <= LABEL_WORDS and _is_words(label)
    return _glued_name(label) or ("" if is_label else None)


def _glued_name(key: str) -> str | None:
    """`HA KIEN` of `HA KIENQuelle`: a word for "source" without a space before it, after a name."""
    for length in LABEL_LENGTHS if ends_with_source_word(key) else ():
        name, word = key[:-length], key[-length:]
        if name and word.casefold() in LABELS and _is_glued(name[-1], word[0]) and is_name(name):
            return name
    return None


def _is_glued(before: str, first: str) -> bool:
    """Whether a word begins here without a space: with a capital, or in another script than the letters before it."""
    if _is_cased(first):
        return first.isupper() and (before.isalpha() or before in ".)）")
    return _is_cased(before) or before in ".)）"


def is_name(name: str) -> bool:
    """Whether it may be a name: short, and not beginning with a small letter."""
    return (
        1 < len(name) <= NAME_LENGTH and len(name.split()) <= NAME_WORDS and name[0].isalpha() and not name[0].islower()
    )


def _is_cased(character: str) -> bool:
    return character.isupper() or character.islower()


def _is_words(text: str) -> bool:
    """Only letters, their marks, spaces, hyphens and apostrophes, and at least one letter."""
    return any(map(str.isalpha, text)) and all(
        character.isalpha() or character in " -'’/" or unicodedata.category(character)[0] == "M" for character in text
    )


def _trimmed(url: str) -> str:
    """Without the punctuation that follows an address; a closing bracket stays where it was opened within."""
    unopened = {closing: url.count(closing) - url.count(opening) for closing, opening in OPENING.items()}
    end = len(url)
    while end and (url[end - 1] in AFTER_ADDRESS or unopened.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in unopened:
            unopened[url[end]] -= 1
    return url[:end]
