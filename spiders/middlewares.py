"""robots.txt, as RFC 9309 has it: where it cannot be had nothing is fetched, and its crawl-delay is kept.

In the place of Scrapy's own, which takes a server's failure for leave to fetch everything, passes crawl-delays over,
and of several requests that wait for the rules shows them to the first alone (2.19).
"""

import asyncio
import math
from collections import defaultdict

import structlog
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import load_object

from spiders.outcomes import RobotsDisallowed, RobotsUnavailable

log = structlog.get_logger(__name__)

ROBOTS_BYTES = 512_000
"""What is read of a robots.txt: the 500 KiB that the RFC asks for."""


class RobotsMiddleware:
    """Lets a request pass that the robots.txt of its host allows; asks each host once in a crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._parser: type[RobotParser] = load_object(crawler.settings["ROBOTSTXT_PARSER"])
        self._rules: dict[str, RobotParser | RobotsUnavailable] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        """Scrapy's way to make it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises RobotsDisallowed and RobotsUnavailable."""
        if request.meta.get("is_robotstxt"):
            return
        parts = urlparse_cached(request)
        async with self._turns[parts.netloc]:
            if parts.netloc not in self._rules:
                slot_key = request.meta["download_slot"]
                rules = await self._fetch(f"{parts.scheme}://{parts.netloc}/robots.txt", slot_key)
                self._rules[parts.netloc] = rules
                if isinstance(rules, RobotParser):
                    self._keep_delay(rules, slot_key)
        rules = self._rules[parts.netloc]
        if isinstance(rules, RobotsUnavailable):
            raise rules
        if not rules.allowed(request.url, self._agent):
            raise RobotsDisallowed("forbidden by robots.txt")

    async def _fetch(self, url: str, slot_key: str) -> RobotParser | RobotsUnavailable:
        """A server error and silence are a complete disallow (2.3.1.4); a client error says that all is allowed."""
        request = Request(url, callback=NO_CALLBACK, meta={"is_robotstxt": True, "download_slot": slot_key})
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001  # whatever it was, there is no robots.txt
            return RobotsUnavailable(f"{url}: {type(error).__name__}: {error}")
        if response.status >= 500 or response.status == 429:
            return RobotsUnavailable(f"{url}: status {response.status}")
        body = response.body[:ROBOTS_BYTES] if response.status == 200 else b""
        return self._parser.from_crawler(self._crawler, body)

    def _keep_delay(self, rules: RobotParser, slot_key: str) -> None:
        """Wait at least as long as robots.txt asks between two requests to the publisher, with no jitter below it."""
        delay_s = rules.crawl_delay(self._agent)
        if delay_s is None or not math.isfinite(delay_s):
            return
        downloader = self._crawler.engine.downloader
        kept: float = downloader.per_slot_settings.get(slot_key, {}).get("delay", 0)
        if delay_s <= max(kept, self._crawler.settings.getfloat("DOWNLOAD_DELAY")):
            return
        log.info("crawl-delay", publisher=slot_key, delay_s=delay_s)
        downloader.per_slot_settings[slot_key] = {"delay": delay_s, "jitter": 0.0}
        if slot := downloader.slots.get(slot_key):
            slot.delay, slot.jitter = delay_s, 0.0
        if throttle := self._crawler.get_extension(AutoThrottle):
            throttle.mindelay = delay_s
            throttle.maxdelay = max(throttle.maxdelay, delay_s)
