import socket

import pytest
from network_guard import NetworkBlocked

# 192.0.2.0/24 and 2001:db8::/32 are for documentation: nobody has them.


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8", "example.org"])
def test_another_machine_is_out_of_reach(address: str) -> None:
    with socket.socket() as connection:
        with pytest.raises(NetworkBlocked, match="loopback only"):
            connection.connect((address, 80))
        with pytest.raises(NetworkBlocked):
            connection.connect_ex((address, 80))
    with pytest.raises(NetworkBlocked):
        socket.create_connection((address, 80))
    with socket.socket(type=socket.SOCK_DGRAM) as datagram, pytest.raises(NetworkBlocked):
        datagram.sendto(b"", (address, 53))


@pytest.mark.parametrize("name", ["example.org", b"example.org", "2001:db8::1"])
def test_the_name_of_another_machine_is_not_looked_up(name: str | bytes) -> None:
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo(name, 80)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_loopback_is_open(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((name, server.getsockname()[1])).close()
