import socket
import urllib.request
from contextlib import closing

import pytest

from dongtin.errors import ConfigurationError
from dongtin.metrics import ADDRESSES, METRICS, SILENT, Kind, Sample, serve


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_what_is_measured_is_shown_as_it_is_when_it_is_asked_for() -> None:
    value = 0

    def measure() -> list[Sample]:
        return [Sample(ADDRESSES, ("a.vn", "fetched"), value), Sample(SILENT, ("a.vn",), 1)]

    port = free_port()
    serve(port, measure)
    for value in (3, 4):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        assert f'dongtin_addresses_total{{outcome="fetched",publisher="a.vn"}} {value}.0' in [
            line.replace('publisher="a.vn",outcome="fetched"', 'outcome="fetched",publisher="a.vn"') for line in lines
        ]
        assert 'dongtin_publisher_silent{publisher="a.vn"} 1.0' in lines


def test_names_keep_prometheus_conventions() -> None:
    for metric in METRICS:
        assert metric.name.startswith("dongtin_")
        assert metric.name.endswith("_total") == (metric.kind == Kind.COUNTER)
        assert metric.meaning.endswith(".")


def test_a_port_that_is_taken_is_a_wrong_set_up() -> None:
    with closing(socket.socket()) as other:
        other.bind(("", 0))
        other.listen()
        with pytest.raises(ConfigurationError, match="DONGTIN_METRICS_PORT"):
            serve(other.getsockname()[1], list)
