"""A service shows its metrics, though Kafka and the publisher's site are away."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from dongtin.record import Message
from dongtin.settings import Settings
from spiders.following import States

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120


class NoStates:
    """A topic on which nothing comes."""

    def __init__(self, positions: Mapping[int, int]) -> None:
        pass

    def poll(self, timeout_s: float) -> list[Message]:
        time.sleep(timeout_s)
        return []

    def is_caught_up(self) -> bool:
        return True

    def close(self) -> None:
        pass


def no_states(settings: Settings) -> States:
    return States(lambda: "none", NoStates)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def samples(port: int) -> dict[str, float]:
    """Name and labels, these in the order of the alphabet → value; none while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            labels = sorted(re.findall(r'(\w+="[^"]*")', name))
            found[f"{name.partition('{')[0]} {' '.join(labels)}"] = float(value)
    return found


def test_a_service_tells_what_it_counts_and_how_its_publisher_stands(tmp_path: Path) -> None:
    port = free_port()
    nobody = f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {
        "http_proxy": nobody,
        "https_proxy": nobody,
        "no_proxy": "",
        "DONGTIN_CONTACT": "https://example.org/about",
        "DONGTIN_STATE_DIR": str(tmp_path),
        "DONGTIN_METRICS_PORT": str(port),
        "PYTHONPATH": str(Path(__file__).parent),
    }
    chosen = {"IS_SERVICE": "True", "WAIT_FOR_KAFKA": "True", "STATE_SOURCE": f"{Path(__file__).stem}.no_states"}
    command = [sys.executable, "-m", "scrapy", "crawl", "thanhnien"]
    command += [part for name, value in chosen.items() for part in ("-s", f"{name}={value}")]
    of = 'publisher="thanhnien.vn"'
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + PATIENCE_S
        found: dict[str, float] = {}
        while not found.get(f'dongtin_places_total outcome="robots_unavailable" {of}'):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
            found = samples(port)
        process.terminate()
        _, output = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, output
    assert found[f'dongtin_addresses_total outcome="fetched" {of}'] == 0
    assert found[f'dongtin_pages_total outcome="delivered" {of}'] == 0
    assert found[f"dongtin_publisher_silent {of}"] == 0
    assert found[f"dongtin_known_addresses {of}"] == 0
    assert found[f'dongtin_frontier_addresses {of} rank="new" state="due"'] == 0
    assert f"dongtin_last_article_age_seconds {of}" not in found
