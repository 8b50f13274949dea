"""What is found at all places at once is what py3langid finds byte by byte."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier, visit_counts

from processors.normalize.language import LANGUAGES
from processors.normalize.ngrams import NgramModel

GOLDEN = Path(__file__).parents[2] / "golden" / "text"
MODEL = NgramModel(LANGUAGES)
THEIRS = LanguageIdentifier.from_modelpath(str(MODEL_DIR / MODEL_FILE), norm_probs=True)
THEIRS.set_languages(list(LANGUAGES))


def texts() -> list[str]:
    """The articles of the golden cases, in 21 languages."""
    articles = (json.loads(path.read_text()).get("article", {}) for path in sorted(GOLDEN.glob("*/expected.json")))
    return ["\n".join(article["blocks"]) for article in articles if article.get("blocks")]


def walked(text: bytes) -> list[tuple[int, int]]:
    counts = visit_counts(THEIRS.tk_nextmove, THEIRS._rowbase, THEIRS.tk_output, text)
    return list((counts or {}).items())


@pytest.mark.parametrize("text", texts())
@pytest.mark.parametrize("length", [20, 100, 600])
def test_texts_in_all_languages(text: str, length: int) -> None:
    assert MODEL.shares(text[:length]) == dict(THEIRS.rank(text[:length]))


@pytest.mark.parametrize("text", ["", "a", "\ud800", "BÁO THANH NIÊN", "é" * 20])
def test_texts_at_the_edge(text: str) -> None:
    assert MODEL.shares(text) == dict(THEIRS.rank(text))


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_have_the_same_ngrams(text: bytes) -> None:
    assert list(MODEL.features(text).items()) == walked(text)
