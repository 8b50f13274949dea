"""CSS selectors of rules, compiled once."""

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import cast

from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement

from dongtin.publishers import AddressKind, identify, joined
from processors.publishers.rule import Selectors

PARTING = frozenset(("br", "p", "div", "li", "td", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption"))
"""Elements that part words, though no space stands between them."""
ATTRIBUTE = re.compile(r"(?P<css>.+)::attr\((?P<name>[\w-]+)\)")


BY_ATTRIBUTE = re.compile(r"\[(?P<name>[\w-]+)=(?P<value>[\w-]+)\]")
BY_ID = re.compile(r"#(?P<value>[\w-]+)")
BY_CLASS = re.compile(r"\.(?P<value>[\w-]+)")
COMBINED = re.compile(r"[,>+~]")


def elements(scope: HtmlElement, selectors: Selectors) -> list[HtmlElement]:
    """What the first selector finds that finds anything, in the order of the page."""
    for selector in selectors:
        if found := _compiled(selector)[0](scope):
            return found
    return []


def texts(scope: HtmlElement, selectors: Selectors) -> list[str]:
    """The texts, or the attributes that are asked for, of what the first selector finds that says anything."""
    for selector in selectors:
        find, attribute = _compiled(selector)
        found = [text for each in find(scope) if (text := _said(each, attribute))]
        if found:
            return found
    return []


def trail(scope: HtmlElement, selectors: Selectors, page_url: str | None) -> list[str]:
    """The texts of the links of a breadcrumb, from the outside in, without the home page."""
    return [
        text
        for link in elements(scope, selectors)
        if (text := text_of(link)) and identify(joined(page_url, link.get("href") or "") or "").kind != AddressKind.HOME
    ]


def text_of(element: HtmlElement, without: Collection[HtmlElement] = ()) -> str:
    """All text of an element on one line, but for some elements in it; scripts and styles say nothing."""
    return " ".join("".join(_strings(element, without)).split())


def _said(element: HtmlElement, attribute: str | None) -> str:
    return text_of(element) if attribute is None else " ".join((element.get(attribute) or "").split())


def _strings(element: HtmlElement, without: Collection[HtmlElement]) -> Iterator[str]:
    if element.tag in ("script", "style", "template"):
        return
    if element.text:
        yield element.text
    for child in element:
        parts = child.tag in PARTING
        if parts:
            yield " "
        if child not in without:
            yield from _strings(child, without)
        if parts:
            yield " "
        if child.tail:
            yield child.tail


def css_of(selector: str) -> str:
    """A selector without the attribute that it reads."""
    found = ATTRIBUTE.fullmatch(selector)
    return found["css"] if found else selector


@cache
def _compiled(selector: str) -> tuple[Callable[[HtmlElement], list[HtmlElement]], str | None]:
    found = ATTRIBUTE.fullmatch(selector)
    attribute = found["name"] if found else None
    find = etree.XPath(_xpath(css_of(selector)))
    return cast("Callable[[HtmlElement], list[HtmlElement]]", find), attribute


def _xpath(css: str) -> str:
    """The XPath of a selector. One that begins with an attribute, an id or a class goes through these alone.

    So it takes a quarter of the time, because libxml2 need not make a list of the attributes of each element.
    """
    if COMBINED.search(css):
        return HTMLTranslator().css_to_xpath(css, "descendant::")
    if found := BY_ATTRIBUTE.match(css):
        first = f"descendant::*/@{found['name']}[. = '{found['value']}']"
    elif found := BY_ID.match(css):
        first = f"descendant::*/@id[. = '{found['value']}']"
    elif found := BY_CLASS.match(css):
        name = found["value"]
        whole = f"contains(concat(' ', normalize-space(.), ' '), ' {name} ')"
        first = f"descendant::*/@class[contains(., '{name}')][{whole}]"
    else:
        return HTMLTranslator().css_to_xpath(css, "descendant::")
    rest = css[found.end() :]
    if not rest:
        return f"{first}/.."
    if rest.startswith(" "):
        return f"{first}/../{HTMLTranslator().css_to_xpath(rest.strip(), 'descendant::')}"
    return f"{first}/{HTMLTranslator().css_to_xpath(rest, 'parent::')}"  # more that is asked of the same element
