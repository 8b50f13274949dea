"""Who wrote it: names as printed, without e-mail addresses and without the publisher's own name."""

import re
import unicodedata
from collections.abc import Sequence

from dongtin.events import Author
from processors.normalize.text import clean_line

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}")


def authors(raw: Sequence[str], publisher_names: Sequence[str]) -> tuple[Author, ...]:
    """The authors in order, each once."""
    own = {_folded(name) for name in publisher_names}
    found: dict[str, Author] = {}
    for printed in raw:
        text = clean_line(printed)[:300]
        name = EMAIL.sub("", text).strip(" ,;-–")
        if name and _folded(name) not in own:
            found.setdefault(_folded(name), Author(name, text))
    return tuple(found.values())


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()
