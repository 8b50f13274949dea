"""Bad days of the sites, as rules of faults."""

from tests.site.faults import Fault, FaultKind

HOUR_S = 3600.0
FEEDS = r"\.rss$"
SITEMAPS = r"\.xml$"
LISTINGS = r"^/timeline"
ARTICLES = r"^/[^/]*-185\d+\.htm|^/[a-z-]*/?[a-z0-9]+-[a-z0-9-]+$"


def bad_day(until_h: float = 24.0) -> list[Fault]:
    """Every sort of fault, in the twin's time, each at some hour or now and then all day long; at the end all is well.

    None of them looks like an article that was taken away: whoever crawls on must find everything in the end.
    """
    end_s = until_h * HOUR_S

    def spell(kind: FaultKind, since_h: float, hours: float, path: str = "", **more: object) -> Fault:
        since_s = since_h * HOUR_S
        until_s = min(end_s, since_s + hours * HOUR_S)
        return Fault(kind, path=path, since_s=since_s, until_s=until_s, **more)  # type: ignore[arg-type]

    def seldom(kind: FaultKind, probability: float, path: str = "", **more: object) -> Fault:
        return Fault(kind, path=path, until_s=end_s, probability=probability, **more)  # type: ignore[arg-type]

    return [
        spell(FaultKind.STATUS, 0.5, 0.25, r"sitemap", host=r"www\.vietnam\.vn", status=403),
        spell(FaultKind.STATUS, 1, 0.5, status=429, retry_after="2", probability=0.5),
        spell(FaultKind.STATUS, 3, 0.1, status=429, retry_after="+3"),
        spell(FaultKind.STATUS, 4, 0.2, status=503, probability=0.7),
        spell(FaultKind.BROKEN_XML, 5, 0.5, SITEMAPS),
        spell(FaultKind.HTML, 6, 0.5, FEEDS),
        spell(FaultKind.EMPTY, 7, 0.5, LISTINGS),
        spell(FaultKind.REPEATED, 8, 0.5, LISTINGS),
        spell(FaultKind.FUTURE_DATES, 9, 0.5),
        spell(FaultKind.US_DATES, 10, 0.5, FEEDS),
        spell(FaultKind.DOUBLE_ESCAPED, 11, 0.5, FEEDS),
        spell(FaultKind.XML_BOMB, 12, 0.2, f"{FEEDS}|{SITEMAPS}"),
        seldom(FaultKind.STATUS, 0.02, status=500),
        seldom(FaultKind.SLOW, 0.02, seconds=2.0),
        seldom(FaultKind.TRICKLE, 0.005, ARTICLES),
        seldom(FaultKind.CUT, 0.01),
        seldom(FaultKind.CUT_GZIP, 0.01),
        seldom(FaultKind.RESET, 0.01),
        seldom(FaultKind.LOOP, 0.005, ARTICLES),
        seldom(FaultKind.REDIRECT, 0.005, ARTICLES, target="http://169.254.169.254/latest/meta-data/"),
        seldom(FaultKind.REDIRECT, 0.005, ARTICLES, target="file:///etc/passwd"),
        seldom(FaultKind.GZIP_BOMB, 0.003, ARTICLES),
        seldom(FaultKind.HUGE_HEADER, 0.003, ARTICLES),
    ]
