"""What may be connected to: the public web, and nothing of the networks that this machine stands in. Pure."""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from spiders.addresses import PORTS

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# What `is_global` says of these differs from Python to Python, or is true though no web server is there.
_NO_SERVERS = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments
            "192.88.99.0/24",  # relays of 6to4, deprecated
            "2001::/23",  # IETF protocol assignments: Teredo, which carries an IPv4 address, ORCHID, benchmarking
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: carries an IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Whether an address, as a resolver gives it, is one of the public internet that a web server may have.

    Not private, shared (CGNAT), loopback, link-local, multicast, reserved, documentation, nor an IPv6 address that
    carries an IPv4 one; but NAT64's, which networks without IPv4 need, where the carried one is public.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is None and ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if ip not in _GLOBAL_UNICAST:
            return False
    if any(ip.version == network.version and ip in network for network in _NO_SERVERS):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def why_forbidden(url: str) -> str | None:
    """Why an address may not be asked for, by its form; None where it may, if its name leads to a public address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https"):
        return f"scheme {parts.scheme[:40]!r}"
    if not host:
        return "no host"
    if "@" in parts.netloc:
        return "a user name in it"
    if port not in PORTS:
        return f"port {port}"
    literal = host if "[" in parts.netloc else _literal(host)
    return f"{host} is not a public address" if literal is not None and not is_public(literal) else None


def _literal(host: str) -> str | None:
    """The IPv4 address that a host is in every form that C libraries and browsers take for one; None for a name.

    A host whose last label is a number is an address or nothing (WHATWG URL, 3.5).
    """
    if not _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    except (OSError, UnicodeError):
        return ""
