"""vietnam.vn: a portal that republishes the press at `/<slug>` and translates it at `/<language>/<slug>`."""

import re
from urllib.parse import unquote

from dongtin.events import Publisher
from dongtin.publishers.address import Address, AddressKind, Parts, spelled

PUBLISHER = Publisher("vietnam.vn", "Vietnam.vn", "vietnam.vn")
HOSTS = re.compile(r"(?:(?P<sub>www|m|amp|vjs|thongtin|id|en)\.)?vietnam\.vn|(?P<other>(?:www\.)?vrviet\.vn)")
MIRRORS = ("vjs", "thongtin", "id", "en")
LANGUAGE = re.compile(
    r"[a-z]{2}(?:-(?:hans|hant|latn|cyrl))?|(?:es|fr|pt|zh)-[a-z]{2}|en-(?:au|gb|in|us)", re.IGNORECASE | re.ASCII
)
"""With a script, or a region where no two Vietnamese words are spelled so: `/ca-phe`, `/tu-do` are articles' slugs."""
SLUG = re.compile(r"[^/.|]+")
"""A hyphen stands within it."""
SECTIONS = {
    "tag": AddressKind.TAG,
    "tags": AddressKind.TAG,
    "category": AddressKind.LISTING,
    "categories": AddressKind.LISTING,
    "author": AddressKind.AUTHOR,
    "authors": AddressKind.AUTHOR,
    "organization": AddressKind.AUTHOR,
    "search": AddressKind.SEARCH,
    "sitemap": AddressKind.SITEMAP,
    "feed": AddressKind.FEED,
    "rss": AddressKind.FEED,
}


def identify(parts: Parts) -> Address:
    """What an address of the site says."""
    host = HOSTS.fullmatch(parts.host)
    mirror = host is not None and (host["other"] is not None or host["sub"] in MIRRORS)
    segments = [segment for segment in parts.decoded.split("/") if segment]
    language = "vi"
    if segments and LANGUAGE.fullmatch(segments[0]):
        language = segments.pop(0).lower()
    if len(segments) == 1 and SLUG.fullmatch(segments[0]) and "-" in segments[0][1:-1]:
        return article(language, segments[0].lower(), is_mirror=mirror)
    return Address(
        _kind(segments),
        canonical_url=f"https://www.vietnam.vn{parts.path}",
        publisher=PUBLISHER,
        language=language_tag(language),
        is_mirror=mirror,
        is_known=True,
    )


def article(language: str, slug: str, *, is_mirror: bool = False) -> Address:
    """The address of the article of a slug in a language (as the path has it)."""
    path = spelled(slug) if language == "vi" else f"{language}/{spelled(slug)}"
    return Address(
        AddressKind.ARTICLE,
        f"{PUBLISHER.id}/{language}/{spelled(slug)}",
        f"https://www.vietnam.vn/{path}",
        PUBLISHER,
        language_tag(language),
        is_mirror=is_mirror,
        is_known=True,
    )


def vietnamese_original(address: Address) -> Address | None:
    """The Vietnamese article that a translation shares its slug with; None for any other address."""
    if address.publisher != PUBLISHER or address.article_id is None:
        return None
    _, language, slug = address.article_id.split("/", 2)
    return None if language == "vi" else article("vi", slug)


def translated(address: Address, language: str) -> Address | None:
    """The translation of a Vietnamese article into a language (as the path has it); None for any other address."""
    if address.publisher != PUBLISHER or address.article_id is None:
        return None
    _, own, slug = address.article_id.split("/", 2)
    return article(language.lower(), unquote(slug)) if own == "vi" != language.lower() else None


def language_tag(segment: str) -> str:
    """BCP 47 of a language segment: `zh-cn` is `zh-CN`."""
    language, _, region = segment.partition("-")
    return f"{language}-{region.upper() if len(region) == 2 else region.title()}" if region else language


def _kind(segments: list[str]) -> AddressKind:
    if not segments:
        return AddressKind.HOME
    if segments[-1].endswith(".xml"):
        return AddressKind.SITEMAP
    return SECTIONS.get(segments[0].lower(), AddressKind.OTHER)
