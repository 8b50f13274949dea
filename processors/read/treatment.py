"""What becomes of an element of a body, by its rule: its tag, its id, its classes, and the type of an object decide."""

import re
from collections.abc import Mapping

from lxml import etree
from lxml.html import HtmlElement

from processors.publishers.rule import BodyRule, Treatment

NEVER_TEXT = frozenset(
    ("script", "style", "noscript", "template", "form", "button", "input", "select", "textarea", "option", "nav",
     "head", "link", "meta", "title", "svg", "object", "embed", "map", "canvas", "dialog")
)  # fmt: skip
PLAYERS = frozenset(("iframe", "video", "audio"))
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
SHOWS_SOMETHING = etree.XPath(
    "boolean(descendant::img or descendant-or-self::*[not(self::script or self::style or self::noscript)]"
    "/text()[normalize-space(translate(., '\u00a0\u200b\ufeff', '   '))])"
)


def treatment_of(element: HtmlElement, rule: BodyRule) -> Treatment:
    """What becomes of an element. What nobody sees is dropped."""
    tag = element.tag
    if tag in NEVER_TEXT or tag in PLAYERS or tag in rule.drop_tags:
        return Treatment.DROP
    attributes = element.items()  # all at once: each look into the tree costs as much as several into a dict
    if attributes and (treatment := _by_attributes(element, dict(attributes), rule)):
        return treatment
    return Treatment.QUOTE if tag == "blockquote" else Treatment.KEEP


def _by_attributes(element: HtmlElement, attributes: Mapping[str, str], rule: BodyRule) -> Treatment | None:
    if rule.drop_ids and attributes.get("id", "").startswith(rule.drop_ids):
        return Treatment.DROP
    if is_hidden(attributes):
        return Treatment.DROP
    classes = attributes.get("class", "").split()
    for name in classes:
        if treatment := rule.classes.get(name):
            return treatment
        if rule.drop_classes and name.startswith(rule.drop_classes):
            return Treatment.DROP
    if rule.objects and rule.objects in classes and (kind := attributes.get("type")):
        return _of_object(element, kind, rule)
    if attributes.get("data-type") == "_mgwidget" or "adsbygoogle" in classes:
        return Treatment.DROP
    return None


def _of_object(element: HtmlElement, kind: str, rule: BodyRule) -> Treatment:
    if treatment := rule.types.get(kind.strip().lower()):
        return treatment
    return Treatment.UNKNOWN if SHOWS_SOMETHING(element) else Treatment.SHELL


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Whether the page itself says that nobody sees an element of these attributes."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style and HIDDEN.search(style))
