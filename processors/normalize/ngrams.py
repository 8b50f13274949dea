"""py3langid's model, asked at all places of a text at once.

py3langid walks its automaton byte by byte, and nearly every step waits for memory: the table has 39 MB. It is an
automaton of Aho and Corasick over n-grams of at most six bytes, so that its state at a place follows from the last six:
six steps, each for all places together, find the same n-grams in a fraction of the time.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from processors.normalize.ngram_tables import load

LONGEST = 6
"""Bytes of an n-gram."""


class NgramModel:
    """Gives what py3langid gives with `norm_probs`, for some languages (ISO 639-1)."""

    def __init__(self, languages: Sequence[str]) -> None:
        tables = load(languages)
        self._languages: list[str] = tables.languages.tolist()
        self._steps, self._rows, self._features = tables.steps, tables.rows, tables.features
        self._weights, self._priors = tables.weights, tables.priors

    def shares(self, text: str) -> dict[str, float]:
        """How likely each language is, 0 to 1, in all 1."""
        plain = unicodedata.normalize("NFC", text.lower() if text.isupper() else text).encode(errors="surrogatepass")
        features = self.features(plain)
        scores = np.zeros(len(self._languages), dtype=np.float32)
        if features:
            numbers = np.fromiter(features, dtype=np.intp, count=len(features))
            counts = np.fromiter(features.values(), dtype=np.float32, count=len(features))
            scores = np.log1p(counts) @ self._weights.take(numbers, axis=0) + self._priors
        scores *= 1 / math.sqrt(len(plain) or 1)
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        return dict(zip(self._languages, shares.tolist(), strict=True))

    def features(self, text: bytes) -> Counter[int]:
        """The n-grams of a text that the model knows, by their numbers, in the order in which the text has them."""
        data = np.frombuffer(text, dtype=np.uint8)
        state: NDArray[np.intp] = np.zeros(len(data), dtype=np.intp)
        for back in range(min(LONGEST, len(data)) - 1, -1, -1):
            # At the places that have so many bytes before them.
            state[back:] = self._steps.take(self._rows.take(state[back:]) + data[: len(data) - back])
        found = self._features.take(state)
        return Counter(found[found >= 0].tolist())
