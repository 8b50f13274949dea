"""robots.txt, as RFC 9309 has it: where it cannot be had nothing is fetched, and its Crawl-delay is kept.

In the place of Scrapy's own (2.19), which takes a server's failure for leave to fetch everything, passes Crawl-delays
over, asks once in a crawl however long that is, and of several requests that wait shows the rules to the first alone.

- Asked for each scheme and authority, and kept for a day, or for a shorter max-age; the copy outlives a restart.
- 2xx: its rules. 4xx but 429: all is allowed. Anything else, a redirect that leads nowhere included: all is forbidden,
  and it is tried again after 5 minutes, 10, 20 … an hour; a copy less than a day old counts meanwhile.
- Redirects are followed five times, to hosts of the same publisher; where they lead to others, or further, all is
  forbidden, which is stricter than the RFC.
- A Crawl-delay up to an hour is kept by `spiders.pace`; above it, nothing is fetched.
- No setting of a publisher or of the command line loosens any of it: the agent's name and the parser are no settings,
  and the download handler refuses what was not asked for here.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser

from spiders.addresses import own_address
from spiders.outcomes import (
    BadCertificate,
    ForbiddenAddress,
    HostHeld,
    RobotsDisallowed,
    RobotsUnavailable,
    UnknownHost,
)
from spiders.pace import LONGEST_DELAY_S, Pace
from spiders.politeness import Politeness, folder_of
from spiders.public_web import why_forbidden
from spiders.redirects import PERMANENT, TEMPORARY, target_of
from spiders.robots_file import AGENT, Known, Verdict, crawl_delay_s, keep, kept, rules_of, text_of

log = structlog.get_logger(__name__)

REDIRECTS = 5

_ALLOWED, _OF_ROBOTS = "robots_allowed", "is_robotstxt"

Fetch = Callable[[str], Awaitable[Response]]


def may_be_asked(request: Request) -> bool:
    """Whether a request has come through here: it is for a robots.txt, or a robots.txt allows its address."""
    return bool(request.meta.get(_OF_ROBOTS)) or request.meta.get(_ALLOWED) == request.url


def known_robots(state_dir: Path, publisher: str) -> list[Known]:
    """What is kept of a publisher's robots.txt files, whether a crawl is running or not; sorted by host."""
    return [known for known, _ in kept(folder_of(state_dir, publisher))]


