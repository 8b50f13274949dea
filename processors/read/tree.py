"""From UTF-8 to the one tree that metadata, links and body share."""

from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from dongtin.errors import RejectPage
from dongtin.events import RejectionReason

MOST_ELEMENTS = 50_000
DEEPEST = 256
"""libxml2 reads no further where elements lie deeper in each other; real pages have 20 to 40."""

CLASSES = etree.ElementDefaultClassLookup(element=HtmlElement)
"""One class for all elements. lxml.html's own parser asks Python for the class of each, for the sake of forms."""


def parse(markup: bytes) -> HtmlElement:
    """The root element, without comments and processing instructions. Raises RejectPage.

    Broken and cut markup is mended as browsers do. What nests too deep or has too many elements is unsupported_content:
    a part of a page would be taken for the whole.
    """
    # A parser for each page: its error log tells of this page alone.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    parser.set_element_class_lookup(CLASSES)
    root = etree.fromstring(markup, parser) if markup.strip() else None
    last = parser.error_log.last_error
    if last is not None and "xcessive depth" in last.message:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"elements nested deeper than {DEEPEST}")
    if not isinstance(root, HtmlElement):
        raise RejectPage(RejectionReason.EMPTY_BODY, "no markup")
    elements = int(cast("float", COUNT(root)))
    if elements > MOST_ELEMENTS:
        raise RejectPage(RejectionReason.UNSUPPORTED_CONTENT, f"{elements:,} elements, more than {MOST_ELEMENTS:,}")
    return root


COUNT = etree.XPath("count(//*)")
