"""The article of a bench page, cut out by hand: what trafilatura would be given at best."""

from functools import cache

from lxml import etree, html

from bench.pages import BenchPage

CONTAINERS = etree.XPath(
    "(//*[@data-role='content' and contains(@class, 'afcbc-body')] | //*[@data-role='content'][not(@id)]"
    " | //*[contains(@class, 'post-detail-body')])[1]"
)


@cache
def article_alone(page: BenchPage) -> str | None:
    """The container's markup in a page of its own; None where the page has none that a publisher's rule knows."""
    found = CONTAINERS(html.document_fromstring(page.page.body.decode("utf-8", "replace")))
    if not isinstance(found, list) or not found or not isinstance(found[0], html.HtmlElement):
        return None
    inner = etree.tostring(found[0], encoding="unicode", method="html", with_tail=False)
    return f"<html><body><article>{inner}</article></body></html>"
