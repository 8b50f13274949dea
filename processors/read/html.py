"""A page: bytes, one tree, what it declares, and the article in it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from lxml import etree
from lxml.html import HtmlElement

from dongtin.codec import load_json
from dongtin.errors import DecodeError, RejectPage
from dongtin.events import BlockKind, Provenance, RejectionReason
from dongtin.publishers import Address, AddressKind, identify
from processors.publishers import PublisherRule, Template, rule_of
from processors.read.any_page import read_any_page
from processors.read.article_page import read_article_page
from processors.read.credit import LABELS
from processors.read.decode import decode
from processors.read.focus import focus
from processors.read.metadata import Declared, read_metadata
from processors.read.portal_page import read_portal_page
from processors.read.reading import Reading
from processors.read.select import elements
from processors.read.text_lines import Line, is_prose, look
from processors.read.tree import parse

FIRST_TAG = re.compile(rb"<([A-Za-z][A-Za-z0-9:]*)")
PAGE_TAG = re.compile(rb"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
NOT_HTML = (b"rss", b"feed", b"rdf:rdf", b"urlset", b"sitemapindex", b"svg")
HAS_TEXT = etree.XPath("boolean(.//text()[normalize-space()])")
SOURCE_WORDS = sorted({word.encode() for label in LABELS for word in (label, label.capitalize())})
SOURCE_WORD = re.compile(
    # What no word begins with is passed over at once: a page has thousands of elements, and there are 150 words.
    rb">\s*+(?=[%s])(?:%s)\s*+(?:[:<]|\xef\xbc\x9a)"
    % (re.escape(bytes(sorted({word[0] for word in SOURCE_WORDS}))), b"|".join(map(re.escape, SOURCE_WORDS))),
    re.IGNORECASE,
)
"""A word for "source" that begins an element, and ends it or stands before a colon."""
FEWEST_LISTED = 5
"""Items of a list that make a page a list."""


def read_html(body: bytes, content_type: str | None, address: Address, date_fetched: str | None) -> Reading:
    """The article of a page. Raises RejectPage where there is none, or the bytes are no HTML."""
    rule = rule_of(address.publisher.id if address.publisher else None)
    templates = in_order(rule, date_fetched) if rule else ()
    reading = _read_tree(tree_of(body, content_type, templates), rule, templates, address)
    if _may_go_on(reading, body):
        reading = _read_tree(tree_of(body, content_type), rule, templates, address)
    return reading


def _read_tree(
    root: HtmlElement, rule: PublisherRule | None, templates: Sequence[Template], address: Address
) -> Reading:
    declared = read_metadata(root, address.canonical_url, with_microdata=rule is None)
    template, container = template_of(root, templates)
    if container is None and _leads_elsewhere(declared, address):
        raise RejectPage(RejectionReason.NOT_AN_ARTICLE, "its canonical address is a list or the home page")
    if rule is None:
        return read_any_page(root, declared, address.canonical_url)
    if template is None or container is None:
        return _without_container(root, declared, rule, address.canonical_url)
    if template.is_republication:
        return read_portal_page(root, declared, rule, template, container, address.canonical_url)
    return read_article_page(root, declared, rule, template, container, address.canonical_url)


def _may_go_on(reading: Reading, body: bytes) -> bool:
    """Whether a republication lacks what may stand further from its text: headline, byline or source line."""
    if not reading.rule.endswith("/republication"):
        return False
    signed = reading.dates_published and reading.provenance.get("headline") == Provenance.RULE
    return not signed or (reading.source is None and SOURCE_WORD.search(body) is not None)


def tree_of(body: bytes, content_type: str | None, templates: Sequence[Template] = ()) -> HtmlElement:
    """The one tree of a page: of what speaks of its article, where a template fits, else of the whole page.

    Raises RejectPage where the bytes are no HTML.
    """
    if not body.strip():
        raise RejectPage(RejectionReason.EMPTY_BODY, "no bytes")
    markup = decode(body, content_type).markup.replace(b"\0", b"")
    _require_html(markup)
    return parse((focus(markup, templates) if templates else None) or markup)


def _require_html(markup: bytes) -> None:
    """Raises RejectPage for JSON, feeds and plain text that were served as a page."""
    first = FIRST_TAG.search(markup)
    if first is None:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, "no markup")
    if first[1].lower() in NOT_HTML:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"{first[1].decode()} instead of HTML")
    if markup.lstrip()[:1] in (b"{", b"[") and (_is_json(markup) or not PAGE_TAG.search(markup)):
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, "data instead of HTML")


def _is_json(markup: bytes) -> bool:
    try:
        load_json(markup)
    except DecodeError:
        return False
    return True


def in_order(rule: PublisherRule, date_fetched: str | None) -> Sequence[Template]:
    """The layouts of a publisher; those that were in use on the day of the fetch come first."""
    day = date.fromisoformat(date_fetched[:10]) if date_fetched else None
    return sorted(rule.templates, key=lambda template: not template.is_valid(day))


def template_of(root: HtmlElement, templates: Iterable[Template]) -> tuple[Template, HtmlElement] | tuple[None, None]:
    """The first layout whose container the page has; of several containers the first that holds text."""
    for template in templates:
        if found := elements(root, template.container):
            return template, next(filter(HAS_TEXT, found), found[0])
    return None, None


def _without_container(root: HtmlElement, declared: Declared, rule: PublisherRule, url: str | None) -> Reading:
    """A page of a known publisher in no known layout. Raises RejectPage for a list, and for a notice."""
    if declared.shows_article:
        is_media = any(elements(root, template.media) for template in rule.templates)
        reading = read_any_page(root, declared, url)
        return replace(reading, if_short=RejectionReason.MEDIA_ONLY) if is_media else reading
    if declared.shows_no_article:
        raise RejectPage(RejectionReason.NOT_AN_ARTICLE, "no container, and declared to be something else")
    if rule.listing and (listed := len(elements(root, rule.listing))) >= FEWEST_LISTED:
        raise RejectPage(RejectionReason.NOT_AN_ARTICLE, f"a list of {listed} articles")
    is_marked = len(root.findall(".//article")) == 1
    reading = read_any_page(root, declared, url)
    paragraphs = (block.text for block in reading.blocks if block.kind == BlockKind.PARAGRAPH)
    if not any(is_prose(Line(text, look(text), blank_before=True)) for text in paragraphs):
        raise RejectPage(RejectionReason.NOT_AN_ARTICLE, "neither a container nor a declaration, and no sentence")
    return reading if is_marked else replace(reading, if_short=RejectionReason.NOT_AN_ARTICLE)


def _leads_elsewhere(declared: Declared, address: Address) -> bool:
    """Whether the page says that its place is a list or the home page of the same site."""
    if declared.canonical is None or declared.shows_article:
        return False
    canonical = identify(declared.absolute(declared.canonical.value, address.canonical_url))
    return (
        canonical.publisher == address.publisher
        and canonical.article_id is None
        and canonical.kind not in (AddressKind.INVALID, AddressKind.OTHER)
    )
