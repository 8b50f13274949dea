"""Names of both publishers lead to the twin; no other name is known."""

import os
import re
from collections.abc import Sequence

from scrapy.crawler import Crawler
from twisted.internet.address import IPv4Address
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

VARIABLE = "TWIN_ADDRESS"
"""Address and port of the server: `127.0.0.1:8443`."""
OF_THE_TWIN = re.compile(r"(?:[a-z0-9-]+\.)*(?:thanhnien\.vn|vietnam\.vn|vrviet\.vn)", re.IGNORECASE)


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """All is said at once."""


@implementer(IHostnameResolver)
class TwinResolver:
    """For Scrapy's setting TWISTED_DNS_RESOLVER. The port is always the twin's, one for http and https."""

    def __init__(self, reactor: ReactorBase) -> None:
        self._reactor = reactor
        host, _, port = os.environ[VARIABLE].rpartition(":")
        self._address = IPv4Address("TCP", host, int(port))

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> "TwinResolver":
        return cls(reactor)

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802  # the interface's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803  # the interface's names, here and below
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        if OF_THE_TWIN.fullmatch(hostName):
            resolutionReceiver.addressResolved(self._address)
        resolutionReceiver.resolutionComplete()
        return resolution
