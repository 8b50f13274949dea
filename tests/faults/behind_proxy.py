"""A set-up of its own on the shared broker, whose workers see it through a proxy; and what is to come out of it."""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from faults.hurried import stage
from faults.proxy import Proxy
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from setup_on_kafka import PATIENCE_S, read_committed

from dongtin.codec import page_record
from dongtin.documents.answers import Answer, page_of
from dongtin.record import Headers, Record
from dongtin.settings import Settings
from dongtin.stream.base import Stage
from dongtin.stream.kafka.administration import create_topics
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.watchdog import ExitCode
from dongtin.stream.memory import MemoryStream
from dongtin.topics import PAGES_BACKFILL, STORIES, Topic, partition

PARTITIONS = 2
Written = tuple[bytes | None, bytes | None, Headers]
Log = dict[int, list[Written]]
"""Partition → its records in order."""


def pages(count: int, first: int = 0) -> Iterator[Record]:
    """Pages number `first` and on: of three, one makes an article, the next repeats it, the third changes it."""
    for number in range(first, first + count):
        article, seen = divmod(number, 3)
        url = f"https://thanhnien.vn/bai-{article}-185250117{article:09d}.htm"
        text = "".join(
            f"<p>Đoạn {at} của bài {article} kể về cây cầu mới bắc qua sông{', bản mới' * (at + seen == 5)}.</p>"
            for at in range(6)
        )
        body = f'<html lang="vi"><head><title>Bài {article}</title></head><body><article>{text}</article></body></html>'
        headers = {"content-type": "text/html; charset=utf-8"}
        key, page = page_of(Answer(url, url, 200, f"2025-01-17T0{seen}:00:00Z", headers, body=body.encode()))
        yield page_record(page, key, "/test")


class Run:
    """Topics, a proxy, and workers behind it. As a context manager it leaves no process behind."""

    def __init__(self, servers: str, prefix: str, folder: Path) -> None:
        folder.mkdir()
        self.prefix, self.proxy = prefix, Proxy(servers)
        self._servers, self._folder = servers, folder
        self._pages: list[Record] = []
        self._workers: list[subprocess.Popen[bytes]] = []
        create_topics(Cluster((servers,), prefix), PARTITIONS, 1)
        self._publisher = KafkaProducer(bootstrap_servers=servers)
        self._group = KafkaConsumer(bootstrap_servers=servers, group_id=f"{prefix}normalizer")

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
        self._publisher.close()
        self._group.close()
        self.proxy.__exit__(kind, error, trace)

    @property
    def published(self) -> int:
        """How many pages."""
        return len(self._pages)

    def publish(self, records: Iterable[Record]) -> None:
        """Put pages on their topic, not through the proxy."""
        futures = []
        for page in records:
            self._pages.append(page)
            at = partition(page.partition_key, PARTITIONS)
            name, headers = page.topic.full_name(self.prefix), list(page.headers)
            futures.append(self._publisher.send(name, key=page.key, value=page.value, headers=headers, partition=at))
        for future in futures:
            future.get(timeout=PATIENCE_S)

    def start(self, *command: str, **environment: str) -> None:
        """Start `python -m` of this, which is told of the proxy's address only."""
        settings = {
            "DONGTIN_BOOTSTRAP_SERVERS": self.proxy.bootstrap_servers,
            "DONGTIN_TOPIC_PREFIX": self.prefix,
            "DONGTIN_STATE_DIR": str(self._folder / f"state-{len(self._workers)}"),
            "DONGTIN_INSTANCE": "test",
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        with (self._folder / f"{len(self._workers)}.log").open("wb") as log:
            whole = [sys.executable, "-m", *command]
            self._workers.append(subprocess.Popen(whole, env=os.environ | settings | environment, stderr=log))

    def exits(self) -> list[ExitCode]:
        """Of the worker processes, as they told them themselves; of one worker in order."""
        return [ExitCode(line["code"]) for line in self._told() if line["event"] == "worker ends"]

    def _told(self) -> Iterator[dict[str, object]]:
        for log in sorted(self._folder.glob("*.log")):
            for line in log.read_text().splitlines(keepends=True):
                if line.startswith("{") and line.endswith("\n"):
                    yield json.loads(line)

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """Until it is so; tells of the last that the workers said where it never is."""
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > deadline:
                told = [line for line in self._told() if line["event"] != "page"]
                raise AssertionError(f"not in {PATIENCE_S} s: {what}\n{self.proxy.faults}\n{told[-20:]}")
            time.sleep(0.05)

    def drained(self) -> bool:
        """Whether the group's committed position is the end of its input."""
        ends: dict[int, int] = defaultdict(int)
        for page in self._pages:
            ends[partition(page.partition_key, PARTITIONS)] += 1
        name = PAGES_BACKFILL.full_name(self.prefix)
        return all(self._group.committed(TopicPartition(name, at)) == end for at, end in ends.items())

    def stop(self) -> None:
        """SIGTERM, and no worker ends with an error."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            assert worker.wait(PATIENCE_S) == 0

    def check(self) -> None:
        """What was published is, partition by partition and byte by byte, what the same pages give in one process."""
        stream, normalizer = self._replay()
        found = self.written(*normalizer.outputs)
        for topic in normalizer.outputs:
            expected: Log = defaultdict(list)
            for message in stream.take(topic):
                expected[message.partition].append((message.key, message.value, message.headers))
            assert found[topic] == expected, topic.name

    def stories_are_told(self) -> bool:
        """Whether the last that is said of each story is what the same pages give in one process."""
        stream, _ = self._replay()
        stream.run(stage("linker", Settings(topic_prefix=self.prefix)))
        expected = {message.key: message.value for message in stream.take(STORIES)}
        found = self.written(STORIES)[STORIES]
        return expected == {key: value for records in found.values() for key, value, _ in records}

    def _replay(self) -> tuple[MemoryStream, Stage]:
        stream, normalizer = MemoryStream(PARTITIONS), stage("normalizer", Settings(topic_prefix=self.prefix))
        for page in self._pages:
            stream.append(page)
        stream.run(normalizer)
        return stream, normalizer

    def written(self, *topics: Topic) -> dict[Topic, Log]:
        """All that a read_committed consumer sees up to the ends of some topics: no transaction is open before them."""
        names = {topic.full_name(self.prefix): topic for topic in topics}
        found: dict[Topic, Log] = {topic: defaultdict(list) for topic in topics}
        for record in read_committed(self._servers, list(names), settled=True):
            found[names[record.topic]][record.partition].append((record.key, record.value, tuple(record.headers)))
        return found
