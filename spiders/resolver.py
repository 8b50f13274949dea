"""From a host's name to addresses that may be connected to: the setting TWISTED_DNS_RESOLVER.

The addresses that are checked here are the ones that Twisted connects to (`HostnameEndpoint` asks for no name twice,
and tries IPv6 and IPv4 side by side), so a name that is public at first and private the next time gains nothing.
Through a proxy it is the proxy that resolves a target's name, and only its form is checked here; the proxy itself,
which the environment names, may be private.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.crawler import Crawler
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from spiders.public_web import is_public


class Receiver(Protocol):
    """`IResolutionReceiver`, as types have it."""

    def resolutionBegan(self, resolution: Any) -> None: ...  # noqa: D102, N802
    def addressResolved(self, address: Any) -> None: ...  # noqa: D102, N802
    def resolutionComplete(self) -> None: ...  # noqa: D102, N802


@implementer(IHostnameResolver)
class PublicAddresses:
    """Resolves names by the system's resolver, each anew, and passes on the public addresses alone.

    A name without any is one that cannot be resolved, by the interface; `refused` tells it apart.
    """

    def __init__(self, reactor: Any, timeout_s: float) -> None:
        self._reactor = reactor
        self._timeout_s = timeout_s
        self._system = reactor.nameResolver
        self._proxies = frozenset(filter(None, map(_host, getproxies().values())))
        self._refused: dict[str, tuple[str, ...]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> "PublicAddresses":
        """Scrapy's way to make it."""
        return cls(reactor, crawler.settings.getfloat("DNS_TIMEOUT"))

    def install_on_reactor(self) -> None:
        """From now on every name is resolved here."""
        self._reactor.installNameResolver(self)

    def refused(self, host: str) -> tuple[str, ...]:
        """The addresses for which a host was found unknown the last time."""
        return self._refused.get(host.lower(), ())

    def is_proxy(self, host: str) -> bool:
        """Whether it is a proxy's host, which is no publisher's."""
        return host.lower() in self._proxies

    def resolveHostName(  # noqa: N802  # Twisted's name
        self,
        resolutionReceiver: Receiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """See `IHostnameResolver`; without an answer within DNS_TIMEOUT a name is unknown."""
        host = hostName.lower()

        def ended(passed: bool, refused: tuple[str, ...]) -> None:
            self._refused.pop(host, None)
            if refused and not passed:
                self._refused[host] = refused

        checks = not self.is_proxy(host)
        receiver = _Receiver(resolutionReceiver, ended, checks=checks)
        receiver.timeout = self._reactor.callLater(self._timeout_s, receiver.resolutionComplete)
        return self._system.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _Receiver:
    """Passes on what is public, and one end: the resolver's, or that of the time."""

    def __init__(self, receiver: Receiver, ended: Callable[[bool, tuple[str, ...]], None], *, checks: bool) -> None:
        self._receiver = receiver
        self._ended = ended
        self._checks = checks
        self._passed = self._over = False
        self._refused: list[str] = []
        self.timeout: Any = None

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802  # Twisted's name
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802  # Twisted's name
        if self._over:
            return
        host = address.host if isinstance(address, IPv4Address | IPv6Address) else ""
        if self._checks and not is_public(host):
            self._refused.append(host)
            return
        self._passed = True
        self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802  # Twisted's name
        if self._over:
            return
        self._over = True
        if self.timeout.active():
            self.timeout.cancel()
        self._ended(self._passed, tuple(self._refused))
        self._receiver.resolutionComplete()


def _host(proxy: str) -> str | None:
    try:
        return urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname
    except ValueError:
        return None
