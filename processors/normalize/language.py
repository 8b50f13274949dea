"""Which language a text is in: offline, with what the page declares as the prior. Why so: docs/adr/0002."""

import re
from functools import cache

from dongtin.events import LanguageDetected
from processors.normalize.ngrams import NgramModel

LANGUAGES = (
    "ar", "bn", "de", "el", "en", "es", "fa", "fr", "hi", "id", "ja",
    "ko", "ms", "nl", "pt", "ru", "th", "uk", "ur", "vi", "zh",
)  # fmt: skip
"""Those of vietnam.vn: among fewer languages fewer are taken for another."""
SAMPLE = 600
"""Characters that are looked at: more change nothing, and cost time."""
FEWEST_LETTERS = 20
"""Under so many letters nothing is said."""
LEAST_CONFIDENCE = 0.4
"""Under this it is none of LANGUAGES, or no language: no text of 20 letters in one of them shows so little."""
OVERRULING_LETTERS = 200
OVERRULING_CONFIDENCE = 0.9
TWINS = frozenset({"id", "ms"})
"""Indonesian and Malay are not told apart against what the page declares."""
INDONESIAN = frozenset(
    (
        *("bahwa", "karena", "kantor", "perusahaan", "kualitas", "aktivitas", "resmi", "universitas", "wisatawan"),
        *("pariwisata", "miliar", "senin", "kamis", "jumat", "agustus", "maret", "desember", "berbeda", "mobil"),
        *(
            "bisa",
            "dasawarsa",
            "prancis",
            "inggris",
            "jepang",
            "eropa",
            "tiongkok",
            "kecamatan",
            "kabupaten",
            "telepon",
        ),
        *("dukungan", "produksi", "ekspor", "impor", "investasi", "listrik", "lingkungan", "olahraga", "tanggal"),
        *(
            "nomor",
            "proyek",
            "film",
            "musik",
            "dokter",
            "stasiun",
            "televisi",
            "tentara",
            "pajak",
            "hektare",
            "kemarin",
        ),
    )
)
MALAY = frozenset(
    (
        *("bahawa", "kerana", "pejabat", "syarikat", "kualiti", "aktiviti", "rasmi", "universiti", "pelancong"),
        *("pelancongan", "bilion", "isnin", "khamis", "jumaat", "ogos", "julai", "disember", "berbeza", "manakala"),
        *("selepas", "dekad", "perancis", "inggeris", "jepun", "eropah", "mesyuarat", "pelbagai", "hujung", "telefon"),
        *("sokongan", "eksport", "import", "pelaburan", "elektrik", "sukan", "tarikh", "nombor", "projek", "filem"),
        *(
            "muzik",
            "doktor",
            "stesen",
            "televisyen",
            "tentera",
            "cukai",
            "sekiranya",
            "tempoh",
            "perkhidmatan",
            "ribut",
        ),
        *("semula", "polis", "lori", "basikal"),
    )
)
"""Words that one of the two has and the other has not, or seldom: they are common in news."""

TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?(?:[-_][a-z0-9]+)*",
    re.IGNORECASE,
)
NO_LETTERS = re.compile("[\x00-&(-@\\[-`{-\x7f\\s]+")
"""All of ASCII but letters and the apostrophe."""
OWN_LETTERS = (
    (re.compile("[ăâđêôơư\u1ea0-\u1ef9]", re.IGNORECASE), "vi", 0.12),
    (re.compile("[\u0e01-\u0e2e]"), "th", 0.6),
    (re.compile("[\uac00-\ud7a3]"), "ko", 0.6),
    (re.compile("[\u0370-\u03ff]"), "el", 0.6),
    (re.compile("[\u0985-\u09b9]"), "bn", 0.6),
)
"""Letters that one of LANGUAGES alone has, and the share of a text's letters from which they decide at once.

Vietnamese prose has 0.16 to 0.3 of its own (seen), a text in another language with Vietnamese names in it under 0.05.
"""
RENAMED = {"in": "id", "iw": "he", "ji": "yi"}
TRADITIONAL_REGIONS = ("TW", "HK", "MO")
DETECTED_AS = {"zh": "zh-CN"}
"""The tag of what is detected; the portal's Chinese is the simplified one."""
DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
"""Letters of scripts that set no space between words: Thai, Lao, Burmese, Khmer, kana, ideographs."""
DENSE_LETTERS_OF_A_WORD = 3


