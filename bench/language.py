"""How often the language of a text is missed, by its length; Indonesian and Malay with and without a prior.

The texts are our own: the paragraphs of the golden cases in 21 languages, and sentences in the two twins.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from processors.normalize.language import identify, primary

LENGTHS = (20, 50, 100, 200)
GOLDEN = Path(__file__).parent.parent / "tests" / "golden" / "text"
TWINS = Path(__file__).parent / "twins.json"


def table() -> str:
    """The error table and the time for a text, in Markdown."""
    lines = ["# Language identification", "", "## Missed, by letters of text", ""]
    lines += ["| letters | texts | missed | languages missed |", "|---:|---:|---:|---|"]
    for length in LENGTHS:
        samples = list(_samples(length))
        wrong = sorted({language for language, text in samples if not _right(language, text, None)})
        missed = sum(not _right(language, text, None) for language, text in samples)
        lines.append(f"| {length} | {len(samples)} | {missed / len(samples):.1%} | {', '.join(wrong) or 'none'} |")
    lines += [
        "",
        "## Indonesian and Malay",
        "",
        "| letters | texts | missed without prior | with the right prior |",
        "|---:|---:|---:|---:|",
    ]
    for length in (*LENGTHS[:-1], None):
        twins = [
            (language, (length and _letters(text, length)) or text)
            for language, texts in _twins().items()
            for text in texts
        ]
        alone = sum(not _right(language, text, None) for language, text in twins)
        told = sum(not _right(language, text, language) for language, text in twins)
        lines.append(f"| {length or 'all'} | {len(twins)} | {alone / len(twins):.1%} | {told / len(twins):.1%} |")
    text = " ".join(sentence for texts in _twins().values() for sentence in texts)[:3000]
    lines += [
        "",
        f"Time for a text of {len(text):,} letters: {_milliseconds(lambda: identify(text, None)):.2f} ms (median).",
        "",
    ]
    return "\n".join(lines)


def _right(language: str, text: str, prior: str | None) -> bool:
    detected = identify(text, prior)
    return detected is not None and primary(detected.language) == primary(language)


def _samples(length: int) -> Iterator[tuple[str, str]]:
    """From the beginning of each paragraph on, so many letters of the article."""
    for case in sorted(GOLDEN.glob("*/expected.json")):
        article = json.loads(case.read_text()).get("article", {})
        blocks = article.get("blocks", ()) if article.get("language") else ()
        for at in range(len(blocks)):
            if beginning := _letters(" ".join(blocks[at:]), length):
                yield article["language"], beginning


def _letters(text: str, length: int) -> str | None:
    """The beginning of a text that has so many letters; None where the text has fewer."""
    counts = accumulate(map(str.isalpha, text))
    return next((text[:end] for end, count in enumerate(counts, 1) if count == length), None)


def _twins() -> dict[str, list[str]]:
    twins: dict[str, list[str]] = json.loads(TWINS.read_text())
    return twins


def _milliseconds(call: Callable[[], object]) -> float:
    times = []
    for _ in range(50):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000
