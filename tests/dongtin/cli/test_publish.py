"""`dongtin replay --to kafka`: what is told where Kafka fails in the middle."""

from pathlib import Path

import pytest

from dongtin.cli.opened import Opened
from dongtin.cli.replay import publish
from dongtin.errors import BrokerUnavailable
from dongtin.record import Record
from dongtin.settings import Settings
from dongtin.stream.base import Acknowledgement
from dongtin.stream.kafka.sink import DELIVERY_TIMEOUT_S
from dongtin.topics import PAGES_BACKFILL

SEEDS = Path(__file__).parents[3] / "seeds"


class FailingSink:
    """Takes so many records, and then fails on each."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.closed: list[float] = []

    def send(self, record: Record, done: Acknowledgement) -> None:
        assert record.topic == PAGES_BACKFILL
        self.takes -= 1
        done(None if self.takes >= 0 else ConnectionError("gone"))

    def close(self, timeout_s: float) -> None:
        self.closed.append(timeout_s)


def run(monkeypatch: pytest.MonkeyPatch, sink: FailingSink) -> None:
    monkeypatch.setattr("dongtin.stream.kafka.sink.KafkaSink", lambda *_: sink)
    publish(Opened([SEEDS], None), Settings())


def test_a_failure_in_the_middle_is_told_and_not_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = FailingSink(takes=1)
    with pytest.raises(BrokerUnavailable, match="1 of 2 pages were published: gone"):
        run(monkeypatch, sink)
    assert sink.closed == [0]


def test_what_is_in_flight_at_the_end_has_its_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sink = FailingSink(takes=2)
    run(monkeypatch, sink)
    assert sink.closed == [DELIVERY_TIMEOUT_S]
    assert capsys.readouterr().err == "published 2 pages to dongtin.pages-backfill.v1\n"
