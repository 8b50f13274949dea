"""What a crawl hears of articles, into its frontier: what places show, what pages link to, what the workers found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from dongtin.codec import decode
from dongtin.errors import ConfigurationError, DecodeError
from dongtin.events import ArticleState, Lane
from dongtin.publishers import Address, AddressKind, identify, translated, vietnamese_original
from dongtin.record import Message
from spiders.addresses import own_address
from spiders.clock import Clock
from spiders.discovery import Finding
from spiders.frontier import Frontier, Learnt
from spiders.outcomes import AddressOutcome, Happening
from spiders.places import Place
from spiders.schedule import TRANSLATED_S
from spiders.ways import LIVE_DAYS, Way, span

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Languages:
    """Which translations are looked for: language segments of addresses."""

    known: tuple[str, ...] = ()
    """Those that the site is known to have; none where it does not translate."""
    wanted: tuple[str, ...] | None = None
    """Those that the set-up names; None: all."""

    def check(self) -> None:
        """Raises ConfigurationError where one is wanted that the site is not known to have."""
        unknown = [language for language in self.wanted or () if language not in self.known]
        if self.known and unknown:
            raise ConfigurationError(f"DONGTIN_LANGUAGES: {unknown[0]!r} is none of {', '.join(sorted(self.known))}")


class Intake:
    """Of one publisher. What is given at once is taken in one transaction, or is part of the caller's."""

    def __init__(self, frontier: Frontier, languages: Languages, clock: Clock, *, is_one_pass: bool) -> None:
        self._frontier, self._languages, self._clock, self._is_one_pass = frontier, languages, clock, is_one_pass
        self.found = 0
        """Addresses of articles that nobody knew, in this crawl."""

    def show(self, place: Place, way: Way, findings: Iterable[Finding]) -> int:
        """Take what a place shows; gives how many are new articles of the last days."""
        with self._frontier.together():
            return sum(self._show(place, way, finding) for finding in findings)

    def translations(self, original: Address, lane: Lane, alternates: Iterable[str]) -> int:
        """Take the translations of a Vietnamese page that stands; `alternates`: those that it declares itself.

        Gives how many addresses that are.
        Which: the languages that the setting names, else what the page declares, else those that are known of the site.
        """
        if not self._languages.known or original.article_id is None or vietnamese_original(original):
            return 0
        declared = [identify(url) for url in alternates]
        found = [address for address in declared if _is_translation_of(address, original)]
        delay_s = 0.0
        if self._languages.wanted is not None or not found:
            chosen = self._languages.known if self._languages.wanted is None else self._languages.wanted
            found = [address for language in chosen if (address := translated(original, language))]
            delay_s = 0.0 if self._is_one_pass else TRANSLATED_S
        now = self._now()
        with self._frontier.together():
            for address in found:
                self.found += self._frontier.find(address, "translation", lane, now, wanted=now + delay_s)
        return len(found)

    def learn(self, messages: Sequence[Message], topic: str) -> None:
        """Take what the workers found: of this publisher's articles, and which of them others name as originals."""
        now = self._now()
        changed = withdrawn = 0
        with self._frontier.together():
            for message in messages:
                learnt = self._learn(message, now)
                changed, withdrawn = changed + learnt.changed, withdrawn + learnt.withdrawn
                self._frontier.keep_position(topic, message.partition, message.offset + 1)
            for word, number in ((Happening.CHANGED, changed), (Happening.WITHDRAWN, withdrawn)):
                if number:
                    self._frontier.count(word, now, number)

    def _show(self, place: Place, way: Way, finding: Finding) -> bool:
        now = self._now()
        address = own_address(finding.url, self._frontier.publisher)
        if address is None:
            self._frontier.count(AddressOutcome.FOREIGN, now)
            return False
        if address.kind != AddressKind.ARTICLE:
            return False
        lane = Lane.LIVE
        if place.window:
            lane = Lane.BACKFILL
            if not _is_in(address, place.window):
                return False
        modified = finding.modified.timestamp() if finding.modified else None
        takes_over = self._is_one_pass and lane == Lane.BACKFILL
        is_new = self._frontier.find(address, way.discovery, lane, now, modified=modified, takes_over=takes_over)
        if is_new:
            self.found += 1
            self._frontier.count(Happening.FOUND, now)
        return is_new and self._lane_of(address) == Lane.LIVE

    def _learn(self, message: Message, now: float) -> Learnt:
        article_id = (message.key or b"").decode(errors="replace")
        is_own = article_id.startswith(self._frontier.publisher + "/")
        if message.value is None:
            if is_own:
                self._frontier.tombstone(article_id, now)
            return Learnt()
        try:
            state = decode(message).data
        except DecodeError as error:
            log.warning("article-state", key=article_id[:200], why=str(error)[:300])
            return Learnt()
        if not isinstance(state, ArticleState):
            return Learnt()
        if is_own:
            return self._frontier.learn(article_id, state, now)
        origin = own_address(state.origin_url or "", self._frontier.publisher)
        if origin and origin.article_id:
            self.found += self._frontier.find(origin, "origin", self._lane_of(origin), now)
        return Learnt()

    def _lane_of(self, address: Address) -> Lane:
        """By the date that stands in the address, where one does."""
        if address.date_created and self._clock.now() - address.date_created > timedelta(days=LIVE_DAYS):
            return Lane.BACKFILL
        return Lane.LIVE

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _is_translation_of(address: Address, original: Address) -> bool:
    vietnamese = vietnamese_original(address)
    return vietnamese is not None and vietnamese.article_id == original.article_id


def _is_in(address: Address, window: str) -> bool:
    """Whether an article may have been published in the days of a back-fill, as far as its address tells."""
    if address.date_created is None:
        return True
    since, until = span(window)
    created = address.date_created.date()
    # Of 3,176 articles nine in ten were published within a day of getting their ids.
    return created <= until and (created >= since or since - created <= timedelta(days=1))
