"""What page and headers declare about their use: robots directives, noai, and TDMRep."""

from urllib.parse import urljoin

from dongtin.events import Page, Provenance, Rights
from dongtin.rights import NO_AI
from processors.read.reading import Reading


def declared_rights(reading: Reading, page: Page, provenance: dict[str, Provenance]) -> Rights:
    """The rights of a page. A header counts before the document; `provenance` is told which it was."""
    robots = {*_directives(page.x_robots_tag), *(each for text in reading.robots for each in _directives(text))}
    reservation = page.tdm_reservation if page.tdm_reservation is not None else reading.tdm_reservation
    if page.x_robots_tag or page.tdm_reservation or page.tdm_policy:
        provenance["rights"] = Provenance.HEADER
    elif reading.robots or reading.tdm_reservation or reading.tdm_policy or reading.license:
        provenance["rights"] = Provenance.META
    return Rights(
        robots=tuple(sorted(robots)),
        noai=True if robots & NO_AI else None,
        tdm_reservation=_reservation(reservation),
        tdm_policy=_absolute(page.tdm_policy or reading.tdm_policy, page),
        license=_absolute(reading.license, page),
    )


def _reservation(text: str | None) -> bool | None:
    """`1` or `0`; of a header that was sent several times, and is a list, one 1 is enough."""
    said = {part.strip() for part in (text or "")[:2000].split(",")}
    if "1" in said:
        return True
    return False if said == {"0"} else None


def _absolute(stated: str | None, page: Page) -> str | None:
    """An address within the site with its host; a licence may also be a name."""
    if stated is None or not stated.startswith("/"):
        return stated
    try:
        return urljoin(page.final_url or "", stated)
    except ValueError:
        return stated


def _directives(text: str | None) -> list[str]:
    """`noindex, noai` → its parts in lower case; a crawler's name before a colon stays with its directive."""
    return [part.strip().lower() for part in (text or "")[:2000].split(",") if part.strip()]
