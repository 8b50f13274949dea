"""The tags of an HTML page, one after the other, in one pass; what stands in scripts, styles and comments is none."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from spiders.discovery.markup import attributes

ANY_NAME = r"[A-Za-z][^\s/>]*+"
REST = re.compile(rb"((?>[^>=]++|=\s*+(?>\"[^\"]*+\"|'[^']*+')?+)*+)>")
"""Of a start tag; within quotes stands anything."""
RAW_TEXT = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
"""Elements in which nothing is a tag but their end."""
HIDING = (*RAW_TEXT, "meta")
"""Elements of a head in which, or in whose attributes, there may be what looks like a tag."""


class Tag(NamedTuple):
    """A start tag, or an end tag; scripts and their like have none."""

    name: str
    """In lower case."""
    is_end: bool
    raw: bytes
    """Its attributes."""

    def attributes(self, *wanted: str) -> dict[str, str]:
        """See `spiders.discovery.markup.attributes`."""
        return attributes(self.raw, *wanted)


@lru_cache(8)
def opening(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """What a tag of one of these names begins with, or one that may hide others; of any name where none are given."""
    name = rf"(?:{'|'.join((*names, *HIDING))})(?=[\s/>])" if names else ANY_NAME
    pattern = rf"<(?:(?P<name>{name})|/(?P<ended>{name})|(?P<comment>!--)|(?P<other>[!?]))"
    return re.compile(pattern.encode(), re.IGNORECASE)


def tags(markup: bytes, *names: str) -> Iterator[Tag]:
    """The tags of these names, given in lower case, or all. A tag that is cut ends the page, as for browsers.

    Names are for heads: elsewhere an attribute of another element may hold what looks like a tag.
    """
    pattern, at = opening(names), 0
    while found := pattern.search(markup, at):
        kind, at = found.lastgroup, found.end()
        match kind:
            case "name":
                rest = REST.match(markup, at)
                if rest is None:
                    return
                name, at = _name(found["name"]), rest.end()
                if not names or name in names:
                    yield Tag(name, False, rest[1])
                if name in RAW_TEXT:
                    at = _behind_raw_text(markup, name, at)
            case "comment":
                at = _behind(markup, b"-->", at - 2)
            case "other":
                at = _behind(markup, b">", at)
            case "ended":
                at = _behind(markup, b">", at)
                name = _name(found["ended"])
                if at <= len(markup) and (not names or name in names):
                    yield Tag(name, True, b"")


def _name(written: bytes) -> str:
    return written.decode("latin-1").lower()


def _behind_raw_text(markup: bytes, name: str, at: int) -> int:
    end = _ending(name).search(markup, at)
    return end.end() if end else len(markup)


@lru_cache(len(RAW_TEXT))
def _ending(name: str) -> re.Pattern[bytes]:
    return re.compile(rf"</{name}(?=[\s/>])".encode(), re.IGNORECASE)


def _behind(markup: bytes, mark: bytes, at: int) -> int:
    """The place behind the next mark; the end, and one more, where there is none."""
    end = markup.find(mark, at)
    return end + len(mark) if end >= 0 else len(markup) + 1
