"""Where the time of reading goes: the functions of each step, timed in place; a step's own time without those in it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from dongtin.record import Message

STEPS = {
    "take in (headers, identity, hash)": ("bench.read", "accept"),
    "decode to UTF-8": ("processors.read.html", "decode"),
    "find the article (lexbor)": ("processors.read.html", "focus"),
    "parse the article (lxml)": ("processors.read.html", "parse"),
    "what is declared": ("processors.read.html", "read_metadata"),
    "fields by the rule": ("processors.read.html", "read_article_page"),
    "fields by the rule (portal)": ("processors.read.html", "read_portal_page"),
    "cut the body": ("processors.read.article_page", "cut"),
    "cut the body (portal)": ("processors.read.portal_page", "cut"),
    "main text (trafilatura)": ("processors.read.body", "bare_extraction"),
    "normalize": ("processors.look", "normalize"),
    "language": ("processors.normalize.article", "decide"),
    "decide and hash": ("bench.read", "decide"),
    "encode": ("bench.read", "article_records"),
}
ROUNDS = 5
OF_THE_PORTAL = " (portal)"


def steps(messages: Sequence[Message], encoded: Callable[[Message], object]) -> list[str]:
    """Rows of a table: step, milliseconds for a page, share of all."""
    own: dict[str, float] = {}
    with _timed(own):
        began = time.perf_counter()
        for _ in range(ROUNDS):
            for message in messages:
                encoded(message)
        whole = time.perf_counter() - began
    merged: dict[str, float] = {}
    for name, seconds in own.items():
        short = name.removesuffix(OF_THE_PORTAL)
        merged[short] = merged.get(short, 0.0) + seconds
    merged["the rest"] = whole - sum(merged.values())
    scale = 1000 / ROUNDS / len(messages)
    rows = [f"| {name} | {seconds * scale:.3f} | {seconds / whole:.3f} |" for name, seconds in merged.items()]
    return [*rows, f"| all | {whole * scale:.3f} | 1.000 |"]


@contextmanager
def _timed(own: dict[str, float]) -> Iterator[None]:
    """Each step's function replaced by one that adds its own time to `own`."""
    inner = [0.0]
    originals: list[tuple[Any, str, Any]] = []
    for name, (module_name, function_name) in STEPS.items():
        module = import_module(module_name)
        original = getattr(module, function_name)
        originals.append((module, function_name, original))
        own[name] = 0.0
        setattr(module, function_name, _timer(name, original, own, inner))
    try:
        yield
    finally:
        for module, function_name, original in originals:
            setattr(module, function_name, original)


def _timer(name: str, function: Callable[..., Any], own: dict[str, float], inner: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        outer, inner[0] = inner[0], 0.0
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            taken = time.perf_counter() - began
            own[name] += taken - inner[0]
            inner[0] = outer + taken

    return timed