def bcp47(tag: str) -> str | None:
    """A declared tag as BCP 47 spells it; None where it is none.

    The region says something of Chinese alone here: `vi-VN` is `vi`, `zh_cn` is `zh-CN`, `zh-Hant` is `zh-TW`.
    """
    found = TAG.fullmatch(tag.strip()[:40])
    if found is None:
        return None
    language = RENAMED.get(found["language"].lower(), found["language"].lower())
    if language != "zh":
        return language
    traditional = (found["script"] or "").lower() == "hant" or (found["region"] or "").upper() in TRADITIONAL_REGIONS
    return "zh-TW" if traditional else "zh-CN"


def primary(tag: str) -> str:
    """The language without its region."""
    return tag.partition("-")[0]


def identify(text: str, prior: str | None) -> LanguageDetected | None:
    """The language of a text and how sure that is, 0 to 1; None where there are under 20 letters.

    `prior` is what the page declares: it decides between twins.
    """
    sample = NO_LETTERS.sub(" ", text[:SAMPLE]).strip()
    letters = sum(map(str.isalpha, sample))
    if letters < FEWEST_LETTERS:
        return None
    for own, language, share in OWN_LETTERS:
        if len(own.findall(sample)) >= share * letters:
            return LanguageDetected(language, 1.0)
    shares = _model().shares(sample)
    best = max(shares, key=lambda language: (shares[language], language))
    confidence = round(shares[best], 2)
    if best in TWINS:
        best = primary(prior) if prior and primary(prior) in TWINS else _twin(sample) or best
    return LanguageDetected(DETECTED_AS.get(best, best), confidence)


def decide(declared: str | None, text: str) -> tuple[str | None, LanguageDetected | None, bool]:
    """The language of an article, what its text shows, and whether the text overrules the declaration.

    It does with 200 letters or more and confidence, but never between twins.
    """
    detected = identify(text, declared)
    if declared is None or detected is None:
        shows = detected is not None and detected.confidence >= LEAST_CONFIDENCE
        return declared or (detected.language if detected and shows else None), detected, False
    shown, said = primary(detected.language), primary(declared)
    sure = detected.confidence >= OVERRULING_CONFIDENCE and sum(map(str.isalpha, text[:SAMPLE])) >= OVERRULING_LETTERS
    if shown == said or not sure or {shown, said} <= TWINS or (said not in LANGUAGES and _is_latin(text)):
        return declared, detected, False
    return detected.language, detected, True


def _twin(text: str) -> str | None:
    """Which of the twins the words of a text are; None where they do not tell."""
    words = text.casefold().split()
    indonesian, malay = sum(word in INDONESIAN for word in words), sum(word in MALAY for word in words)
    return None if indonesian == malay else "id" if indonesian > malay else "ms"


def word_count(text: str) -> int:
    """Words; in scripts without spaces a third of the letters."""
    spaced = DENSE.sub(" ", text)
    words = sum(word[0].isalnum() or any(map(str.isalnum, word)) for word in spaced.split())
    return words + len(DENSE.findall(text)) // DENSE_LETTERS_OF_A_WORD


def _is_latin(text: str) -> bool:
    """Whether a text is in Latin letters: a declared language that is not among ours may well be what it is in."""
    return sum(char.isalpha() and char < "\u0250" for char in text[:SAMPLE]) * 2 > sum(map(str.isalpha, text[:SAMPLE]))


@cache
def _model() -> NgramModel:
    return NgramModel(LANGUAGES)
