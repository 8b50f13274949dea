"""From what a place writes where an address belongs to an address that can be asked for."""

import re
from urllib.parse import urlsplit

from dongtin.publishers import joined
from dongtin.publishers.address import LONGEST
from spiders.discovery.markup import unescaped

CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>)?", re.DOTALL)
INVISIBLE = re.compile("[\0-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff]")
"""Controls and marks of direction, which no address has; browsers drop the tabs and newlines among them."""
PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+/[A-Za-z0-9._~/?=%+:@!$*,;()-]*+")
"""Most of those that are shown: nothing has to be done for these."""
ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
ENTITY = re.compile(r"&\w+;")
"""At the beginning of a link: one that the document declares, and that nobody unfolds."""
SCHEMES = ("http", "https")
ESCAPED_TIMES = 3
"""How often one address may have been escaped over again."""


def absolute(base: str, shown: str | None) -> str | None:
    """The address that is shown, made absolute; None where it is none of http or https, or too long for one."""
    if not shown or len(shown) > LONGEST:
        return None
    if PLAIN.fullmatch(shown):
        return shown
    text = _bare(shown)
    if ENTITY.match(text):
        return None
    address, mark, query = text.partition("?")
    text = address.replace("\\", "/") + mark + query  # As browsers read it.
    url = text if ABSOLUTE.match(text) else joined(base, text)
    if not url:
        return None
    url = url.partition("#")[0]
    return url if len(url) <= LONGEST and is_http(url) else None


class Base:
    """What the links of a page are relative to: its address, or the first base that it declares."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._declared = False

    def declare(self, href: str | None) -> None:
        """Take the next `<base href>`; one without an address says nothing."""
        if href is not None and not self._declared:
            self.url, self._declared = absolute(self.url, href) or self.url, True


def is_http(url: str) -> bool:
    """Whether an address has a scheme of the web, a host, and a port that is a number."""
    try:
        parts = urlsplit(url)
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _bare(shown: str) -> str:
    """An address without the entities and CDATA that it was escaped with once too often."""
    text = INVISIBLE.sub("", shown).strip()
    for _ in range(ESCAPED_TIMES):
        if found := CDATA.fullmatch(text):
            text = found[1].strip()
        plain = unescaped(text)
        if plain == text:
            break
        text = INVISIBLE.sub("", plain).strip()
    return text
