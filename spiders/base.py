"""What every publisher's spider does: fetch article addresses of its own publisher, and account for each.

An address gives one page for its article, or none and one word that says why (`spiders.outcomes`). A permanent redirect
to another article gives a page for that one, and one of status 301 for the article that moved there.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import structlog
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from dongtin.errors import ConfigurationError
from dongtin.events import Lane
from dongtin.publishers import AddressKind, identify
from dongtin.settings import load
from spiders.addresses import of_file, own_address, readable_file, split, without_fragment
from spiders.outcomes import AddressOutcome, of_failure
from spiders.pages import FetchedPage, Lead, fetched_page, moved_page
from spiders.politeness import INSISTENCE, insist
from spiders.redirects import PERMANENT, TEMPORARY, Chain, target_of

log = structlog.get_logger(__name__)

ANSWERED = (200, 404, 410)


class PublisherSpider(Spider):
    """Fetches the addresses that it is given. A subclass names its publisher, and overrides nothing else.

    Arguments (`scrapy crawl NAME -a …`): `url`, addresses parted by white space or commas; `file`, one address a line;
    `lane`, `live` by default or `backfill`. Raises ConfigurationError for any other, and where there is no address.
    """

    publisher: str
    """Id of the publisher: `thanhnien.vn`."""
    clock: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))
    """Tells when an answer came."""

    def __init__(
        self,
        name: str | None = None,
        url: str = "",
        file: str = "",
        lane: str = Lane.LIVE,
        **unknown: object,
    ) -> None:
        super().__init__(name)
        if unknown:
            raise ConfigurationError(f"a spider takes url, file and lane, and not {', '.join(sorted(unknown))}")
        if lane not in (Lane.LIVE, Lane.BACKFILL):
            raise ConfigurationError(f"lane is live or backfill, and not {lane[:40]!r}")
        if not url.strip() and not file:
            raise ConfigurationError(f"{self.name}: no address to fetch: name some by url or file")
        self._urls = split(url)
        self._file = readable_file(file) if file else None
        self._lead = Lead(self.publisher, Lane(lane), "given")

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Where dongtin's settings come in: the contact in the user agent, without which no crawler is made.

        Raises ConfigurationError.
        """
        super().update_settings(settings)
        own = load()
        # We always say who we are.
        settings.set("USER_AGENT", user_agent(own.contact), priority=INSISTENCE)
        settings.set("DONGTIN_SETTINGS", own, priority=INSISTENCE)
        insist(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "PublisherSpider":
        """See `scrapy.Spider.from_crawler`."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_dropped, signals.request_dropped)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Requests of the given addresses, made when there is room for them; what is not ours is told and counted."""
        for given in self._given():
            url = without_fragment(given)
            address = own_address(url, self.publisher)
            self._count("given")
            if address is None:
                self._end(given, AddressOutcome.FOREIGN)
            elif address.kind != AddressKind.ARTICLE:
                self._end(given, AddressOutcome.NOT_AN_ARTICLE, kind=address.kind)
            else:
                if self.crawler.engine.needs_backout():
                    await self.crawler.signals.wait_for(signals.scheduler_empty)
                yield self._request(url, Chain(given, url))

    def parse(self, response: Response, chain: Chain) -> Iterator[Request | FetchedPage]:
        """Pages of an answer, or the next request of a redirect."""
        now = self.clock()
        if response.status in PERMANENT + TEMPORARY:
            yield from self._redirected(response, chain, now)
        elif response.status not in ANSWERED:
            self._end(chain.given, AddressOutcome.BAD_STATUS, status=response.status)
        elif response.status == 200 and _is_encoded(response):
            self._end(chain.given, AddressOutcome.UNDECODED)
        else:
            yield from chain.moves
            yield fetched_page(response, chain.requested, self._lead, now)
            self._end(chain.given, AddressOutcome.FETCHED, status=response.status)

    def on_failure(self, failure: Failure) -> None:
        """No answer: counted, no event."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy on what it gives to an errback
        error = failure.value
        self._end(request.cb_kwargs["chain"].given, of_failure(error), why=f"{type(error).__name__}: {error}"[:300])

    def on_dropped(self, request: Request) -> None:
        """Scrapy asks for no address twice."""
        chain: Chain = request.cb_kwargs["chain"]
        self._end(chain.given, AddressOutcome.REPEATED)

    def _redirected(self, response: Response, chain: Chain, now: datetime) -> Iterator[Request | FetchedPage]:
        target = target_of(response)
        if target is None:
            self._end(chain.given, AddressOutcome.BAD_REDIRECT, status=response.status)
            return
        address = own_address(target, self.publisher)
        if address is None:
            self._end(chain.given, AddressOutcome.OFFSITE_REDIRECT, status=response.status, target=target[:300])
            return
        if chain.redirects >= self.settings.getint("REDIRECT_MAX_TIMES"):
            self._end(chain.given, AddressOutcome.REDIRECT_LOOP, status=response.status)
            return
        permanent = chain.permanent and response.status in PERMANENT
        chain = replace(chain, permanent=permanent, redirects=chain.redirects + 1)
        if not permanent or address.article_id == identify(chain.requested).article_id:
            yield self._request(target, chain, dont_filter=True)
            return
        moved = moved_page(response, chain.requested, target, self._lead, now)
        if address.kind == AddressKind.ARTICLE:
            chain = replace(chain, requested=target, moves=(*chain.moves, moved))
            yield self._request(target, chain, dont_filter=True)
        else:
            yield from chain.moves
            yield moved
            self._end(chain.given, AddressOutcome.FETCHED, status=response.status)

    def _request(self, url: str, chain: Chain, *, dont_filter: bool = False) -> Request:
        return Request(
            url,
            callback=self.parse,
            errback=self.on_failure,
            cb_kwargs={"chain": chain},
            meta={"dont_redirect": True, "handle_httpstatus_all": True, "download_slot": self.publisher},
            dont_filter=dont_filter,
        )

    def _given(self) -> Iterator[str]:
        yield from self._urls
        if self._file:
            yield from of_file(self._file)

    def _end(self, given: str, outcome: AddressOutcome, **facts: object) -> None:
        """Account for an address: each exactly once."""
        self._count(outcome)
        level = "info" if outcome in (AddressOutcome.FETCHED, AddressOutcome.REPEATED) else "warning"
        getattr(log, level)("address", publisher=self.publisher, outcome=outcome, url=given[:300], **facts)

    def _count(self, word: str) -> None:
        self.crawler.stats.inc_value(f"address/{word}")


def user_agent(contact: str | None) -> str:
    """Who we are, for servers: name, version, and how to reach who runs it. Raises ConfigurationError without that."""
    if not contact or not contact.isascii() or not contact.isprintable():
        raise ConfigurationError(
            "DONGTIN_CONTACT: set it to a web address or an e-mail address at which publishers reach you; "
            "without one nothing is fetched"
        )
    return f"dongtin/{version('dongtin')} (+{contact})"


def _is_encoded(response: Response) -> bool:
    """Whether a content encoding is left; Scrapy takes those away that it decodes."""
    return (response.headers.get("Content-Encoding") or b"identity").strip().lower() != b"identity"
