"""What is done to the workers and to the broker: each scenario a function that reads as a report of it.

A scenario starts workers and the stream of pages, does its harm, and leaves a set-up that can drain; `Play` waits for
that and judges. What a scenario promises beyond the verdict, it asserts itself.
"""

import os
import random
import secrets
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from broker import Broker
from faults import reading
from faults.injected.crash_points import POINTS
from faults.run import DRAIN_S, Result, Run
from faults.verdict import behind, read_log
from faults.workers import PATIENCE_S, Workers
from kafka import KafkaAdminClient, TopicPartition
from processes import processor_s

from dongtin.codec import page_record
from dongtin.errors import ReaderDied, ReaderTimeout
from dongtin.events import Page
from dongtin.record import Record
from dongtin.topics import PAGES
from processors.arrival import Arrival
from processors.changes import Shows


@dataclass(frozen=True)
class Scenario:
    """A scenario by its function's name."""

    play: Callable[[Run], None] | Callable[[Run, Broker], None]
    own_broker: bool = False
    torture_seeds: int = 3

    @property
    def name(self) -> str:
        return self.play.__name__.replace("_", "-")


def worker_killed_at_each_point(run: Run) -> None:
    """Kill -9 after the poll, after some sends, after all, after the offsets, in the commit …, again and again."""
    crashes = run.folder / "crashes"
    armed = Path(f"{crashes}.armed")
    armed.touch()
    injected = {"FAULTS_CRASH_LOG": str(crashes), "FAULTS_CRASH_SEED": str(run.seed)}
    workers = run.work("a", "all", "--processes", "2", injected=True, **injected)
    run.feeder.start()
    # Each kill costs a start, with a pause that grows; a machine that does much else needs long for all of them.
    deadline = time.monotonic() + 2 * PATIENCE_S
    while not {line.partition(" ")[2] for line in _lines(crashes)} >= set(POINTS):
        assert time.monotonic() < deadline, f"not each point was reached: {_lines(crashes)}"
        time.sleep(0.2)
    armed.unlink()
    time.sleep(0.5)
    run.fault()
    run.faults = len(_lines(crashes))
    killed = [line for line in workers.said("worker is started again") if line["cause"] == "SIGKILL"]
    assert len(killed) >= run.faults - 4, "each kill is an exit that the supervisor saw; four may be under way"


def workers_killed_at_any_time(run: Run) -> None:
    """Kill -9 of single worker processes, whatever they do."""
    workers = run.work("a", "all", "--processes", "2")
    run.feeder.start()
    for _ in run.rounds(6):
        run.progress()
        run.pause(0, 1)
        _signal(workers.one(run.chance), signal.SIGKILL)
        run.fault()


def machine_killed(run: Run) -> None:
    """Kill -9 of a supervisor with all of its workers, of one machine and the other."""
    machines = [run.work(name, "all") for name in "ab"]
    run.feeder.start()
    for _ in run.rounds(5):
        run.progress()
        run.pause(0, 1)
        machine = run.chance.choice(machines)
        machine.kill()
        run.fault()
        run.pause(0, 1)
        machine.start()


def readers_killed(run: Run) -> None:
    """Kill -9 of reading processes: the page that they had in hand is read again, and not to blame."""
    workers = run.work("a", "all", "--processes", "2")
    run.feeder.start()
    for _ in run.rounds(5):
        run.progress()
        for pid in workers.readers():
            _signal(pid, signal.SIGKILL)
        run.fault()
        run.pause(2.5, 4)


def machines_restarted_in_turn(run: Run) -> None:
    """Rolling SIGTERM: each supervisor ends with 0, in time, and is started again."""
    machines = [run.work(name, "all") for name in "ab"]
    run.feeder.start()
    for at in run.rounds(4):
        machine = machines[at % 2]
        run.progress()
        run.pause(0, 1)
        machine.terminate()
        assert machine.wait() == 0
        run.fault()
        machine.start()


def worker_frozen_until_it_is_a_zombie(run: Run) -> None:
    """SIGSTOP beyond the session's and the transaction's time-out while others work in its place, then SIGCONT."""
    workers = run.work("a", "all", "--processes", "2")
    run.feeder.start()
    run.progress()
    run.pause(0, 1)
    frozen = [workers.one(run.chance, stage) for stage in ("normalizer", "linker")]
    for pid in frozen:
        _signal(pid, signal.SIGSTOP)
        run.fault()
    time.sleep(32)
    for pid in frozen:
        _signal(pid, signal.SIGCONT)
        run.fault()


