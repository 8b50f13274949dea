"""The translations that a page declares: `<link rel=alternate hreflang=… href=…>` in its head."""

import re

from dongtin.errors import UnreadablePlace
from spiders.discovery.links import Base, absolute
from spiders.discovery.tags import tags
from spiders.discovery.text import looks_like_utf8, utf8

HEAD_BYTES = 262_144
"""How far into a page its declarations are looked for."""
HEAD = ("link", "base", "head", "body")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}", re.IGNORECASE | re.ASCII)
SPELLINGS = {2: str.upper, 4: str.title}
"""Of a region and of a script, by their length."""
MOST = 300
"""Of languages; there are 184 with two letters."""


def alternates(body: bytes, content_type: str | None, url: str) -> dict[str, str]:
    """Absolute addresses by language (BCP 47, `zh-CN`), in the page's order; the first of a language stands.

    `x-default` is left out. Never raises: what is no page has none.
    """
    head = body[:HEAD_BYTES]
    if not looks_like_utf8(head):
        try:
            head = utf8(head, content_type)
        except UnreadablePlace:
            return {}
    found: dict[str, str] = {}
    base = Base(url)
    for tag in tags(head, *HEAD):
        if tag.name == "body" or (tag.name == "head" and tag.is_end):
            break
        if tag.name == "link" and b"lang" in tag.raw.lower():
            said = tag.attributes("rel", "hreflang", "href")
            _add(found, base.url, said.get("href"), said.get("rel", ""), said.get("hreflang", ""))
        elif tag.name == "base":
            base.declare(tag.attributes("href").get("href"))
    return found


def _add(found: dict[str, str], base: str, shown: str | None, rel: str, hreflang: str) -> None:
    code = hreflang.strip().replace("_", "-")
    if LANGUAGE.fullmatch(code) and "alternate" in rel.lower().split() and len(found) < MOST:
        address = absolute(base, shown)
        if address:
            found.setdefault(_spelled(code), address)


def _spelled(code: str) -> str:
    """As RFC 5646 recommends (2.1.1): `zh-CN`, `zh-Hans`."""
    if len(code) <= 3:
        return code.lower()
    first, *others = code.lower().split("-")
    return "-".join(
        (first, *(each.upper() if len(each) == 2 else each.title() if len(each) == 4 else each for each in others))
    )
