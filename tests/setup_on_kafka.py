"""A set-up of its own on a broker, as its user has it: a topic prefix, a state folder, and the `dongtin` command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

Line = dict[str, Any]


class Setup:
    """A set-up of its own on the shared broker: a topic prefix, a state folder, and the command."""

    def __init__(self, servers: str, prefix: str, folder: Path) -> None:
        self.servers, self.prefix, self.state = servers, prefix, folder / "state"
        self.environment = os.environ | {
            "DONGTIN_BOOTSTRAP_SERVERS": servers,
            "DONGTIN_TOPIC_PREFIX": prefix,
            "DONGTIN_STATE_DIR": str(self.state),
            "DONGTIN_PARTITIONS": "4",
            "DONGTIN_INSTANCE": "test",
        }

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
        consumer = KafkaConsumer(
            bootstrap_servers=self.servers, isolation_level="read_committed", auto_offset_reset="earliest"
        )
        name = f"{self.prefix}{topic}.v1"
        partitions = [TopicPartition(name, at) for at in sorted(consumer.partitions_for_topic(name))]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        found = []
        while any(consumer.position(at) < ends[at] for at in partitions):
            for records in consumer.poll(timeout_ms=200).values():
                found += records
        consumer.close()
        return found
