"""What the portal's machine makes of a Vietnamese text: sentences of the language, chosen by what the text says.

No translation is meant: the same Vietnamese paragraph gives the same sentences, another one others, so that a
correction of the Vietnamese page changes the same part of each translation.
"""

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path

LANGUAGES: tuple[str, ...] = (
    "ar", "bn", "de", "el", "en", "es", "fa", "fr", "hi", "id",
    "ja", "ko", "ms", "nl", "pt", "ru", "th", "uk", "ur", "zh-cn",
)  # fmt: skip
"""As they stand in addresses."""


@cache
def sentences(language: str) -> dict[str, list[str]]:
    """`headlines`, `leads`, `paragraphs`, `captions` with a place for a number, and the words around an article."""
    found: dict[str, dict[str, list[str]]] = json.loads(
        (Path(__file__).parent / "translations.json").read_text("utf-8")
    )
    return found[language]


def translated(text: str, kind: str, language: str) -> str:
    """The sentence that stands for a Vietnamese text; `kind`: headlines, leads, paragraphs, captions."""
    digest = int.from_bytes(blake2b(f"{kind}\0{text}".encode(), digest_size=8).digest())
    forms = sentences(language)[kind]
    return forms[digest % len(forms)].replace("{n}", str(12 + digest // len(forms) % 988))


def word(kind: str, language: str) -> str:
    """`source`, `comments`, `no_data`."""
    return sentences(language)[kind][0]
