"""How a crawler behaved, by the log of the server alone."""

from collections.abc import Iterable

from protego import Protego

from tests.site.running import Request
from tests.site.web import Web

AGENT = "dongtin"


def of_publisher(requests: Iterable[Request], publisher: str) -> list[Request]:
    """Requests to the hosts of a publisher, its mirrors too, in the order of their arrival."""
    domains = {"vietnam.vn": ("vietnam.vn", "vrviet.vn")}.get(publisher, (publisher,))
    own = (each for each in requests if each.host.endswith(domains))
    return sorted(own, key=lambda each: each.arrived)


def pauses_s(requests: Iterable[Request]) -> list[float]:
    """Real seconds from the last end of all requests before to the arrival of each but the first; below 0: at once.

    A request that was answered never ends later here than for who asked, so a pause is never measured too short.
    """
    pauses, free = [], None
    for each in sorted(requests, key=lambda each: each.arrived):
        if free is not None:
            pauses.append(each.arrived - free)
        free = max(each.ended, free or 0.0)
    return pauses


def forbidden(requests: Iterable[Request], web: Web, agent: str = AGENT) -> list[Request]:
    """Requests for what the robots.txt of their host forbids."""
    rules: dict[str, Protego] = {}
    found = []
    for each in requests:
        if each.host not in rules:
            rules[each.host] = Protego.parse(web.robots(each.host))
        if each.path != "/robots.txt" and not rules[each.host].can_fetch(f"https://{each.host}{each.path}", agent):
            found.append(each)
    return found


def without_rules(requests: Iterable[Request]) -> list[Request]:
    """Requests to a host before its robots.txt had been answered."""
    answered: dict[str, float] = {}
    found = []
    for each in sorted(requests, key=lambda each: each.arrived):
        if each.path == "/robots.txt":
            answered.setdefault(each.host, each.ended)
        elif each.arrived < answered.get(each.host, float("inf")):
            found.append(each)
    return found
