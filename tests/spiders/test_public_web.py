from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import DNSLookupError
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock

from spiders.public_web import is_public, why_forbidden
from spiders.resolver import PublicAddresses

PUBLIC = ("1.1.1.1", "8.8.8.8", "203.162.0.1", "2606:4700::1111", "2405:4800::1", "64:ff9b::808:808")
NOT_PUBLIC = (
    "0.0.0.0",  # noqa: S104  # compared, not bound
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.251",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
)
FORBIDDEN = (
    "file:///etc/passwd",
    "ftp://thanhnien.vn/",
    "gopher://thanhnien.vn/",
    "data:text/html,a",
    "//thanhnien.vn/",
    "http:///a",
    "http://",
    "https://thanhnien.vn:22/",
    "https://thanhnien.vn:8080/",
    "https://thanhnien.vn:0/",
    "https://thanhnien.vn:99999/",
    "https://thanhnien.vn:https/",
    "https://reader@thanhnien.vn/",
    "https://reader:secret@thanhnien.vn/",
    "https://@thanhnien.vn/",
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0X7F.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://0x/",
    "http://1.2.3.4.5/",
    "http://thanhnien.vn.127/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[fe80::1%25eth0]/",
    "http://[::1",
    "http://[v1.a]/",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_no_publisher_has(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("url", FORBIDDEN)
def test_forms_that_may_not_be_asked_for(url: str) -> None:
    assert why_forbidden(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://thanhnien.vn/",
        "https://www.thanhnien.vn:443/a?b=http://127.0.0.1/",
        "https://4.thanhnien.vn/",
        "https://127.0.0.1.thanhnien.vn/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
    ],
)
def test_forms_that_may(url: str) -> None:
    assert why_forbidden(url) is None


@settings(derandomize=True)
@given(st.text() | st.builds("http://{}/".format, st.text()))
def test_no_text_makes_it_fail(text: str) -> None:
    why_forbidden(text)
    is_public(text)


# The resolver, under Twisted's own endpoint.


class Names:
    """A name service that answers each time what comes next; with nothing left it never ends."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    def resolveHostName(self, receiver: Any, host: str, port: int = 0, *_: object) -> None:  # noqa: N802
        receiver.resolutionBegan(None)
        if not self._answers:
            self.receiver = receiver
            return
        for address in self._answers.pop(0):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()


class Reactor(MemoryReactorClock):
    nameResolver: Any = None  # noqa: N815

    def installNameResolver(self, resolver: Any) -> None:  # noqa: N802
        self.nameResolver = resolver


def reactor_with(names: Names) -> tuple[Reactor, PublicAddresses]:
    reactor = Reactor()
    reactor.nameResolver = names
    resolver = PublicAddresses(reactor, 20)
    resolver.install_on_reactor()
    return reactor, resolver


def connect(reactor: Reactor, host: str = "thanhnien.vn") -> tuple[list[str], list[Any]]:
    """The addresses that a new connection goes to, and what it fails with."""
    known = len(reactor.tcpClients)
    failures: list[Any] = []
    HostnameEndpoint(reactor, host, 443).connect(Factory()).addErrback(failures.append)
    reactor.advance(1)
    return [client[0] for client in reactor.tcpClients[known:]], failures


def test_a_name_that_becomes_private_is_not_connected_to() -> None:
    reactor, resolver = reactor_with(Names(["8.8.8.8"], ["127.0.0.1"], ["8.8.8.8"]))
    assert connect(reactor)[0] == ["8.8.8.8"]
    assert resolver.refused("thanhnien.vn") == ()
    addresses, (failure,) = connect(reactor)
    assert addresses == []
    assert failure.check(DNSLookupError)
    assert resolver.refused("thanhnien.vn") == ("127.0.0.1",)
    assert connect(reactor)[0] == ["8.8.8.8"]
    assert resolver.refused("thanhnien.vn") == ()


def test_of_several_addresses_only_the_public_ones_are_tried() -> None:
    reactor, resolver = reactor_with(Names(["::1", "2606:4700::1111", "10.0.0.1", "8.8.8.8", "::ffff:127.0.0.1"]))
    assert connect(reactor)[0] == ["2606:4700::1111", "8.8.8.8"]
    assert resolver.refused("thanhnien.vn") == ()


def test_every_form_of_an_address_is_judged_by_what_it_leads_to() -> None:
    reactor, resolver = reactor_with(Names(["127.0.0.1"]))
    assert connect(reactor, "0x7f000001")[0] == []
    assert resolver.refused("0x7f000001") == ("127.0.0.1",)


def test_a_name_service_that_never_ends_is_given_up_after_the_time_limit() -> None:
    names = Names()
    reactor, _ = reactor_with(names)
    failures: list[Any] = []
    HostnameEndpoint(reactor, "thanhnien.vn", 443).connect(Factory()).addErrback(failures.append)
    reactor.advance(19.9)
    assert failures == []
    reactor.advance(0.2)
    assert failures[0].check(DNSLookupError)
    # What comes later is for nobody.
    names.receiver.addressResolved(IPv4Address("TCP", "8.8.8.8", 443))
    names.receiver.resolutionComplete()
    reactor.advance(1)
    assert reactor.tcpClients == []


def test_a_proxy_of_the_environment_may_be_private_and_nothing_else_is_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://user:secret@Proxy.internal:3128")
    monkeypatch.setenv("http_proxy", "10.1.2.3:3128")
    reactor, resolver = reactor_with(Names(["10.0.0.1"], ["10.0.0.1"]))
    assert connect(reactor, "proxy.internal")[0] == ["10.0.0.1"]
    assert connect(reactor, "thanhnien.vn")[0] == []
    assert resolver.is_proxy("PROXY.internal")
    assert resolver.is_proxy("10.1.2.3")
    assert not resolver.is_proxy("thanhnien.vn")
