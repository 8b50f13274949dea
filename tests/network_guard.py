"""Keeps a test run on this machine: sockets of this process reach loopback and unix sockets, nothing else."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class NetworkBlocked(Exception):
    """A test tried to reach beyond this machine. Not an OSError: code that retries those must not hide it."""


@contextmanager
def only_loopback() -> Iterator[None]:
    """Inside, each way of Python's sockets to another machine raises NetworkBlocked; so does the look-up of its name.

    Child processes that are not forks are not covered.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded_method(getattr(socket.socket, name)))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            patch.setattr(socket, name, _guarded_lookup(getattr(socket, name)))
        yield


def _guarded_method(method: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        # The address is the only argument of connect, and the last of sendto.
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _require_loopback(arguments[-1][0])
        elif self.family != socket.AF_UNIX:
            raise NetworkBlocked(f"tests use the network on loopback only, not a socket of family {self.family}")
        return method(self, *arguments)

    return guarded


def _guarded_lookup(lookup: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        _require_loopback(host)
        return lookup(host, *arguments, **options)

    return guarded


def _require_loopback(host: str | bytes | None) -> None:
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    # None, "" and the unspecified addresses are this machine: servers look them up to listen.
    if name in (None, "", "localhost", "0.0.0.0", "::"):  # noqa: S104 compared, not bound
        return
    try:
        if ipaddress.ip_address(name).is_loopback:
            return
    except ValueError:
        pass
    raise NetworkBlocked(f"tests use the network on loopback only, not {name}")
