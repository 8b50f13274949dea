"""One run: a set-up of its own under a stream of pages, what is done to it, and what it came to."""

import random
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from faults import reading
from faults.load import Load
from faults.verdict import Verdict, behind, judge, judge_caches, read_log
from faults.workers import INJECTED, PATIENCE_S, Workers
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from setup_on_kafka import PARTITIONS, Setup

from dongtin.record import Message, Record
from dongtin.topics import PAGES, PAGES_BACKFILL, REVISIONS, partition
from processors.pipeline import Look


@dataclass(frozen=True)
class Stream:
    """How pages come."""

    a_second: float = 15.0
    largest_burst: int = 30


SHORT = Stream(6.0, 12)
"""As often something new, and less of it."""
DRAIN_S = 30
"""After the last fault, or the last page where that is later, all has to be processed."""


@dataclass(frozen=True)
class Result:
    """What a run came to."""

    verdict: Verdict
    drained_s: float
    """From the last fault, or the last page, until all was processed."""
    faults: int
    pages: int


class Feeder:
    """Writes pages in bursts of random size, from a thread, until told to finish. At least once, whatever comes."""

    def __init__(
        self, servers: str, prefix: str, load: Iterable[Record], chance: random.Random, stream: Stream
    ) -> None:
        self._servers, self._prefix, self._chance = servers, prefix, random.Random(chance.random())
        self._stream = stream
        self._load = iter(load)
        self._one_at_a_time = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._producer: KafkaProducer | None = None
        self.written: list[Record] = []

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Write the burst that was begun, and no other."""
        self._done.set()
        if self._thread.ident:
            self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "pages could not be written"

    def take(self, count: int) -> list[Record]:
        """The next pages of the stream, which will not come by itself any more."""
        with self._one_at_a_time:
            return list(islice(self._load, count))

    def write(self, records: Sequence[Record], **options: Any) -> None:
        """Write records in this order; what may not have arrived is written again, and then is there twice."""
        deadline = time.monotonic() + PATIENCE_S
        with self._one_at_a_time:
            self._write(records, deadline, options)

    def _write(self, records: Sequence[Record], deadline: float, options: dict[str, Any]) -> None:
        while True:
            try:
                self._producer = self._producer or self._connect()
                futures = [self._send(record, **options) for record in records]
                for future in futures:
                    future.get(timeout=PATIENCE_S)
            except KafkaError:
                assert time.monotonic() < deadline, "no broker takes the pages"
                self._producer = None
                time.sleep(0.2)
            else:
                self.written += records
                return

    def _send(self, record: Record, **options: Any) -> Any:
        assert self._producer
        at = {"partition": partition(record.partition_key, PARTITIONS)} | options
        name = record.topic.full_name(self._prefix)
        return self._producer.send(name, key=record.key, value=record.value, headers=list(record.headers), **at)

    def _connect(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self._servers,
            compression_type="zstd",
            max_request_size=50_000_000,
            reconnect_backoff_max_ms=500,
            bootstrap_timeout_ms=5000,
        )

    def _run(self) -> None:
        while not self._done.is_set():
            burst = self.take(self._chance.randint(1, self._stream.largest_burst))
            self.write(burst)
            self._done.wait(len(burst) / self._stream.a_second)


class Run:
    """A set-up with its workers and its pages. What a scenario needs to do harm, and to tell when it is over."""

    def __init__(self, name: str, seed: int, servers: str, folder: Path, prefix: str, *, short: bool = False) -> None:
        self.short = short
        self.chance = random.Random(f"{name} {seed}")
        self.seed, self.servers, self.folder, self.prefix = seed, servers, folder, prefix
        folder.mkdir(parents=True, exist_ok=True)
        self.setup = Setup(servers, prefix, folder)
        self.setup.create_topics()
        self.feeder = Feeder(servers, prefix, Load(seed), self.chance, SHORT if short else Stream())
        self.workers: list[Workers] = []
        self.look: Look = reading.look
        self.companions: list[Run] = []
        """Other set-ups that are judged with this one."""
        self.deleted: list[Message] = []
        """Pages that the log no longer has, though workers may have seen them."""
        self.unseen: list[Message] = []
        """Those of them that no worker has seen."""
        self.faults = 0
        self.last_fault = time.monotonic()
        self._seen = 0
        self._watching: KafkaConsumer | None = None

    def work(self, instance: str, *arguments: str, injected: bool = False, **environment: str) -> Workers:
        """Workers under a supervisor, started; each instance is a machine, with a state folder of its own."""
        if injected:
            environment["PYTHONPATH"] = f"{INJECTED}:{INJECTED.parents[1]}"
        own = {"DONGTIN_STATE_DIR": str(self.setup.state / instance)}
        workers = Workers(self.setup, self.folder, instance, *arguments, **own | environment)
        self.workers.append(workers)
        workers.start()
        return workers

    def rounds(self, most: int) -> range:
        """So often harm is done, and a third of it where the run is to be short."""
        return range(-(-most // 3) if self.short else most)

    def fault(self) -> None:
        """Something was done to it just now."""
        self.faults += 1
        self.last_fault = time.monotonic()

    def pause(self, least_s: float, most_s: float) -> None:
        """A random while."""
        time.sleep(self.chance.uniform(least_s, most_s))

    def progress(self) -> None:
        """Wait until there are revisions that were not there at the last call: else a fault meets no work."""
        deadline = time.monotonic() + PATIENCE_S
        while (end := self._revisions()) <= self._seen:
            assert time.monotonic() < deadline, "nothing is published"
            time.sleep(0.1)
        self._seen = end

    def drain(self, patience_s: float) -> float:
        """Wait until all pages are processed; gives the seconds since the last fault or page."""
        self.feeder.finish()
        since = self.last_fault if self.faults else time.monotonic()
        lag = ["not asked yet"]
        while lag:
            assert time.monotonic() - since < patience_s, f"not drained after {patience_s:g} s: {lag}"
            time.sleep(0.5)
            with suppress(KafkaError):
                lag = behind(self.servers, self.prefix)
        return time.monotonic() - since

    def judge(self) -> Verdict:
        """What the topics say."""
        log = read_log(self.servers, self.prefix)
        pages = {(each.partition, each.offset): each for each in (*log[PAGES], *self.deleted)}
        here = {(each.key, each.value, each.headers) for each in (*pages.values(), *log[PAGES_BACKFILL])}
        log[PAGES] = [pages[at] for at in sorted(pages) if pages[at] not in self.unseen]
        verdict = judge(log, self.prefix, self.look)
        verdict.wrong += judge_caches(self.setup.state, self.prefix, log)
        verdict.wrong += [
            f"page {record.key!r} was not written"
            for record in self.feeder.written
            if (record.key, record.value, record.headers) not in here
        ]
        return verdict

    def finish(self, patience_s: float = DRAIN_S) -> Result:
        """Let it drain, tell the workers to stop, and judge."""
        assert self.faults, "no fault came to pass"
        assert self.feeder.written, "no page was written"
        results = [Result(Verdict(), self.drain(patience_s), self.faults, len(self.feeder.written))]
        results += [each.finish(patience_s) for each in self.companions]
        self.stop()
        verdict = self.judge()
        for each in results:
            verdict.add(each.verdict)
        return Result(
            verdict,
            max(each.drained_s for each in results),
            sum(each.faults for each in results),
            sum(each.pages for each in results),
        )

    def stop(self) -> None:
        """SIGTERM to every supervisor that runs; each has to end well."""
        running = [each for each in self.workers if each.runs()]
        for each in running:
            each.terminate()
        for each in running:
            code = each.wait()
            assert code == 0, f"{each.log} ends with {code}"

    def clean(self) -> None:
        """Leave nothing behind, however the run went."""
        for each in self.companions:
            each.clean()
        for each in self.workers:
            each.kill()
        self._forget_consumer()
        shutil.rmtree(self.setup.state, ignore_errors=True)

    def _revisions(self) -> int:
        """How many there are, by one consumer for the whole run: asked ten times a second, they would take a core."""
        try:
            self._watching = self._watching or KafkaConsumer(
                bootstrap_servers=self.servers, isolation_level="read_committed"
            )
            name = REVISIONS.full_name(self.prefix)
            return sum(self._watching.end_offsets([TopicPartition(name, at) for at in range(PARTITIONS)]).values())
        except KafkaError:
            self._forget_consumer()
            return 0

    def _forget_consumer(self) -> None:
        if self._watching:
            self._watching.close()
        self._watching = None
