"""A slot of a stage that is started again at once whenever it ends, with every time limit a fifth of the real one.

    python -m faults.hurried normalizer 0

The worker is the real one, and the ratios between its limits are those of `Limits`; only waiting is shorter. It reads
in its own process, in small batches. A start takes a fork, not the imports. SIGTERM goes on to the worker.
`HURRIED_STEP_S` and `HURRIED_DELIVERY_S` set two limits by hand, for a test of what comes first.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass, fields, replace
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

from dongtin import log
from dongtin.cli.supervisor import FINAL
from dongtin.cli.wiring import linker
from dongtin.codec import source
from dongtin.settings import Settings, load
from dongtin.stream.base import Stage
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.slot import Limits, Slot
from dongtin.stream.kafka.worker import work
from processors.look import look
from processors.pipeline import Normalizer

HURRY = 5
CLIENT_TIMES = ("session_s", "transaction_s")
"""Limits that the worker hands to its clients, with others of its own: `HurriedCluster` shortens them all."""
PAUSE_S = 0.02


@dataclass(frozen=True)
class HurriedCluster(Cluster):
    """A cluster whose clients have a fifth of the time."""

    def producer(self, **options: Any) -> KafkaProducer:
        delivery_s = os.environ.get("HURRIED_DELIVERY_S")
        own = {"delivery_timeout_ms": int(float(delivery_s) * 1000)} if delivery_s else {}
        return super().producer(**shortened(options) | own)

    def consumer(self, **options: Any) -> KafkaConsumer:
        defaults = {"request_timeout_ms": 30_000}  # kafka-python's own
        return super().consumer(**shortened(defaults | options))


def shortened(options: dict[str, Any]) -> dict[str, Any]:
    """Options with a fifth of each time-out, and of the heartbeat that belongs to one."""
    return {
        name: value // HURRY if name.endswith("_timeout_ms") or "interval_ms" in name else value
        for name, value in options.items()
    }


def hurried_limits() -> Limits:
    """A fifth of each, and so many transactions that each kind of fault meets several."""
    limits = Limits()
    times = {
        each.name: getattr(limits, each.name) / HURRY
        for each in fields(limits)
        if each.name.endswith("_s") and each.name not in CLIENT_TIMES
    }
    step_s = os.environ.get("HURRIED_STEP_S")
    return replace(limits, **times | ({"step_s": float(step_s)} if step_s else {}), batch_records=10)


def stage(name: str, settings: Settings) -> Stage:
    """The stage, which reads in this process: what a page may do to a reader is not what is tested."""
    if name == Normalizer.name:
        return Normalizer(source(settings.topic_prefix, name), look)
    return linker(settings)


def main() -> int:
    """Start the slot, again and again, until it ends for good."""
    name, number = sys.argv[1:3]
    settings = load()
    log.configure(settings.log_level)
    cluster = HurriedCluster(tuple(settings.servers), settings.topic_prefix, settings.bootstrap_timeout_s)
    slot = Slot(stage(name, settings), cluster, f"test-{number}", settings.state_dir, limits=hurried_limits())
    signal.signal(signal.SIGTERM, lambda number, _frame: os.kill(child, number))
    parent, code = os.getppid(), None
    while code not in FINAL and os.getppid() == parent:  # not after the tests that started it
        child = os.fork()
        if not child:
            work(slot)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        time.sleep(PAUSE_S)
    return 0 if code is None else code


if __name__ == "__main__":
    sys.exit(main())
