"""Who wrote it: people and agencies as printed, without e-mail addresses and without the publisher's own name."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from dongtin.events import Author
from processors.normalize.text import clean_line

LONGEST, MOST = 300, 50
"""Characters of what is printed for one author, and authors of one article; more is no list of authors."""
NAME_LENGTH = 80
EMAIL = re.compile(r"[(<\[]?(?:mailto:)?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}[)>\]]?", re.IGNORECASE)
ADDRESS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
SEPARATOR = re.compile(r" [-–—|/•·] |[;,、，\n]| (?:và|and) | & ", re.IGNORECASE)
LABEL = re.compile(r"[^\W\d_](?:(?! [-–—|/•·] )[^:：;|\d]){1,24}[:：] ?")
"""`Tác giả:`, `Bài và ảnh:`, `By:` before the names."""
DESKS = frozenset(("bài", "tin", "ảnh", "hình", "clip", "video", "đồ họa", "text", "photo", "photos"))
"""Of what a label may list: `Bài, ảnh:`. In `Khánh An, ảnh:` a name stands before another's label."""
OF_PICTURES = re.compile(r"(?:ảnh|hình|clip|video|đồ họa|photos?|foto|minh họa) ?[:：]", re.IGNORECASE)
"""Who stands behind it after a writer made the pictures."""
STRAY = " -–—*\"'“”:"
BY = re.compile(r"^by ", re.IGNORECASE)
ACCORDING_TO = re.compile(r"^theo ", re.IGNORECASE)
"""Vietnamese for what an agency wrote; in other languages Theo is a name."""
ASIDE = re.compile(r" ?\((?P<said>[^()]{1,60})\)")
OTHERS = re.compile(r"\d{1,3} tác giả khác", re.IGNORECASE)
"""`and 2 other authors`, where a page shows the first of many."""
ROLES = frozenset(
    ("tổng hợp", "ghi", "thực hiện", "lược dịch", "dịch", "biên dịch", "t.h", "t/h", "theo", "media", "online", "admin")
)
"""What stands beside names and is none: compiled, noted, done, translated, and the brands of a house's own desks."""
OF_BRANDS = re.compile(r"^(?:báo|tạp chí|đài) | (?:online|media|tv|newspaper)$|\.(?:com\.)?vn$")


def authors(printed: Sequence[str], publisher_names: Iterable[str], language: str | None) -> tuple[Author, ...]:
    """The authors in order, each once; `raw` is all that was printed where the name was.

    `language` is the article's (BCP 47), or None.
    """
    own = {_brand(name) for name in publisher_names}
    found: dict[str, Author] = {}
    for each in printed[:MOST]:
        raw = clean_line(each[:LONGEST])
        if _brand(_half(raw)) in own or _brand(raw) in own:  # The name of a house may hold commas and an "and".
            continue
        for name in _names(raw, language):
            if _brand(name) not in own and _brand(_half(name)) not in own:
                found.setdefault(name.casefold(), Author(name, raw))
    return tuple(found.values())[:MOST]


def _names(raw: str, language: str | None) -> Iterator[str]:
    text = ADDRESS.sub(" ; ", EMAIL.sub(" ; ", raw))
    for part in SEPARATOR.split(ASIDE.sub(_aside, _without_label(text.strip(STRAY)))):
        if OF_PICTURES.match(part.strip(STRAY)):
            continue
        prefix = ACCORDING_TO if language == "vi" else BY
        name = prefix.sub("", part.strip(STRAY), count=1).strip()
        if _is_name(name):
            yield name


def _without_label(text: str) -> str:
    found = LABEL.match(text)
    if found is None:
        return text
    listed = [part.strip(STRAY).casefold() for part in SEPARATOR.split(found[0].rstrip(" :："))]
    return text[found.end() :] if len(listed) == 1 or DESKS.issuperset(listed) else text


def _aside(found: re.Match[str]) -> str:
    """What is in brackets: a role goes, an agency is a name of its own, anything else stays as it is printed."""
    said = found["said"].strip()
    if said.casefold() in ROLES:
        return ""
    return f" ; {said}" if ACCORDING_TO.match(said) else found[0]


def _is_name(name: str) -> bool:
    return (
        1 < len(name) <= NAME_LENGTH
        and any(map(str.isalpha, name))
        and name.casefold() not in ROLES
        and not OTHERS.fullmatch(name)
    )


@lru_cache(256)  # the names of a house come with each of its pages
def _brand(name: str) -> str:
    """What tells one house from another: `Báo Thanh Niên`, `THANH NIÊN ONLINE` and `thanhnien.vn` agree."""
    bare = OF_BRANDS.sub("", OF_BRANDS.sub("", unicodedata.normalize("NFC", name).casefold().strip()))
    marked = unicodedata.normalize("NFD", bare.replace("đ", "d"))
    return "".join(char for char in marked if char.isalnum())


def _half(name: str) -> str:
    """The first half of a name that is printed twice in a row, else all of it."""
    half = len(name) // 2
    first, second = name[:half].strip(), name[-half:].strip()
    return first if half and first == second else name
