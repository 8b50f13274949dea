"""Sites that share the CMS of thanhnien.vn: identity by host and number, and the creation time in the number."""

import re
from dataclasses import dataclass
from datetime import datetime

from dongtin.events import Publisher
from dongtin.publishers.address import Address, AddressKind, Parts, spelled
from dongtin.publishers.thanhnien import creation_time

ARTICLE = re.compile(r"/(?:[^/]+/){0,3}(?P<slug>[^/]+)-(?P<id>\d{5,20})\.(?P<ending>htm|html|chn)", re.IGNORECASE)
VIDEO = re.compile(r"/video/[^/]+-\d{5,9}\.htm", re.IGNORECASE)
"""tuoitre.vn counts its videos by themselves, from 1: the number alone could be an old article's."""
YEAR_FIRST = re.compile(r"20\d{12,15}")
"""yyyyMMddHHmmss, and milliseconds without trailing zeros."""


@dataclass(frozen=True)
class Site:
    """A site of the family."""

    domain: str
    name: str
    site_id: str | None = None
    """Digits before the time in an id; None where they are not known."""


SITES = {
    site.domain: site
    for site in (
        Site("tuoitre.vn", "Tuổi Trẻ", "100"),
        Site("soha.vn", "Soha", "198"),
        Site("cafef.vn", "CafeF", "188"),
        Site("cafebiz.vn", "CafeBiz"),
        Site("vtv.vn", "VTV", "100"),
        Site("kenh14.vn", "Kênh 14"),
        Site("nld.com.vn", "Người Lao Động", "196"),
        Site("suckhoedoisong.vn", "Sức khỏe & Đời sống"),
        Site("baoxaydung.vn", "Báo Xây dựng"),
        Site("nguoiduatin.vn", "Người Đưa Tin"),
        Site("genk.vn", "GenK"),
        Site("danviet.vn", "Dân Việt"),
    )
}


def site_of(host: str) -> Site | None:
    """The site of a host; www., m. and amp. are the same."""
    for prefix in ("www.", "m.", "amp."):
        host = host.removeprefix(prefix)
    return SITES.get(host)


def identify(parts: Parts, site: Site) -> Address | None:
    """What an article's address says; None where the family's pattern does not fit."""
    publisher = Publisher(site.domain, site.name, site.domain)
    if parts.path == "/":
        return Address(AddressKind.HOME, canonical_url=f"https://{site.domain}/", publisher=publisher, is_known=True)
    found = ARTICLE.fullmatch(parts.decoded)
    if not found:
        return None
    number = found["id"]
    place = "video/" if VIDEO.fullmatch(parts.decoded) else ""
    return Address(
        AddressKind.ARTICLE,
        f"{site.domain}/{place}{number}",
        f"https://{site.domain}/{place}{spelled(found['slug'].lower())}-{number}.{found['ending'].lower()}",
        publisher,
        "vi",
        _creation_time(number, site),
        is_known=True,
    )


def _creation_time(number: str, site: Site) -> datetime | None:
    if YEAR_FIRST.fullmatch(number):
        return creation_time(number[2:])
    if site.site_id and number.startswith(site.site_id) and len(number) >= 15:
        return creation_time(number[len(site.site_id) :])
    return None