class Robots:
    """The robots.txt files of one publisher's hosts. `fetch` gives the answer to a request for one, or raises."""

    def __init__(
        self, publisher: str, folder: Path, pace: Pace, fetch: Fetch, clock: Callable[[], float] = time.time
    ) -> None:
        self._publisher = publisher
        self._folder = folder
        self._pace = pace
        self._fetch = fetch
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._rules: dict[str, RobotParser] = {}
        self._texts: dict[str, bytes] = {}
        self._errors: dict[str, Exception] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        for known, text in kept(folder):
            if rules := rules_of(text):
                self._texts[known.url] = text
                self._learn(known, rules)

    @property
    def known(self) -> list[Known]:
        """What is known of each host that was asked, sorted; for whom to show it to."""
        return sorted(self._known.values(), key=lambda known: known.url)

    async def require_allowed(self, url: str) -> None:
        """Raises RobotsDisallowed, RobotsUnavailable, HostHeld where the publisher cannot be asked now, and
        ForbiddenAddress, BadCertificate or UnknownHost of the host.
        """
        robots_url = _robots_url(url)
        async with self._turns[robots_url]:
            known = self._known.get(robots_url) or Known(robots_url, self._publisher)
            if known.is_due(self._clock()):
                known = await self._ask(known)
        match known.verdict(self._clock()):
            case Verdict.NO_RULES:
                return
            case Verdict.UNREACHABLE:
                raise self._reason(known)
            case Verdict.TOO_SLOW:
                raise RobotsDisallowed(f"{robots_url}: a crawl-delay of {known.crawl_delay_s:g} s")
            case Verdict.RULES:
                if not self._rules[robots_url].allowed(url, AGENT):
                    raise RobotsDisallowed("forbidden by robots.txt")

    def _reason(self, known: Known) -> IgnoreRequest:
        """What keeps us from a robots.txt; where it would keep us from every address of the host, that."""
        match self._errors.get(known.url):
            case ForbiddenAddress() | BadCertificate() as error:
                return type(error)(str(error))
            case CannotResolveHostError() as error:
                return UnknownHost(str(error))
            case _:
                return RobotsUnavailable(f"{known.url}: {known.why or 'not asked'}")

    async def _ask(self, known: Known) -> Known:
        try:
            response = await self._followed(known.url)
        except HostHeld:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it was, there is no robots.txt
            self._errors[known.url] = error
            # Not kept: it has cost the server nothing, and whoever mends his network need not wait.
            return self._learn(known.failed(None, f"{type(error).__name__}: {error}", self._clock()))
        self._errors.pop(known.url, None)
        now = self._clock()
        text = text_of(response.body) if response.status < 300 else b""
        rules = rules_of(text)
        why = _why_unavailable(response) if rules else "more rules than can be read"
        if rules and why is None:
            cache_control = b", ".join(response.headers.getlist("Cache-Control")).decode("latin-1")
            self._texts[known.url] = text
            known = known.answered(response.status, cache_control, crawl_delay_s(rules), now)
        else:
            rules, known = None, known.failed(response.status, why or "", now)
        return self._keep(self._learn(known, rules))

    async def _followed(self, url: str) -> Response:
        """The answer at the end of redirects; a redirect where they lead too far."""
        response = await self._fetch(url)
        for _ in range(REDIRECTS):
            target = target_of(response) if response.status in PERMANENT + TEMPORARY else None
            if target is None or own_address(target, self._publisher) is None:
                break
            response = await self._fetch(target)
        return response

    def _learn(self, known: Known, rules: RobotParser | None = None) -> Known:
        """Rules come with a copy; after a try that gave none the ones before stay."""
        if rules:
            self._rules[known.url] = rules
            delay_s = known.crawl_delay_s or 0.0
            self._pace.keep_crawl_delay(known.url, delay_s if delay_s <= LONGEST_DELAY_S else 0.0)
        self._known[known.url] = known
        log.info(
            "robots.txt",
            publisher=self._publisher,
            url=known.url,
            status=known.status,
            verdict=known.verdict(self._clock()),
            why=known.why,
        )
        return known

    def _keep(self, known: Known) -> Known:
        try:
            keep(self._folder, known, self._texts.get(known.url, b""))
        except OSError as error:
            log.warning("robots.txt is not kept", publisher=self._publisher, why=str(error))
        return known


class RobotsMiddleware:
    """Lets a request pass that the robots.txt of its host allows."""

    def __init__(self, crawler: Crawler) -> None:
        politeness = crawler.get_extension(Politeness)
        if politeness is None:
            raise NotConfigured("not a publisher's spider")
        self._crawler = crawler
        self._politeness = politeness
        self._robots: dict[str, Robots] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        """Scrapy's way to make it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises what `Robots.require_allowed` does."""
        if request.meta.get(_OF_ROBOTS):
            return
        if why := why_forbidden(request.url):
            raise ForbiddenAddress(why)
        await self.robots(request.meta["download_slot"]).require_allowed(request.url)
        request.meta[_ALLOWED] = request.url

    def robots(self, publisher: str) -> Robots:
        """The robots.txt files of a publisher."""
        if publisher not in self._robots:
            self._robots[publisher] = Robots(
                publisher,
                self._politeness.folder(publisher),
                self._politeness.pace(publisher),
                lambda url: self._fetch(url, publisher),
            )
        return self._robots[publisher]

    async def _fetch(self, url: str, publisher: str) -> Response:
        meta = {
            _OF_ROBOTS: True,
            "download_slot": publisher,
            "dont_redirect": True,
            "handle_httpstatus_all": True,
        }
        request = Request(url, callback=NO_CALLBACK, meta=meta)
        response: Response = await self._crawler.engine.download_async(request)
        return response


def _robots_url(url: str) -> str:
    """Of the scheme and authority of an address, its usual port left out."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    return f"{parts.scheme}://{parts.hostname}{port}/robots.txt"


def _why_unavailable(response: Response) -> str | None:
    """None of an answer that says what is allowed."""
    status = response.status
    if 300 <= status < 400:
        return f"status {status}, to {(response.headers.get('Location') or b'nowhere').decode('latin-1')}"
    if status >= 500 or status == 429:
        return f"status {status}"
    return None
