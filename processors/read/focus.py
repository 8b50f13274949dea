"""The part of a page that speaks of its article, as a small page of its own.

A page of 150 KB is menus, scripts and lists around 5 KB of article. lexbor parses it four times as fast as libxml2, and
finds the container; lxml, which trafilatura works on, then gets only the smallest element that holds the container and
all that the template looks up, with what the head declares. Why two parsers: docs/adr/0008.
"""

from collections.abc import Iterable
from functools import cache
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from processors.publishers import Selectors, Template
from processors.read.select import css_of

MOST_TAGS = 15_000
"""Of a page that lexbor reads: it takes time by the square of the depth. Real pages have 3 to 6 thousand."""
DECLARED = 'meta, link, title, base, script[type*="ld+json" i]'
DECLARING = frozenset({"meta", "link", "title", "base", "script"})


def focus(markup: bytes, templates: Iterable[Template]) -> bytes | None:
    """The small page, of the first template whose container the page has; None where it has none, or has many tags."""
    if markup.count(b"<") > MOST_TAGS:
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
    declared: list[LexborNode] = []
    marked = [container]
    for node in page.css(_any_of(template.looked_up)):
        (declared if node.tag in DECLARING else marked).append(node)
    root = page.root
    attributes = root.attributes if root is not None else {}
    said = "".join(f' {name}="{escape(value or "")}"' for name, value in attributes.items() if "lang" in name)
    head = "".join(filter(None, (node.html for node in declared)))
    return f"<!DOCTYPE html><html{said}><head>{head}</head><body>{_common(marked).html}</body></html>".encode(
        errors="replace"
    )


def _common(nodes: list[LexborNode]) -> LexborNode:
    """The smallest element that holds them all, and more than the first of them."""
    first, *others = nodes
    line = [first, *_ancestors(first)]
    place = {node.mem_id: at for at, node in enumerate(line)}
    highest = min(1, len(line) - 1)
    for node in others:
        held = next((place[each.mem_id] for each in (node, *_ancestors(node)) if each.mem_id in place), len(line) - 1)
        highest = max(highest, held)
    return line[highest]


def _ancestors(node: LexborNode) -> Iterable[LexborNode]:
    parent = node.parent
    while parent is not None and parent.tag not in ("html", "-document", None):
        yield parent
        parent = parent.parent


@cache
def _any_of(selectors: Selectors) -> str:
    return ", ".join(dict.fromkeys((DECLARED, *map(css_of, selectors))))
