"""The part of a page that speaks of its article, as a small page of its own.

A page of 150 KB is menus, scripts and lists around 5 KB of article. lexbor parses it four times as fast as libxml2, and
finds the container; lxml, which trafilatura works on, then gets only the smallest element that holds the container and
what the template looks up, with what the head declares. Why two parsers: docs/adr/0008.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from itertools import islice

import numpy as np
from selectolax.lexbor import LexborHTMLParser, LexborNode

from processors.publishers import Selectors, Template
from processors.read.reading import SHORT_WORDS
from processors.read.select import css_of

MOST_TAGS = 15_000
"""Of a page that lexbor reads: it takes time by the square of the depth. Real pages have 3 to 6 thousand."""
DECLARED = 'meta, link, title, base, script[type*="ld+json" i]'
DECLARED_IN_BODY = '[content], [rel], [type*="ld+json" i]'
"""Where a head was ended too early, or a script stands below."""
DECLARING = frozenset({"meta", "link", "title", "base", "script"})
MARK = re.compile(r"[.#\[]")
TAG = re.compile(r"^[\w-]+(?=[.#\[])")


def focus(markup: bytes, templates: Iterable[Template]) -> bytes | None:
    """The small page, of the first template whose container the page has; None where it has none, or has many tags."""
    if np.count_nonzero(np.frombuffer(markup, dtype=np.uint8) == ord("<")) > MOST_TAGS:  # bytes.count takes five times
        return None
    page = LexborHTMLParser(markup)
    for template in templates:
        for selector in template.container:
            if container := _container(page, selector):
                return _small_page(page, container, template)
    return None


def _container(page: LexborHTMLParser, selector: str) -> LexborNode | None:
    """Of several containers the first that holds text."""
    first = page.css_first(selector)
    if first is None or first.text(strip=True):
        return first
    return next((each for each in page.css(selector) if each.text(strip=True)), first)


def _small_page(page: LexborHTMLParser, container: LexborNode, template: Template) -> bytes:
    head, body, root = page.head, page.body, page.root
    fields, tags = _anchors(template.looked_up if _may_be_short(container) else template.always_looked_up)
    near = _common([container, *_nearest(container, tags)])
    missing = (anchors for anchors in fields if near.css_first(anchors) is None)
    far = ", ".join(missing)
    region = _common([near, *(body.css(far) if body is not None and far else ())], above=0)
    below = body.css(DECLARED_IN_BODY) if body is not None else ()
    declared = [*(head.css(DECLARED) if head is not None else ()), *(node for node in below if node.tag in DECLARING)]
    attributes = root.attributes if root is not None else {}
    said = "".join(f' {name}="{escape(value or "")}"' for name, value in attributes.items() if "lang" in name)
    top = "".join(filter(None, (node.html for node in declared)))
    text = f"<!DOCTYPE html><html{said}><head>{top}</head><body>{region.html}</body></html>"
    return text.encode(errors="replace")


def _may_be_short(container: LexborNode) -> bool:
    """Whether the paragraphs that nothing can be said against are too few words for an article."""
    words = 0
    for each in container.iter():
        if each.tag == "p" and not each.attributes:
            words += len(each.text(deep=False).split())
            if words > SHORT_WORDS:
                return False
    return True


def _nearest(container: LexborNode, tags: Sequence[str]) -> Iterator[LexborNode]:
    """The first element of each tag in the smallest element around the container that has one."""
    for tag in tags:
        around = (found for each in _ancestors(container) if (found := each.css_first(tag)))
        yield from islice(around, 1)


def _common(nodes: Sequence[LexborNode], above: int = 1) -> LexborNode:
    """The smallest element that holds them all, and is at least so many levels above the first of them."""
    first, *others = nodes
    line = [first, *_ancestors(first)]
    place = {node.mem_id: at for at, node in enumerate(line)}
    highest = min(above, len(line) - 1)
    for node in others:
        held = next((place[each.mem_id] for each in (node, *_ancestors(node)) if each.mem_id in place), len(line) - 1)
        highest = max(highest, held)
    return line[highest]


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and parent.tag not in ("html", "-document", None):
        yield parent
        parent = parent.parent


@cache
def _anchors(fields: tuple[Selectors, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """For each field a selector for what its own find, or what holds it; and tags that are found by their name alone.

    They go by class, id and attribute: lexbor takes twice as long to compare the names of tags.
    """
    found: list[str] = []
    tags: dict[str, None] = {}
    for selectors in fields:
        anchors: dict[str, None] = {}
        for selector in map(css_of, selectors):
            marked = next((part for part in selector.split() if MARK.search(part)), None)
            if marked is None:
                tags[selector] = None
            else:
                anchors[TAG.sub("", marked)] = None
        if anchors:
            found.append(", ".join(anchors))
    return tuple(found), tuple(tags)
