"""Addresses that a spider is given, and those that it may ask for."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urldefrag, urlsplit, urlunsplit

from dongtin.errors import ConfigurationError
from dongtin.publishers import Address, identify

URL_LENGTH = 2083
"""Scrapy's own limit."""
PORTS = (None, 80, 443)

_ENCODED_DOT = re.compile(r"%2e", re.IGNORECASE)
_DOT_SEGMENT = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)
_BETWEEN = re.compile(r",(?=https?://)|\s", re.IGNORECASE)


def split(text: str) -> list[str]:
    """The addresses of an argument, parted by white space, or by commas before `http`."""
    return [part for part in _BETWEEN.split(text) if part]


def of_file(path: Path) -> Iterator[str]:
    """The addresses of a file, one a line, read as they are needed, without empty lines and `#` comments."""
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in lines:
            address = line.strip()
            if address and not address.startswith("#"):
                yield address


def readable_file(path: str) -> Path:
    """Raises ConfigurationError where a file cannot be read."""
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error
    return Path(path)


def own_address(url: str, publisher: str) -> Address | None:
    """Whose address it is, where it is one of the publisher that may be asked for: http or https, on its usual port."""
    try:
        parts = urlsplit(url)
        fetchable = parts.scheme in ("http", "https") and parts.port in PORTS and "@" not in parts.netloc
    except ValueError:
        return None
    if not fetchable or len(url) > URL_LENGTH:
        return None
    address = identify(url)
    return address if address.publisher and address.publisher.id == publisher else None


def as_asked(url: str) -> str:
    """The address as a server takes it: without fragment and dot segments, which robots.txt is not to be passed by.

    Dots that are spelled %2e are dots (RFC 3986, 5.2.4 and 6.2.2.2).
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if _DOT_SEGMENT.search(parts.path):
        return urlunsplit(parts._replace(path=_without_dots(_ENCODED_DOT.sub(".", parts.path)), fragment=""))
    return urldefrag(url).url


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    end = "/" if kept and segments[-1] in (".", "..") else ""
    return "/" + "/".join(kept) + end


def by_publisher(urls: Iterable[str], publishers: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Addresses by the id of their publisher, and those of none of them."""
    shares: dict[str, list[str]] = {publisher: [] for publisher in publishers}
    foreign: list[str] = []
    for url in urls:
        owner = next((publisher for publisher in shares if own_address(url, publisher)), None)
        (foreign if owner is None else shares[owner]).append(url)
    return shares, foreign
