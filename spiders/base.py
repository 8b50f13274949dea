"""What every publisher's spider does: ask for what is due, and account for each address and place.

An address gives one page for its article, or none and one word that says why (`spiders.outcomes`). A permanent redirect
to another article gives a page for that one, and one of status 301 for the article that moved there. What is due is
the plan's (`spiders.plan`), or the addresses are given.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from importlib.metadata import version
from typing import Any, ClassVar

import structlog
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object
from twisted.python.failure import Failure

from dongtin.errors import ConfigurationError, CutPlace, DongtinError, UnreadablePlace
from dongtin.events import Lane
from dongtin.publishers import AddressKind, identify, vietnamese_original
from dongtin.settings import load
from spiders.addresses import as_asked, of_file, own_address
from spiders.arguments import parse
from spiders.clock import Clock
from spiders.crawling import Crawling
from spiders.discovery import alternates
from spiders.frontier import Answer, Visit
from spiders.headers import last_of, max_age_s, validators, was_conditional
from spiders.intake import Languages
from spiders.outcomes import FINE, AddressOutcome, HostHeld, PageTooLarge, PlaceOutcome, of_failure, place_word
from spiders.pages import Errand, FetchedPage, Lead, answer_of, fetched_page, moved_page
from spiders.places import Place
from spiders.plan import Plan, Reply
from spiders.politeness import INSISTENCE, insist
from spiders.redirects import PERMANENT, TEMPORARY, Chain, target_of
from spiders.silence import Usual
from spiders.ways import DatedSitemaps, Way, Ways

log = structlog.get_logger(__name__)

ANSWERED = (200, 404, 410)
REACHED = re.compile(r"https?://\S+|[^\s@]+@[^\s@]+")
"""A web address or an e-mail address."""


class PublisherSpider(Spider):
    """Finds and fetches the articles of its publisher. A subclass is a record: it overrides nothing else.

    Arguments: `spiders.arguments`. Raises ConfigurationError for any other.
    """

    publisher: str
    """Id of the publisher: `thanhnien.vn`."""
    discovery: ClassVar[tuple[Way, ...]] = ()
    """Where it shows its articles."""
    languages: ClassVar[tuple[str, ...]] = ()
    """Language segments of the translations that it is known to have, where it has any."""
    usual: ClassVar[Usual | None] = None
    """How it brings out its articles; without it, it is never called silent."""

    def __init_subclass__(cls) -> None:
        """Raises ConfigurationError where a place is not of the publisher."""
        super().__init_subclass__()
        for way in cls.discovery:
            if own_address(way.url, cls.publisher) is None:
                raise ConfigurationError(f"{cls.__qualname__}: {way.url} is no address of {cls.publisher}")

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name)
        self.arguments = parse(**arguments)
        if self.arguments.window and not any(isinstance(way, DatedSitemaps) for way in self.discovery):
            raise ConfigurationError(f"{self.name}: it has no sitemaps by date, so there is no way into the past")
        self.clock: Clock
        self._crawling: Crawling | None = None
        """What is due; None where addresses are given."""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Where dongtin's settings come in: the contact in the user agent, without which no crawler is made.

        Raises ConfigurationError, also for a language that the site is not known to have.
        """
        super().update_settings(settings)
        own = load()
        Languages(cls.languages, own.wanted_languages).check()
        # We always say who we are.
        settings.set("USER_AGENT", user_agent(own.contact), priority=INSISTENCE)
        settings.set("DONGTIN_SETTINGS", own, priority=INSISTENCE)
        insist(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "PublisherSpider":
        """See `scrapy.Spider.from_crawler`."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.clock = load_object(crawler.settings["CLOCK"])()
        if not spider.arguments.are_given:
            spider.open(crawler.settings)
        for heard, signal in (
            (spider.on_dropped_request, signals.request_dropped),
            (spider.on_page_delivered, signals.item_scraped),
            (spider.on_page_dropped, signals.item_dropped),
            (spider.on_page_lost, signals.item_error),
            (spider.on_error, signals.spider_error),
            (spider.on_closed, signals.spider_closed),
        ):
            crawler.signals.connect(heard, signal)
        return spider

    def open(self, settings: BaseSettings) -> None:
        """Crawl from the frontier. Raises ConfigurationError where another process does."""
        self._crawling = Crawling(self.ways(), self.arguments, self.clock, settings)

    @classmethod
    def ways(cls) -> Ways:
        """What the record says of its site."""
        return Ways(cls.publisher, cls.discovery, cls.languages, cls.usual)

    async def start(self) -> AsyncIterator[Request]:
        """Requests of what is due, made when there is room for them."""
        if self._crawling is None:
            async for request in self._given():
                yield request
            return
        async for task in self._crawling.visits():
            yield self._look(task) if isinstance(task, Place) else self._visit(task)

    def parse(self, response: Response, chain: Chain) -> Iterable[Request | FetchedPage]:
        """Pages of an answer, or the next request of a redirect."""
        # No generator itself: Scrapy parses the source of such a callback for every answer.
        return self._answered(response, chain)

    def _answered(self, response: Response, chain: Chain) -> Iterator[Request | FetchedPage]:
        if response.status in PERMANENT + TEMPORARY:
            yield from self._redirected(response, chain)
        elif response.status == 304 and chain.errand and was_conditional(response):
            visit = chain.errand.visit
            chain.errand.answers.append(Answer(visit.article_id, visit.url, 304))
            self._end(chain, AddressOutcome.NOT_MODIFIED)
        elif response.status not in ANSWERED:
            self._end(chain, AddressOutcome.BAD_STATUS, status=response.status)
        else:
            page = fetched_page(response, chain.requested, chain.lead, self.clock.now())
            if chain.errand and response.status == 200:
                self._look_for_translations(chain.lead.lane, response)
            yield from self._deliver(chain, *chain.moves, page)

    async def read(self, response: Response, place: Place, redirects: int = 0) -> list[Request]:
        """Take note of what a place shows, or follow where it is."""
        if response.status in PERMANENT + TEMPORARY:
            return self._followed(response, place, redirects)
        await self._read(response, place)
        return []

    async def _read(self, response: Response, place: Place) -> None:
        plan = self._plan
        assert plan is not None  # noqa: S101  # places are looked at by a plan alone
        reply = Reply(
            response.body,
            last_of(response, "Content-Type"),
            last_of(response, "ETag"),
            last_of(response, "Last-Modified"),
            max_age_s(last_of(response, "Cache-Control")),
            response.url,
        )
        is_unchanged = response.status == 304 and was_conditional(response)
        if is_unchanged or (response.status in (404, 410) and place.page):
            # A listing ends where its next page is not there.
            plan.unchanged(place, reply)
            self.crawler.stats.inc_value(place_word(PlaceOutcome.UNCHANGED))
            return
        if response.status != 200:
            outcome = PlaceOutcome.GONE if response.status in (404, 410) else PlaceOutcome.BAD_STATUS
            self._unread(place, outcome, f"status {response.status}")
            return
        try:
            await plan.read(place, reply)
            self.crawler.stats.inc_value(place_word(PlaceOutcome.READ))
        except UnreadablePlace as error:
            is_cut = isinstance(error, CutPlace)
            self._unread(place, AddressOutcome.CUT if is_cut else PlaceOutcome.UNREADABLE, str(error))

    def _followed(self, response: Response, place: Place, redirects: int) -> list[Request]:
        """The request of where a place is now."""
        target = target_of(response)
        if target is None:
            self._unread(place, AddressOutcome.BAD_REDIRECT, f"status {response.status}")
        elif own_address(target, self.publisher) is None:
            self._unread(place, AddressOutcome.OFFSITE_REDIRECT, f"status {response.status}, to {target}")
        elif redirects >= self.settings.getint("REDIRECT_MAX_TIMES"):
            self._unread(place, AddressOutcome.REDIRECT_LOOP, f"status {response.status}, to {target}")
        else:
            return [self._look(place, target, redirects + 1)]
        return []

    def on_failure(self, failure: Failure) -> None:
        """No answer: counted, no event."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy on what it gives to an errback
        error = failure.value
        outcome, why = of_failure(error), f"{type(error).__name__}: {error}"[:300]
        if isinstance(error, HostHeld) and self._hold(request, error):
            return
        if place := request.cb_kwargs.get("place"):
            self._unread(place, outcome, why)
        else:
            self._end(request.cb_kwargs["chain"], outcome, why=why)

    def _hold(self, request: Request, error: HostHeld) -> bool:
        """Wait with all that is due; False where nobody would come back to it."""
        chain: Chain | None = request.cb_kwargs.get("chain")
        task = request.cb_kwargs.get("place") or (chain.errand.visit if chain and chain.errand else None)
        return self._plan is not None and task is not None and self._plan.held(task, error.until)

    def on_dropped_request(self, request: Request) -> None:
        """Scrapy asks for no given address twice."""
        if chain := request.cb_kwargs.get("chain"):
            self._end(chain, AddressOutcome.REPEATED)

    def on_page_delivered(self, item: FetchedPage) -> None:
        """Kafka has a page; with the last of its errand the address is done."""
        self._acknowledged(item, AddressOutcome.FETCHED)

    def on_page_lost(self, item: FetchedPage) -> None:
        """We failed on a page before it was sent: its address is still due."""
        if item.errand and self._plan:
            self._plan.failed(item.errand.visit, AddressOutcome.ERROR)

    def on_error(self, response: Response | None) -> None:
        """We failed on an answer, or on what is to be asked for; Scrapy has told how."""
        request = getattr(response, "request", None)
        arguments = request.cb_kwargs if request else {}
        if place := arguments.get("place"):
            self._unread(place, AddressOutcome.ERROR, "see the error above")
        elif chain := arguments.get("chain"):
            self._end(chain, AddressOutcome.ERROR)

    @property
    def failure(self) -> DongtinError | None:
        """Why the crawl could not go on, where it has a frontier that failed."""
        return self._crawling.failure if self._crawling else None

    async def on_closed(self) -> None:
        """The crawl is over."""
        if self._crawling:
            self.crawler.stats.set_value("address/found", self._crawling.plan.intake.found)
            await self._crawling.close()

    def on_page_dropped(self, item: FetchedPage, exception: Exception) -> None:
        """A page that is too large for its topic is done with; one that could not be delivered is still due."""
        if isinstance(exception, PageTooLarge):
            self._acknowledged(item, AddressOutcome.TOO_LARGE)
        elif item.errand and self._plan:
            self._plan.released(item.errand.visit)

    @property
    def _plan(self) -> Plan | None:
        return self._crawling.plan if self._crawling else None

    def _acknowledged(self, item: FetchedPage, outcome: AddressOutcome) -> None:
        errand = item.errand
        if errand is None or self._plan is None:
            return
        errand.waiting -= 1
        if errand.waiting == 0:
            self._plan.answered(errand.visit, errand.answers, outcome)

    def _deliver(self, chain: Chain, *pages: FetchedPage) -> Iterator[FetchedPage]:
        """Give pages to the pipeline; the address is done when all are acknowledged."""
        errand = chain.errand
        if errand is None:
            yield from pages
        else:
            errand.waiting = len(pages)
            errand.answers += map(answer_of, pages)
            if self._plan:
                self._plan.fetched(errand.visit)
            for page in pages:
                yield replace(page, errand=errand)
        self._tell(chain.given, AddressOutcome.FETCHED, status=pages[-1].page.status)

    def _redirected(self, response: Response, chain: Chain) -> Iterator[Request | FetchedPage]:
        target = target_of(response)
        if target is None:
            self._end(chain, AddressOutcome.BAD_REDIRECT, status=response.status)
            return
        address = own_address(target, self.publisher)
        if address is None:
            self._end(chain, AddressOutcome.OFFSITE_REDIRECT, status=response.status, target=target[:300])
            return
        if chain.redirects >= self.settings.getint("REDIRECT_MAX_TIMES"):
            self._end(chain, AddressOutcome.REDIRECT_LOOP, status=response.status)
            return
        permanent = chain.permanent and response.status in PERMANENT
        chain = replace(chain, permanent=permanent, redirects=chain.redirects + 1)
        if not permanent or address.article_id == identify(chain.requested).article_id:
            yield self._request(target, chain, dont_filter=True)
            return
        moved = moved_page(response, chain.requested, target, chain.lead, self.clock.now())
        if address.kind == AddressKind.ARTICLE:
            chain = replace(chain, requested=target, moves=(*chain.moves, moved))
            yield self._request(target, chain, dont_filter=True)
        else:
            yield from self._deliver(chain, *chain.moves, moved)

    async def _given(self) -> AsyncIterator[Request]:
        """Requests of the given addresses; what is not ours is told and counted."""
        lead = Lead(self.publisher, self.arguments.lane, "given")
        for given in self._addresses():
            url = as_asked(given)
            address = own_address(url, self.publisher)
            self._count("given")
            if address is None:
                self._tell(given, AddressOutcome.FOREIGN)
            elif address.kind != AddressKind.ARTICLE:
                self._tell(given, AddressOutcome.NOT_AN_ARTICLE, kind=address.kind)
            else:
                if self.crawler.engine.needs_backout():
                    await self.crawler.signals.wait_for(signals.scheduler_empty)
                yield self._request(url, Chain(given, url, lead))

    def _addresses(self) -> Iterator[str]:
        yield from self.arguments.urls
        if self.arguments.file:
            yield from of_file(self.arguments.file)

    def _visit(self, visit: Visit) -> Request:
        self._count("given")
        lead = Lead(self.publisher, visit.lane, visit.discovery)
        return self._request(visit.url, Chain(visit.url, visit.url, lead, Errand(visit)), dont_filter=True)

    def _look(self, place: Place, url: str | None = None, redirects: int = 0) -> Request:
        return Request(
            url or place.url,
            callback=self.read,
            errback=self.on_failure,
            cb_kwargs={"place": place, "redirects": redirects},
            headers=validators(place.etag, place.last_modified),
            meta=self._meta() | {"dont_retry": True},
            dont_filter=True,
        )

    def _request(self, url: str, chain: Chain, *, dont_filter: bool = False) -> Request:
        visit = chain.errand.visit if chain.errand else None
        is_same = visit is not None and (url == visit.url or identify(url).article_id == visit.article_id)
        return Request(
            url,
            callback=self.parse,
            errback=self.on_failure,
            cb_kwargs={"chain": chain},
            headers=validators(visit.etag, visit.last_modified) if visit and is_same else {},
            # What the plan asks for it asks for again itself, later.
            meta=self._meta() | ({"dont_retry": True} if visit else {}),
            dont_filter=dont_filter,
        )

    def _meta(self) -> dict[str, object]:
        return {"dont_redirect": True, "handle_httpstatus_all": True, "download_slot": self.publisher}

    def _look_for_translations(self, lane: Lane, response: Response) -> None:
        """By the article that answered: it may have another name now, or the home page may stand in its place."""
        address = identify(response.url)
        if self._plan and self.languages and address.article_id and vietnamese_original(address) is None:
            declared = alternates(response.body, last_of(response, "Content-Type"), response.url)
            self._plan.translations(address, lane, declared.values())

    def _end(self, chain: Chain, outcome: AddressOutcome, **facts: object) -> None:
        """Account for an address that gave no page."""
        if chain.errand and self._plan:
            if outcome == AddressOutcome.NOT_MODIFIED:
                self._plan.answered(chain.errand.visit, chain.errand.answers, outcome)
            else:
                self._plan.failed(chain.errand.visit, outcome)
        self._tell(chain.given, outcome, **facts)

    def _unread(self, place: Place, outcome: AddressOutcome | PlaceOutcome, why: str) -> None:
        if self._plan:
            self.crawler.stats.inc_value(place_word(outcome))
            self._plan.unread(place, outcome, why)

    def _tell(self, given: str, outcome: AddressOutcome, **facts: object) -> None:
        """Each address exactly once."""
        self._count(outcome)
        level = "info" if outcome in FINE else "warning"
        getattr(log, level)("address", publisher=self.publisher, outcome=outcome, url=given[:300], **facts)

    def _count(self, word: str) -> None:
        self.crawler.stats.inc_value(f"address/{word}")


def user_agent(contact: str | None) -> str:
    """Who we are, for servers: name, version, and how to reach who runs it. Raises ConfigurationError without that."""
    if not contact or not contact.isascii() or not contact.isprintable() or not REACHED.fullmatch(contact):
        given = f"{contact[:100]!r} is none" if contact else "without one nothing is fetched"
        raise ConfigurationError(
            f"DONGTIN_CONTACT: set it to a web address or an e-mail address at which publishers reach you; {given}"
        )
    return f"dongtin/{version('dongtin')} (+{contact})"
