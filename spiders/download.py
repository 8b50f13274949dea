"""The one place through which every request of a publisher goes: pages, robots.txt, feeds, retries, redirects.

Scrapy's HTTP/1.1 handler with a publisher's pace around it, and with what it leaves open closed: addresses that are not
of the public web, a header without end, requests that Twisted repeats by itself. DOWNLOAD_TIMEOUT is Scrapy's, and
counts from the turn on: connection, header and body in all.
"""

from collections.abc import Iterator
from functools import lru_cache

from OpenSSL import SSL
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError, NotConfigured
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached
from service_identity import VerificationError
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IOpenSSLClientConnectionCreator
from twisted.python.failure import Failure
from twisted.web._newclient import Request as ClientRequest
from twisted.web.client import ResponseFailed
from twisted.web.iweb import IPolicyForHTTPS, IResponse
from zope.interface import implementer

from spiders.outcomes import BadCertificate, ForbiddenAddress, HeaderTooLarge, RobotsUnavailable
from spiders.politeness import Politeness
from spiders.public_web import why_forbidden
from spiders.resolver import PublicAddresses
from spiders.robots import may_be_asked

HEADER_BYTES = 65_536
"""A header's most; browsers end at 256 KiB. A line's most is Twisted's, 16 KiB."""


class DownloadHandler(HTTP11DownloadHandler):
    """Raises HostHeld, ForbiddenAddress, BadCertificate and HeaderTooLarge besides Scrapy's own errors."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        politeness = crawler.get_extension(Politeness)
        if politeness is None:
            raise NotConfigured("nothing is fetched without the extension spiders.politeness.Politeness")
        self._politeness = politeness
        # Scrapy makes the TLS of a connection for each request, also where one that is kept serves it.
        self._contextFactory: IPolicyForHTTPS = _OneForEachHost(self._contextFactory)  # type: ignore[assignment]  # zope's
        # Twisted repeats a request by itself, at once, where a kept connection ends before the answer.
        self._pool.retryAutomatically = False
        self._pool._factory = _Factory  # noqa: SLF001  # as Scrapy does

    async def download_request(self, request: Request) -> Response:
        """An answer, in its publisher's turn."""
        self._require_allowed(request)
        pace = self._politeness.pace(request.meta["download_slot"])
        async with pace.turn():
            try:
                response = await super().download_request(request)
            except CannotResolveHostError as error:
                raise _refused(request) or error from None
            except DownloadFailedError as error:
                raise _explained(error) or error from None
            pace.answered(response.status, _text(response, "Retry-After"), _text(response, "Date"))
        return response

    def _require_allowed(self, request: Request) -> None:
        if why := why_forbidden(request.url):
            raise ForbiddenAddress(why)
        host = urlparse_cached(request).hostname or ""
        resolver = _resolver()
        if resolver and resolver.is_proxy(host):
            raise ForbiddenAddress(f"{host} is a proxy")
        if not may_be_asked(request):
            raise RobotsUnavailable("its robots.txt was not asked")


@implementer(IPolicyForHTTPS)
class _OneForEachHost:
    """How connections to a host are secured, made once."""

    def __init__(self, policy: IPolicyForHTTPS) -> None:
        self._made = lru_cache(256)(policy.creatorForNetloc)

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:  # noqa: N802  # Twisted's
        """See `IPolicyForHTTPS`."""
        return self._made(hostname, port)


class _Parser(_LenientHTTPClientParser):
    """Gives up a header that is too large, where Twisted's grows."""

    _header_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802  # Twisted's name
        self._header_bytes += len(line)
        if self._header_bytes > HEADER_BYTES:
            self.lineLengthExceeded(line)
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802  # Twisted's name, and its argument
        raise HeaderTooLarge("a header of more than 64 KiB, or a line of it of more than 16 KiB")


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: ClientRequest) -> Deferred[IResponse]:
        outcome: Deferred[IResponse] = super().request(request)
        if self._parser is not None:
            # As Scrapy does: Twisted names the parser's class in the middle of a function.
            self._parser.__class__ = _Parser
        return outcome

    def _giveUp(self, reason: Failure) -> None:  # noqa: N802  # Twisted's name
        if isinstance(reason.value, HeaderTooLarge) and self.transport:
            # Not Twisted's orderly end, which would take in what is still to come.
            self.transport.abortConnection()
        super()._giveUp(reason)  # type: ignore[no-untyped-call]  # Twisted's


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> _Protocol:  # noqa: ARG002, N802  # Twisted's
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]  # Twisted's


def _resolver() -> PublicAddresses | None:
    """The resolver in use, where it is ours."""
    from twisted.internet import reactor  # installed by Scrapy when it starts

    resolver = reactor.nameResolver
    return resolver if isinstance(resolver, PublicAddresses) else None


def _refused(request: Request) -> ForbiddenAddress | None:
    host = urlparse_cached(request).hostname or ""
    resolver = _resolver()
    refused = resolver.refused(host) if resolver else ()
    return ForbiddenAddress(f"{host} is at {', '.join(refused)}"[:200]) if refused else None


def _explained(error: DownloadFailedError) -> BadCertificate | HeaderTooLarge | None:
    """What a failed download failed on, where that has a word of its own."""
    for reason in _reasons(error.__cause__):
        if isinstance(reason, HeaderTooLarge):
            return reason
        if isinstance(reason, VerificationError) or (
            isinstance(reason, SSL.Error) and "certificate verify failed" in str(reason)
        ):
            return BadCertificate(str(reason)[:200])
    return None


def _reasons(error: BaseException | None) -> Iterator[BaseException]:
    if isinstance(error, ResponseFailed):
        for failure in error.reasons:
            yield from _reasons(failure.value)
    elif error is not None:
        yield error


def _text(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