def broker_restarted(run: Run, broker: Broker) -> None:
    """SIGTERM to the broker under load, and a new start."""
    run.work("a", "all", "--processes", "2")
    run.feeder.start()
    run.progress()
    run.pause(0, 1)
    broker.restart()
    run.fault()


def broker_killed(run: Run, broker: Broker) -> None:
    """Kill -9 of the broker under load, and a new start."""
    run.work("a", "all", "--processes", "2")
    run.feeder.start()
    for _ in run.rounds(2):
        run.progress()
        run.pause(0, 1)
        broker.kill()
        run.pause(0, 2)
        broker.start()
        run.fault()


def broker_and_workers_killed(run: Run, broker: Broker) -> None:
    """Kill -9 of the broker and, while it is gone or coming back, of workers."""
    workers = run.work("a", "all", "--processes", "2")
    run.feeder.start()
    run.progress()
    run.pause(0, 1)
    if run.chance.random() < 0.5:
        _signal(workers.one(run.chance), signal.SIGKILL)
    broker.kill()
    broker.start()
    run.pause(0, 1)
    _signal(workers.one(run.chance), signal.SIGKILL)
    run.fault()


def broker_frozen(run: Run, broker: Broker) -> None:
    """A broker that keeps its connections and answers nothing for 45 seconds: longer than requests wait.

    Who waits for it leaves the processor to others.
    """
    workers = run.work("a", "all", "--processes", "2")
    run.feeder.start()
    run.progress()
    run.pause(0, 1)
    broker.freeze()
    before = {pid: processor_s(pid) for pid in workers.pids()}
    time.sleep(5)
    waiting = {pid: processor_s(pid) - before[pid] for pid in workers.pids() if pid in before}
    time.sleep(40)
    broker.thaw()
    assert all(taken_s < 1 for taken_s in waiting.values()), f"processor time of 5 s of waiting: {waiting}"
    run.fault()


def broker_gone_for_good(run: Run, broker: Broker) -> None:
    """The supervisor gives up with code 70 and says why; when the broker is back, nothing is lost."""
    workers = run.work("a", "all")
    run.feeder.start()
    run.progress()
    run.feeder.finish()
    broker.kill()
    assert workers.wait() == 70
    assert "Kafka" in workers.log.read_text().splitlines()[-1]
    broker.start()
    run.fault()
    workers.start()


def two_workers_with_one_slot(run: Run) -> None:
    """Exactly one goes on, the other ends for good, supervisor and all, and says that they have one name."""
    both = [run.work(name, "normalizer", DONGTIN_INSTANCE="same") for name in ("first", "second")]
    run.work("a", "linker")
    run.feeder.start()
    deadline = time.monotonic() + PATIENCE_S
    while all(each.runs() for each in both):
        assert time.monotonic() < deadline, "two workers with one name live on"
        time.sleep(0.2)
    run.fault()
    ended, alive = sorted(both, key=Workers.runs)
    assert ended.wait() == 76
    assert "DONGTIN_INSTANCE must differ" in ended.log.read_text()
    run.progress()
    time.sleep(3)
    assert alive.runs()


def workers_added_and_removed(run: Run) -> None:
    """From one machine to three and back to one, under load."""
    run.work("a", "all")
    run.feeder.start()
    run.progress()
    added = []
    for name in "bc":
        added.append(run.work(name, "all"))
        run.fault()
        run.progress()
        run.pause(2, 4)
    for each in added:
        each.terminate()
        assert each.wait() == 0
        run.fault()
        run.progress()
        run.pause(0, 3)


def state_lost_damaged_and_old(run: Run) -> None:
    """The local caches are deleted, overwritten in places, and put back as they were a while ago."""
    workers = run.work("a", "all")
    run.feeder.start()
    old = run.folder / "old"
    for harm in (_keep_a_copy(old), _delete_all, _overwrite(run.chance), _put_back(old)):
        run.progress()
        run.pause(0.5, 2)
        workers.kill()
        harm(run.setup.state / "a" / run.prefix)
        run.fault()
        workers.start()


