"""What becomes of an address and of a page: one word each, the same in the log and in Scrapy's stats."""

from enum import StrEnum

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
    DropItem,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
)
from scrapy.spidermiddlewares.httperror import HttpError

from dongtin.content_coding import ContentCut, ContentError, ContentTooLarge


class RobotsDisallowed(IgnoreRequest):
    """Raised by RobotsMiddleware: robots.txt forbids the address."""


class RobotsUnavailable(IgnoreRequest):
    """Raised by RobotsMiddleware: robots.txt cannot be had, so nothing of its host may be fetched."""


class HostHeld(IgnoreRequest):
    """Raised by Pace: the publisher is left alone for longer than a request waits, or the crawl stops first."""

    def __init__(self, why: str, until: float) -> None:
        super().__init__(why)
        self.until = until
        """When to ask again, a POSIX timestamp."""


class ForbiddenAddress(IgnoreRequest):
    """Raised by the download handler: no address of the public web, or one of its form only."""


class UnknownHost(IgnoreRequest):
    """Raised by RobotsMiddleware: nobody knows an address of this name."""


class BadCertificate(IgnoreRequest):
    """Raised by the download handler: a server that cannot show who it is."""


class HeaderTooLarge(IgnoreRequest):
    """Raised by the download handler: more of a header than a server has need of."""


class AddressOutcome(StrEnum):
    """What became of an address that was given. Stats: `address/<word>`, and `address/given` for their sum."""

    FETCHED = "fetched"
    """It gave a page: an article, one that is gone, or one that moved."""
    NOT_MODIFIED = "not_modified"
    """It gave no page: it is as it was when it was last fetched."""
    REPEATED = "repeated"
    """Given, or reached by a redirect, before."""
    FOREIGN = "foreign"
    """Not an http or https address of the publisher."""
    NOT_AN_ARTICLE = "not_an_article"
    """Of the publisher, and no article by its grammar."""
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNAVAILABLE = "robots_unavailable"
    HELD = "held"
    """Not asked for: the publisher is left alone for longer than a request waits, or the crawl stopped first."""
    FORBIDDEN_ADDRESS = "forbidden_address"
    """Not http or https to a public address on its usual port."""
    UNKNOWN_HOST = "unknown_host"
    TIMEOUT = "timeout"
    NO_ANSWER = "no_answer"
    """Refused, lost, no TLS, not HTTP."""
    BAD_CERTIFICATE = "bad_certificate"
    """Nobody vouches for it, it is another host's, or its time is over."""
    CUT = "cut"
    """Fewer bytes than were promised."""
    TOO_LARGE = "too_large"
    """More than a page or a header may have, before or after decoding."""
    UNDECODED = "undecoded"
    """In a content encoding that was not asked for, or not in the one that it names."""
    BAD_STATUS = "bad_status"
    """None of 200, 404, 410 and redirects."""
    BAD_REDIRECT = "bad_redirect"
    """To no http or https address, or to itself."""
    OFFSITE_REDIRECT = "offsite_redirect"
    """To a host that is not the publisher's; it is not followed, and says nothing of the article."""
    REDIRECT_LOOP = "redirect_loop"
    """More redirects than REDIRECT_MAX_TIMES."""
    ERROR = "error"
    """We failed on what was answered."""


FINE = (AddressOutcome.FETCHED, AddressOutcome.NOT_MODIFIED, AddressOutcome.REPEATED)
"""Nothing was missed."""


class PageTooLarge(DropItem):
    """Raised by PagesPipeline for a page that no topic takes."""


class PlaceOutcome(StrEnum):
    """What became of a look at a place of discovery; where nothing answered, a word of `AddressOutcome`."""

    READ = "read"
    UNCHANGED = "unchanged"
    """As it was when it was last read (304)."""
    UNREADABLE = "unreadable"
    """No feed, no sitemap, no listing: nothing is known of what it shows."""
    GONE = "gone"
    """404 or 410: there is no such place, or no longer."""
    BAD_STATUS = "bad_status"
    """None of these, 200 and 304: a spell of 403 is no empty day."""
    FOREIGN = "foreign"
    """Named by a place, and not the publisher's."""


def place_word(outcome: PlaceOutcome | AddressOutcome) -> str:
    """The word of a look at a place in counts and stats: `place/read`."""
    return f"place/{outcome}"


PLACE_FAILURES = (
    PlaceOutcome.GONE,
    PlaceOutcome.UNREADABLE,
    PlaceOutcome.BAD_STATUS,
    *(word for word in AddressOutcome if word not in FINE),
)
"""Nothing is known of what a place shows."""


class Happening(StrEnum):
    """What else is counted for `dongtin sources`."""

    FOUND = "found"
    """An article's address that nobody knew."""
    NEW = "new"
    """A new article was fetched: none of the past, and no translation."""
    CHANGED = "changed"
    """The workers saw that an article has another content than before."""
    WITHDRAWN = "withdrawn"
    """They saw that it is gone."""


class PageOutcome(StrEnum):
    """What became of a page. Stats: `page/<word>`."""

    DELIVERED = "delivered"
    """Kafka has acknowledged it."""
    TOO_LARGE = "too_large"
    """More than the topic takes, with its headers."""
    UNDELIVERED = "undelivered"
    """Refused or not acknowledged in time: the crawl ends, and says so."""


def of_failure(error: BaseException | None) -> AddressOutcome:
    """The outcome of an address whose download failed."""
    match error:
        case RobotsDisallowed():
            return AddressOutcome.ROBOTS_DISALLOWED
        case RobotsUnavailable():
            return AddressOutcome.ROBOTS_UNAVAILABLE
        case HostHeld():
            return AddressOutcome.HELD
        case ForbiddenAddress() | NotSupported():
            return AddressOutcome.FORBIDDEN_ADDRESS
        case BadCertificate():
            return AddressOutcome.BAD_CERTIFICATE
        case CannotResolveHostError() | UnknownHost():
            return AddressOutcome.UNKNOWN_HOST
        case DownloadTimeoutError():
            return AddressOutcome.TIMEOUT
        case ResponseDataLossError() | ContentCut():
            return AddressOutcome.CUT
        case HttpError():
            return AddressOutcome.BAD_STATUS
        # Scrapy cancels what it receives for its size alone.
        case DownloadCancelledError() | ContentTooLarge() | HeaderTooLarge():
            return AddressOutcome.TOO_LARGE
        case ContentError():
            return AddressOutcome.UNDECODED
        case _:
            return AddressOutcome.NO_ANSWER
