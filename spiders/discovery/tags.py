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


class Tag(NamedTuple):
    """A start tag, or an end tag."""

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
    """What a tag of one of these names begins with, or one that hides others; of any name where none are given."""
    name = rf"(?:{'|'.join((*names, *RAW_TEXT))})(?=[\s/>])" if names else ANY_NAME
    return re.compile(rf"<(?:(?P<comment>!--)|(?P<end>/?)(?P<name>{name})|(?P<other>[!?]))".encode(), re.IGNORECASE)


def tags(markup: bytes, *names: str) -> Iterator[Tag]:
    """The tags of these names, given in lower case, or all. A tag that is cut ends the page, as for browsers."""
    pattern, at, size = opening(names), 0, len(markup)
    while found := pattern.search(markup, at):
        at = found.end()
        if found["comment"]:
            at = _behind(markup, b"-->", at - 2)
        elif found["other"] or found["end"]:
            at = _behind(markup, b">", at)
            if found["end"] and at <= size:
                yield Tag(found["name"].lower().decode("utf-8", "replace"), True, b"")
        elif rest := REST.match(markup, at):
            at = rest.end()
            name = found["name"].lower().decode("utf-8", "replace")
            yield Tag(name, False, rest[1])
            if name in RAW_TEXT and (end := _end_of(name).search(markup, at)):
                at = end.start()
            elif name in RAW_TEXT:
                return
        else:
            return


@lru_cache(len(RAW_TEXT))
def _end_of(name: str) -> re.Pattern[bytes]:
    return re.compile(rf"</{name}(?=[\s/>])".encode(), re.IGNORECASE)


def _behind(markup: bytes, mark: bytes, at: int) -> int:
    """The place behind the next mark; the end, and one more, where there is none."""
    end = markup.find(mark, at)
    return end + len(mark) if end >= 0 else len(markup) + 1