def records_deleted_before_they_were_read(run: Run) -> None:
    """The committed offset lies before the log's start: a clear refusal, and on with --accept-loss."""
    run.feeder.write(run.feeder.take(120))
    run.setup.run("work", "all", "--until-drained")
    run.feeder.write(run.feeder.take(120))
    before = read_log(run.servers, run.prefix, (PAGES,))[PAGES]
    lags = [line.split() for line in behind(run.servers, run.prefix) if f"{PAGES.name}-" in line]
    _, name, _, position, _, _ = max(lags, key=lambda words: int(words[-1]) - int(words[-3]))
    number, committed = int(name.rpartition("-")[2]), int(position)
    admin = KafkaAdminClient(bootstrap_servers=run.servers)
    at = TopicPartition(PAGES.full_name(run.prefix), number)
    admin.delete_records({at: committed + 5})
    admin.close()
    run.fault()
    refused = run.setup.run("work", "all", "--until-drained", code=2)
    assert f"{at.topic}-{number}: position {committed}, but the log holds {committed + 5} to" in refused.stderr
    assert "--accept-loss" in refused.stderr
    run.setup.run("work", "all", "--until-drained", "--accept-loss")
    assert not behind(run.servers, run.prefix)
    run.deleted = [each for each in before if each.partition == number and each.offset < committed + 5]
    run.unseen = [each for each in run.deleted if each.offset >= committed]


def two_prefixes_on_one_cluster(run: Run) -> None:
    """Two set-ups with the same pages, instance names and state folder, and one prefix that begins with the other."""
    other = Run("other", run.seed, run.servers, run.folder / "other", f"{run.prefix}other.", short=run.short)
    other.setup.state = run.setup.state
    run.companions.append(other)
    both = [(each, each.work("a", "all")) for each in (run, other)]
    for each, _ in both:
        each.feeder.start()
    for _ in run.rounds(2):
        for each, workers in both:
            each.progress()
            run.pause(0, 1)
            _signal(workers.one(run.chance), signal.SIGKILL)
            each.fault()


def poison(run: Run) -> None:
    """Records that are no pages, and pages that end, hold up or fill the process that reads them: quarantined, once."""
    run.look = _poisoned
    workers = run.work("a", "all", "--processes", "2", injected=True, FAULTS_HOSTILE_READING="1")
    run.feeder.start()
    run.progress()
    records = [_deadly(number, body) for number, body in enumerate(DEADLY)]
    undecodable = [
        Record(PAGES, None, b"no key and no headers", (), b""),
        Record(PAGES, b"\xff", None, (("ce_type", b"\xff"),), b""),
        Record(PAGES, b"thanhnien.vn/1", b"{", (("ce_specversion", b"1.0"),), b"thanhnien.vn/1"),
        Record(PAGES, b"thanhnien.vn/2", records[0].value, records[0].headers, b"thanhnien.vn/2"),
    ]
    mixed = [*records, *undecodable]
    run.chance.shuffle(mixed)
    for record in mixed:
        run.feeder.write([record])
        run.pause(0, 0.5)
    for _ in run.rounds(3):
        run.progress()
        run.pause(0, 2)
        _signal(workers.one(run.chance, "normalizer"), signal.SIGKILL)
        run.fault()


def a_record_that_is_too_large(run: Run) -> None:
    """A page of 20 MB that the broker took because it was compressed, and a record as large that is no page."""
    run.work("a", "all")
    run.feeder.start()
    run.progress()
    url = "https://thanhnien.vn/bai-lon-185250117194334368.htm"
    page = page_record(
        Page(bytes(LARGE), "text/html", url, url, 200), "thanhnien.vn/185250117194334368", "/faults/spiders"
    )
    run.feeder.write([page, Record(PAGES, b"thanhnien.vn/3", bytes(LARGE), (), b"thanhnien.vn/3")])
    run.fault()
    run.progress()


