"""A set-up of its own on a broker, as its user has it: a topic prefix, a state folder, and the `dongtin` command."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewPartitions

from dongtin.stream.kafka.administration import create_topics
from dongtin.stream.kafka.cluster import Cluster

Line = dict[str, Any]
PARTITIONS = 4
PATIENCE_S = 240
"""After so long something will never come."""


class Setup:
    """A set-up of its own on the shared broker: a topic prefix, a state folder, and the command."""

    def __init__(self, servers: str, prefix: str, folder: Path) -> None:
        self.servers, self.prefix, self.state = servers, prefix, folder / "state"
        self.environment = os.environ | {
            "DONGTIN_BOOTSTRAP_SERVERS": servers,
            "DONGTIN_TOPIC_PREFIX": prefix,
            "DONGTIN_STATE_DIR": str(self.state),
            "DONGTIN_PARTITIONS": str(PARTITIONS),
            "DONGTIN_INSTANCE": "test",
        }

    def create_topics(self) -> None:
        """As `dongtin topics create` does, without a process for it."""
        create_topics(Cluster((self.servers,), self.prefix, PATIENCE_S), PARTITIONS, replication_factor=1)

    def raise_partitions(self, topic: str, number: int) -> None:
        """Give a topic so many partitions, and return when whoever asks the broker is told of all of them.

        The controller answers before the broker's own view of its topics has followed.
        """
        name = f"{self.prefix}{topic}.v1"
        with KafkaAdminClient(bootstrap_servers=self.servers) as admin:
            admin.create_partitions({name: NewPartitions(number)})
            deadline = time.monotonic() + PATIENCE_S
            while len(admin.describe_topics([name])[0]["partitions"]) < number:
                assert time.monotonic() < deadline, f"{name} still has fewer than {number} partitions"
                time.sleep(0.02)
            admin.wait_for_topics([name])

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "dongtin", *map(str, arguments)]

    def run(self, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == code, done.stderr[-4000:]
        assert "Traceback" not in done.stderr
        return done

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def healthy(self, workers: int) -> bool:
        """Whether so many workers have become members of their group."""
        return len(list(self.state.glob("health/*"))) >= workers

    def tail(self, topic: str) -> list[Line]:
        done = self.run("tail", topic, "--from-beginning", "--until-end", "--format", "jsonl")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def records(self, topic: str) -> list[Any]:
        """Everything that a read_committed consumer sees of a topic."""
        return read_committed(self.servers, [f"{self.prefix}{topic}.v1"])

    def wait_for_records(self, topic: str, number: int) -> None:
        """Return when a read_committed consumer, and one only, has seen so many records of a topic."""
        name = f"{self.prefix}{topic}.v1"
        consumer = KafkaConsumer(
            bootstrap_servers=self.servers, isolation_level="read_committed", auto_offset_reset="earliest"
        )
        try:
            consumer.assign([TopicPartition(name, at) for at in consumer.partitions_for_topic(name)])
            seen, deadline = 0, time.monotonic() + PATIENCE_S
            while seen < number:
                assert time.monotonic() < deadline, f"waited for {number} records of {topic} in vain: {seen}"
                seen += sum(map(len, consumer.poll(timeout_ms=100).values()))
        finally:
            consumer.close()


def read_committed(servers: str, names: Sequence[str], *, settled: bool = False) -> list[Any]:
    """What a read_committed consumer sees of topics, topic by topic, partition by partition, in order.

    To where the first open transaction begins; `settled`: to the ends of the logs, which waits for open transactions.
    """
    consumer = KafkaConsumer(bootstrap_servers=servers, isolation_level="read_committed", auto_offset_reset="earliest")
    behind = KafkaConsumer(bootstrap_servers=servers, isolation_level="read_uncommitted") if settled else consumer
    partitions = [TopicPartition(name, at) for name in names for at in sorted(consumer.partitions_for_topic(name))]
    found: dict[TopicPartition, list[Any]] = {at: [] for at in partitions}
    try:
        consumer.assign(partitions)
        ends = behind.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        deadline = time.monotonic() + PATIENCE_S
        while left := [at for at in partitions if consumer.position(at) < ends[at]]:
            assert time.monotonic() < deadline, f"not read to the end in {PATIENCE_S} s: {left}"
            for at, records in consumer.poll(timeout_ms=100).items():
                found[at] += records
    finally:
        for each in {consumer, behind}:
            each.close()
    return [record for records in found.values() for record in records]
