"""The tables of py3langid's model, unpacked once for an environment and then shared by all its processes.

Unpacking takes half a second and 60 MB, for every reading process anew. Where the environment can be written to, the
tables are kept in it, as Python keeps its compiled modules, and mapped: they cost nothing to open, and are in memory
once however many processes use them.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

FORMAT = 1
"""Raised when the meaning of a table changes."""


@dataclass(frozen=True)
class NgramTables:
    """An automaton over bytes, and what each n-gram that it finds says of each language."""

    languages: NDArray[np.str_]
    """ISO 639-1, in the model's order."""
    steps: NDArray[np.uint32]
    """The next state, at the row of a state plus a byte."""
    rows: NDArray[np.intp]
    """State → where its row begins."""
    features: NDArray[np.int32]
    """State → number of the n-gram that ends there; -1 where none does."""
    weights: NDArray[np.float32]
    """Shape (n-grams, languages)."""
    priors: NDArray[np.float32]


def load(languages: Sequence[str], folder: Path | None = None) -> NgramTables:
    """The tables for some languages (ISO 639-1); kept in a folder of the environment unless another is given."""
    source = MODEL_DIR / MODEL_FILE
    told = sha256(f"{FORMAT} {np.intp(0).itemsize} {sys.byteorder} {' '.join(languages)} ".encode())
    told.update(source.read_bytes())
    kept = (folder or Path(sys.prefix) / "var" / "dongtin") / f"ngrams-{told.hexdigest()[:32]}"
    with suppress(OSError, ValueError, EOFError):  # not there yet; cut, no table, or empty
        return _mapped(kept)
    tables = _unpacked(source, languages)
    if not sys.dont_write_bytecode:
        with suppress(OSError):  # nowhere to keep it, or another process was first
            _keep(tables, kept)
    return tables


def _unpacked(source: Path, languages: Sequence[str]) -> NgramTables:
    model = LanguageIdentifier.from_modelpath(str(source), norm_probs=True)
    model.set_languages(list(languages))
    return NgramTables(
        languages=np.array(model.nb_classes),
        steps=np.frombuffer(model.tk_nextmove, dtype=np.uint32),
        rows=np.array(model.tk_row, dtype=np.intp) << 8,
        features=np.array(model.tk_output, dtype=np.int32),
        weights=np.ascontiguousarray(model.nb_ptc, dtype=np.float32),
        priors=np.asarray(model.nb_pc, dtype=np.float32),
    )


def _mapped(folder: Path) -> NgramTables:
    """Raises OSError where a table is missing, ValueError or EOFError where one is damaged."""
    tables = (np.load(_file(folder, each.name), mmap_mode="r", allow_pickle=False) for each in fields(NgramTables))
    return NgramTables(*map(np.asarray, tables))


def _keep(tables: NgramTables, folder: Path) -> None:
    """All of it, or nothing: the folder appears whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for each, table in zip(fields(tables), astuple(tables), strict=True):
            np.save(_file(half, each.name), table, allow_pickle=False)
        half.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one; who has mapped it keeps what it mapped
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"
