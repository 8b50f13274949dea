"""What is found at all places at once is what py3langid finds byte by byte."""

import json
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier, visit_counts

from processors.normalize import ngram_tables
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


def same(left: ngram_tables.NgramTables, right: ngram_tables.NgramTables) -> bool:
    pairs = [(getattr(left, each.name), getattr(right, each.name)) for each in fields(left)]
    return all(one.dtype == other.dtype and np.array_equal(one, other) for one, other in pairs)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ngram_tables.NgramTables, Path]:
    """Tables as they are unpacked, and the folder where they were kept."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    tables = ngram_tables.load(LANGUAGES, tmp_path)
    (folder,) = tmp_path.iterdir()
    return tables, folder


def test_tables_that_were_kept_are_those_that_were_unpacked(kept: tuple[ngram_tables.NgramTables, Path]) -> None:
    unpacked, folder = kept
    before = folder.stat()
    assert same(ngram_tables.load(LANGUAGES, folder.parent), unpacked)
    assert folder.stat().st_ino == before.st_ino
    assert not same(ngram_tables.load(LANGUAGES[:-1], folder.parent), unpacked)


@pytest.mark.parametrize("length", [None, 0, 60, 1000])
def test_tables_that_are_missing_or_cut_are_unpacked_anew(
    kept: tuple[ngram_tables.NgramTables, Path], length: int | None
) -> None:
    unpacked, folder = kept
    table = folder / "steps.npy"
    whole = table.read_bytes()
    table.unlink()
    if length is not None:
        table.write_bytes(whole[:length])
    assert same(ngram_tables.load(LANGUAGES, folder.parent), unpacked)
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]
    assert table.read_bytes() == whole


def test_where_nothing_can_be_kept_they_are_unpacked_each_time(
    kept: tuple[ngram_tables.NgramTables, Path], tmp_path: Path
) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    assert same(ngram_tables.load(LANGUAGES, no_folder), kept[0])