def times_ten_years_off(run: Run) -> None:
    """`ce_time` and Kafka's timestamps ten years ago and ten years ahead, in any order."""
    run.work("a", "all", "--processes", "2")
    run.feeder.start()
    for _ in range(20):
        years = run.chance.choice((-10, 10))
        (record,) = run.feeder.take(1)
        headers = tuple(
            (name, _shifted(value, years) if name == "ce_time" else value) for name, value in record.headers
        )
        shifted = Record(record.topic, record.key, record.value, headers, record.partition_key)
        timestamp = datetime.now(UTC).timestamp() + years * 365 * 86_400
        run.feeder.write([shifted], timestamp_ms=int(timestamp * 1000))
        run.fault()
        run.pause(0, 0.2)


LARGE = 20_000_000
DEADLY = (b"segfault", b"exit", b"kill", b"close", b"allocate", b"endless")
"""Pages by what they do to their reading process."""


def _deadly(number: int, body: bytes) -> Record:
    article_id = f"thanhnien.vn/18525011719433{number:04}"
    url = f"https://thanhnien.vn/doc-{article_id.rpartition('/')[2]}.htm"
    return page_record(Page(body, "text/html", url, url, 200, "2025-01-17T13:00:00Z"), article_id, "/faults/spiders")


def _poisoned(arrival: Arrival) -> Shows:
    """What the judge expects of a page that was read twice."""
    if arrival.page.body in DEADLY:
        raise ReaderTimeout("over") if arrival.page.body == b"endless" else ReaderDied("died")
    return reading.look(arrival)


def _shifted(time: bytes, years: int) -> bytes:
    return str(int(time[:4]) + years).encode() + time[4:]


def _keep_a_copy(to: Path) -> Callable[[Path], None]:
    return lambda state: _copy(state, to)


def _put_back(old: Path) -> Callable[[Path], None]:
    return lambda state: _copy(old, state)


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def _delete_all(state: Path) -> None:
    shutil.rmtree(state)


def _overwrite(chance: random.Random) -> Callable[[Path], None]:
    def harm(state: Path) -> None:
        """Of every cache file some bytes, wherever they lie."""
        for path in [*sorted(state.rglob("*.sqlite")), *sorted(state.rglob("*.sqlite-wal"))]:
            data = bytearray(path.read_bytes())
            for _ in range(5 if data else 0):
                at = chance.randrange(len(data))
                data[at : at + 40] = chance.randbytes(40)
            path.write_bytes(data)

    return harm


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


SCENARIOS = (
    Scenario(worker_frozen_until_it_is_a_zombie),
    Scenario(broker_gone_for_good, own_broker=True),
    Scenario(broker_frozen, own_broker=True),
    Scenario(workers_added_and_removed),
    Scenario(worker_killed_at_each_point, torture_seeds=20),
    Scenario(workers_killed_at_any_time, torture_seeds=20),
    Scenario(machine_killed, torture_seeds=20),
    Scenario(readers_killed),
    Scenario(machines_restarted_in_turn),
    Scenario(broker_restarted, own_broker=True),
    Scenario(broker_killed, own_broker=True, torture_seeds=20),
    Scenario(broker_and_workers_killed, own_broker=True, torture_seeds=20),
    Scenario(two_workers_with_one_slot),
    Scenario(state_lost_damaged_and_old),
    Scenario(records_deleted_before_they_were_read),
    Scenario(two_prefixes_on_one_cluster),
    Scenario(poison),
    Scenario(a_record_that_is_too_large),
    Scenario(times_ten_years_off),
)


def play(
    scenario: Scenario, seed: int, folder: Path, servers: str, patience_s: float = DRAIN_S, *, short: bool = False
) -> Result:
    """Play a scenario, on a broker of its own where it harms that, and judge. Errors bear the seed and the folder."""
    broker = Broker(folder / "kafka") if scenario.own_broker else None
    run = None
    try:
        if broker:
            broker.start()
        prefix = f"{scenario.name}-{secrets.token_hex(3)}."
        run = Run(scenario.name, seed, broker.bootstrap_servers if broker else servers, folder, prefix, short=short)
        scenario.play(run, broker) if broker else scenario.play(run)  # type: ignore[call-arg]
        return run.finish(patience_s)
    except BaseException as error:
        error.add_note(f"{scenario.name} with DONGTIN_FAULT_SEED={seed}; logs in {folder}")
        raise
    finally:
        if run:
            run.clean()
        if broker:
            broker.stop()
