"""Redirects: what a chain of them has come to. Pure."""

from dataclasses import dataclass
from urllib.parse import urljoin

from scrapy.http import Response
from w3lib.url import safe_url_string

from spiders.addresses import as_asked
from spiders.pages import Errand, FetchedPage, Lead

PERMANENT = (301, 308)
TEMPORARY = (302, 303, 307)


@dataclass(frozen=True)
class Chain:
    """An address on its way through redirects."""

    given: str
    """What is accounted for."""
    requested: str
    """What its page was asked for by: the given address, or where that one has moved for good."""
    lead: Lead
    """How it was come by."""
    errand: Errand | None = None
    """What waits for its end; None where it was given by hand."""
    permanent: bool = True
    """Every redirect since `requested` was permanent."""
    moves: tuple[FetchedPage, ...] = ()
    """Pages of articles that moved, held until an answer shows that the way leads somewhere."""
    redirects: int = 0


def target_of(response: Response) -> str | None:
    """Where a redirect leads; None where that is no http or https address, or the same."""
    try:
        target = urljoin(response.url, safe_url_string(response.headers.get("Location") or b""))
    except ValueError:
        return None
    return as_asked(target) if target.startswith(("http://", "https://")) and target != response.url else None
