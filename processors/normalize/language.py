"""Which language a text is in: offline, with what the page declares as the prior. See docs/adr/0002."""

import re
import unicodedata
from functools import cache

from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

from dongtin.events import LanguageDetected

LANGUAGES = (
    "ar",
    "bn",
    "de",
    "el",
    "en",
    "es",
    "fa",
    "fr",
    "hi",
    "id",
    "ja",
    "ko",
    "ms",
    "nl",
    "pt",
    "ru",
    "th",
    "uk",
    "ur",
    "vi",
    "zh",
)
SAMPLE = 3_000
FEWEST_LETTERS = 20
OVERRULING_LETTERS = 200
OVERRULING_CONFIDENCE = 0.9
TWINS = ({"id", "ms"},)
TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|\d{3}))?(?:[-_].*)?",
    re.IGNORECASE,
)
OLD_CODES = {"in": "id", "iw": "he", "ji": "yi"}
WITHOUT_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
REGIONS = {"zh": "zh-CN"}
"""The region that a bare language stands for here: vietnam.vn writes simplified Chinese."""


def bcp47(tag: str) -> str | None:
    """A language tag as BCP 47 spells it, None where it is none. The region is kept for Chinese alone."""
    found = TAG.fullmatch(tag.strip()[:40])
    if not found:
        return None
    language = OLD_CODES.get(found["language"].lower(), found["language"].lower())
    if language != "zh":
        return language
    if (found["script"] or "").lower() == "hant" or (found["region"] or "").upper() in ("TW", "HK", "MO"):
        return "zh-TW"
    return "zh-CN"


def identify(text: str, prior: str | None = None) -> LanguageDetected | None:
    """The language of a text and how sure that is; None where there is too little text."""
    letters = "".join(
        char if char.isalpha() or unicodedata.category(char)[0] == "M" else " " for char in text[: SAMPLE * 2]
    )
    sample = " ".join(letters.split())[:SAMPLE]
    if len(sample.replace(" ", "")) < FEWEST_LETTERS:
        return None
    ranked = dict(_identifier().rank(sample))
    wanted = (prior or "").partition("-")[0]
    best = max(ranked, key=lambda code: (ranked[code], code))
    for twins in TWINS:
        if best in twins and wanted in twins:
            best = wanted
    return LanguageDetected(REGIONS.get(best, best), round(float(ranked[best]), 2))


def decide(declared: str | None, text: str) -> tuple[str | None, LanguageDetected | None, bool]:
    """(language, what was detected, whether the text overrules the declaration)."""
    detected = identify(text, declared)
    if declared is None or detected is None:
        return declared or (detected.language if detected else None), detected, False
    same = declared.partition("-")[0] == detected.language.partition("-")[0]
    sure = detected.confidence >= OVERRULING_CONFIDENCE and _letters(text) >= OVERRULING_LETTERS
    if same or not sure or any({declared, detected.language} <= twins for twins in TWINS):
        return declared, detected, False
    return detected.language, detected, True


def word_count(text: str, language: str | None) -> int:
    """Words; in scripts without spaces a third of the letters."""
    dense = len(WITHOUT_SPACES.findall(text))
    return len([word for word in WITHOUT_SPACES.sub(" ", text).split() if any(map(str.isalnum, word))]) + dense // 3


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text[:5_000]))


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_modelpath(str(MODEL_DIR / MODEL_FILE), norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
