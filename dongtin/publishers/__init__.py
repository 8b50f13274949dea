"""Identity: which article an address names, whatever its spelling. A function of the address alone."""

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from dongtin.events import Publisher
from dongtin.publishers import cnnd, thanhnien, vietnam
from dongtin.publishers.address import Address, AddressKind, Parts, split
from dongtin.publishers.vietnam import translated, vietnamese_original

__all__ = [
    "Address",
    "AddressKind",
    "identify",
    "joined",
    "page_key",
    "publisher_of",
    "strip_tracking",
    "translated",
    "vietnamese_original",
]

TRACKING = ("utm_", "fbclid", "gclid", "zarsrc", "mc_cid", "mc_eid", "igshid", "yclid", "msclkid", "_ga", "ref_src")


@lru_cache(128)  # on its way one page asks several times for the same few addresses
def identify(url: str) -> Address:
    """What an address says. Never raises: what is no http address has the kind INVALID."""
    parts = split(url)
    if parts is None:
        return Address(AddressKind.INVALID)
    if thanhnien.HOSTS.fullmatch(parts.host):
        return thanhnien.identify(parts)
    if vietnam.HOSTS.fullmatch(parts.host):
        return vietnam.identify(parts)
    if (site := cnnd.site_of(parts.host)) and (address := cnnd.identify(parts, site)):
        return address
    return _any_site(parts)


def page_key(requested_url: str | None, final_url: str | None, status: int | None) -> str:
    """The key of a page: the article that answered, else the one that was asked for, else host and path.

    Of a permanent redirect (301, 308) it is the article that was asked for. At least one address is given.
    """
    final, requested = identify(final_url or requested_url or ""), identify(requested_url or final_url or "")
    order = (requested, final) if status in (301, 308) else (final, requested)
    for address in order:
        if address.article_id:
            return address.article_id
    plain = split(requested_url or final_url or "")
    return f"{plain.host.removeprefix('www.')}{plain.path}" if plain else "invalid"


def publisher_of(id_: str | None) -> Publisher | None:
    """A publisher whose grammar is known, by its id."""
    return {each.id: each for each in (thanhnien.PUBLISHER, vietnam.PUBLISHER)}.get(id_ or "")


def joined(base: str | None, reference: str) -> str | None:
    """The address that a reference on a page leads to; None where it cannot be read, as `http://[`."""
    try:
        return urljoin(base or "", reference)
    except ValueError:
        return None


def strip_tracking(url: str) -> str:
    """An address without its fragment and the parameters that follow readers around; otherwise as it is."""
    try:
        parts = urlsplit(url)
        query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    except ValueError:
        return url
    kept = [(name, value) for name, value in query if not name.lower().startswith(TRACKING)]
    return urlunsplit(parts._replace(query=parts.query if kept == query else urlencode(kept), fragment=""))


def _any_site(parts: Parts) -> Address:
    host = parts.host.removeprefix("www.")
    publisher = Publisher(host, host, host)
    if parts.path == "/":
        return Address(AddressKind.HOME, canonical_url=f"https://{host}/", publisher=publisher)
    return Address(AddressKind.ARTICLE, host + parts.path, f"https://{parts.host}{parts.path}", publisher)
