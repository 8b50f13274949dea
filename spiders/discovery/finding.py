"""What a place of discovery says: articles to look at, and further places."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """An address that a place shows."""

    url: str
    """Absolute, http or https, as shown, without entities, CDATA and fragment."""
    modified: datetime | None = None
    """UTC: when the place says that it last changed, as a sitemap's lastmod; of a day alone its first moment.

    None where the place says nothing, where it cannot be read, and where it lies more than a day ahead.
    """
    published: datetime | None = None
    """UTC: when the place says that it appeared, as a feed's pubDate; None in the same cases."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a place says."""

    articles: tuple[Finding, ...] = ()
    """Candidates in the place's order, each address once. Whose they are is not judged here."""
    places: tuple[Finding, ...] = ()
    """Further places, each once: the sitemaps of an index, the feeds of a directory."""
    zone: str | None = None
    """Of a category page: its number in the addresses of its further pages, `185227`."""
    ttl_s: float | None = None
    """How long a feed asks to be left alone: above zero, and a day at most."""
    is_cut: bool = False
    """Whether the place ends before its end, so that it may show more than is found here."""


class Collected:
    """Findings in their order, each address once: of its times the first count."""

    MOST = 200_000
    """What comes after so many is left out; the protocol of sitemaps allows 50,000 in a file."""

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}

    def add(self, url: str | None, *, modified: datetime | None = None, published: datetime | None = None) -> None:
        """Take an address; None, where the place showed something else, is passed over."""
        if url is None:
            return
        if before := self._found.get(url):
            modified, published = before.modified or modified, before.published or published
        elif len(self._found) >= self.MOST:
            return
        self._found[url] = Finding(url, modified, published)

    def all(self) -> tuple[Finding, ...]:
        """What was taken."""
        return tuple(self._found.values())

    def __len__(self) -> int:
        return len(self._found)
