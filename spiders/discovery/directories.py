"""Pages that list a site's feeds, as `/rss.html`."""

from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from dongtin.errors import UnreadablePlace
from dongtin.publishers import AddressKind, identify
from spiders.discovery.finding import Collected, Findings
from spiders.discovery.links import Base, absolute
from spiders.discovery.tags import Tag, tags
from spiders.discovery.text import utf8

FEED_TYPES = ("application/rss+xml", "application/atom+xml")

LINKS = ("a", "area", "link", "base")
MOST_LINKS = 10_000
"""Later ones of a page are passed over."""


def feed_directory(body: bytes, content_type: str | None, url: str, now: datetime) -> Findings:  # noqa: ARG001  # as all
    """The feeds of a directory as places: what its links say by their addresses, or by their type.

    Raises UnreadablePlace where it shows none.
    """
    places, base, own = Collected(), Base(url), identify(url).canonical_url
    links = (tag for tag in tags(utf8(body, content_type)) if tag.name in LINKS and not tag.is_end)
    for tag in islice(links, MOST_LINKS):
        href = tag.attributes("href").get("href")
        if tag.name == "base":
            base.declare(href)
        elif (shown := absolute(base.url, href)) and _is_feed(shown, tag) and identify(shown).canonical_url != own:
            places.add(shown)
    if not len(places):
        raise UnreadablePlace("a page without any feed where a directory of feeds was expected")
    return Findings(places=places.all())


def _is_feed(url: str, tag: Tag) -> bool:
    if urlsplit(url).path.lower().endswith(".rss") or identify(url).kind == AddressKind.FEED:
        return True
    return tag.name == "link" and tag.attributes("type").get("type", "").strip().lower() in FEED_TYPES
