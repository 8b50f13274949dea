"""The address that an HTML page declares for itself."""

from collections.abc import Iterator

from lxml import etree

from dongtin.publishers import AddressKind, identify

HEAD_BYTES = 262_144
"""How far into a page its declarations are looked for."""


def declared_address(body: bytes) -> str | None:
    """The canonical address of a page, else its og:url: the first of them that names an article, else the first.

    Relative ones name no host, and do not count.
    """
    addresses = [url for url in _declared(body[:HEAD_BYTES]) if identify(url).kind != AddressKind.INVALID]
    articles = (url for url in addresses if identify(url).article_id is not None)
    return next(articles, addresses[0] if addresses else None)


def _declared(head: bytes) -> Iterator[str]:
    parser = etree.HTMLParser(encoding="utf-8" if _is_utf8(head) else None, no_network=True)
    try:
        tree = etree.fromstring(head, parser)
    except (etree.LxmlError, ValueError):
        return
    if tree is None:
        return
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            yield (link.get("href") or "").strip()
    for meta in tree.iter("meta"):
        if "og:url" in ((meta.get("property") or "").lower(), (meta.get("name") or "").lower()):
            yield (meta.get("content") or "").strip()


def _is_utf8(head: bytes) -> bool:
    """Whether all is UTF-8, but for a character that the end may cut."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
