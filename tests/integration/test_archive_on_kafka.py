"""An archive of what is on a real Kafka: each page once through kill -9, and replayed to what the workers published."""

import gzip
import json
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from broker import Broker
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from setup_on_kafka import PARTITIONS, PATIENCE_S, Setup
from warcio.archiveiterator import ArchiveIterator

from dongtin.codec import TEXT_TYPE, page_record
from dongtin.documents import find_documents
from dongtin.events import Lane, Page
from dongtin.publishers import page_key
from dongtin.record import Record
from dongtin.stream.kafka import log_reader
from dongtin.stream.kafka.cluster import Cluster
from dongtin.topics import PAGES, partition

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # of warcio's reader

ROOT = Path(__file__).parents[2]
COUNT, KILLS = 800, 5
"""Pages that are published while the archive is killed so many times."""
WORDS = ["sông", "núi", "đường", "cầu", "chợ", "trường", "người", "dân", "thành", "phố", "mùa", "lúa", "biển"]


@pytest.fixture
def setup(kafka: str, topic_prefix: str, tmp_path: Path) -> Setup:
    made = Setup(kafka, topic_prefix, tmp_path)
    made.create_topics()
    return made


def pages(count: int, chance: random.Random) -> list[Page]:
    """Articles that change, come late, move, go, and have no time; and texts without an address."""
    found = []
    for number in range(count):
        article = number % (count // 4)
        url = f"https://thanhnien.vn/bai-{article}-1852501171943{article:05}.htm"
        text = [" ".join(chance.choices(WORDS, k=12)).capitalize() + "." for _ in range(4)]
        html = "".join(f"<p>{each}</p>" for each in text)
        body = f'<html lang="vi"><head><title>Bài {article}</title></head><body><article>{html}</article></body></html>'
        time_of_day = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{number % 60:02}"
        page = Page(
            body.encode(), "text/html; charset=utf-8", url, url, 200, f"2025-01-17T{time_of_day}.250Z", "thanhnien.vn",
            etag=f'W/"{number} ế\r\n"', discovery="feed",
        )  # fmt: skip
        match chance.randrange(12):
            case 0:
                page = replace(page, status=404, body=b"", content_type=None)
            case 1:
                page = replace(page, status=301, body=b"", final_url=url.replace("18525", "18526"))
            case 2:
                page = replace(page, date_fetched=None)
            case 3:
                page = Page("\n\n".join([f"Bài {number}", *text]).encode(), TEXT_TYPE)
            case 4:
                page = replace(page, status=503)
        found.append(page)
    return found


def record_of(page: Page) -> Record:
    key = page_key(page.requested_url, page.final_url, page.status) if page.final_url else text_key(page)
    return page_record(page, key, "/test/spiders")


def text_key(page: Page) -> str:
    return f"text/{sha256(page.body).hexdigest()[:16]}"


def publish(setup: Setup, records: list[Record], producer: KafkaProducer | None = None) -> None:
    own = producer or KafkaProducer(bootstrap_servers=setup.servers, linger_ms=5)
    futures = [
        own.send(
            record.topic.full_name(setup.prefix), record.value, record.key, list(record.headers),
            partition=partition(record.partition_key, PARTITIONS),
        )
        for record in records
    ]  # fmt: skip
    own.flush()
    assert all(future.succeeded() for future in futures)
    if producer is None:
        own.close()


def places(folder: Path) -> list[tuple[str, int, int]]:
    """Topic, partition and offset of each record, as the files tell, file by file."""
    found = []
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "metadata":
                    said = json.loads(record.content_stream().read())
                    found.append((said["topic"], said["partition"], said["offset"]))
    return found


def on_kafka(setup: Setup) -> list[tuple[str, int, int]]:
    records = [*setup.records("pages"), *setup.records("pages-backfill")]
    return [(record.topic, record.partition, record.offset) for record in records]


def size(folder: Path) -> int:
    """Of the files that are there: one may be set aside meanwhile."""
    total = 0
    for path in folder.glob("*.warc.gz"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def has_more(folder: Path, held: int) -> bool:
    return size(folder) > held


def valid(setup: Setup, folder: Path) -> None:
    command = [*setup.command()[:1], "-m", "warcio.cli", "check", *map(str, sorted(folder.glob("*.warc.gz")))]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


def but_for_the_lane(lines: str, topic: str) -> Counter[str]:
    """Events of a topic as they are printed, byte for byte."""
    told = (line.replace('"lane":"live"', '"lane":"backfill"') for line in lines.splitlines())
    return Counter(line for line in told if json.loads(line)["topic"] == topic)


def test_a_replay_of_the_archive_is_what_the_workers_published(setup: Setup, tmp_path: Path) -> None:
    """Each revision, byte for byte but for the lane: pages that came late among them."""
    publish(setup, [record_of(page) for page in pages(400, random.Random(7))])
    setup.run("replay", ROOT / "seeds", "--to", "kafka")
    setup.run("work", "--until-drained")
    folder = tmp_path / "archive"
    setup.run("archive", folder, "--until-end", "--file-bytes", "20000")
    assert Counter(places(folder)) == Counter(on_kafka(setup))
    valid(setup, folder)
    replayed = setup.run("replay", folder, "--format", "jsonl", "--topics", "articles,revisions,rejected")
    for topic in ("articles", "revisions", "rejected"):
        live = setup.run("tail", topic, "--from-beginning", "--until-end", "--format", "jsonl")
        assert but_for_the_lane(replayed.stdout, f"{topic}.v1") == but_for_the_lane(live.stdout, f"{topic}.v1")


def test_each_page_once_however_often_the_archive_is_killed(setup: Setup, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    folder = tmp_path / "archive"
    publishing = KafkaProducer(bootstrap_servers=setup.servers, linger_ms=5)
    left = [record_of(page) for page in pages(COUNT, chance)]
    for _ in range(KILLS):
        for_later = len(left) - COUNT // KILLS
        held = size(folder)
        archive = setup.start("archive", str(folder), "--file-bytes", str(chance.choice([5_000, 60_000])))
        publish(setup, [left.pop()], publishing)
        wait_until(partial(has_more, folder, held))
        dies_at = time.monotonic() + chance.uniform(0, 0.3)
        while time.monotonic() < dies_at:
            some = min(chance.randrange(1, 30), len(left) - for_later)
            publish(setup, left[:some], publishing)
            del left[:some]
        archive.send_signal(signal.SIGKILL)
        assert archive.wait() == -signal.SIGKILL
    publish(setup, left, publishing)
    publishing.close()
    setup.run("archive", folder, "--until-end")
    told = places(folder)
    assert Counter(told) == Counter(on_kafka(setup))
    assert told == sorted(told)
    valid(setup, folder)
    inventory = find_documents([folder], None)
    assert (len(inventory.documents), inventory.unreadable, inventory.skipped) == (COUNT, [], {})


def test_a_page_is_there_soon_and_an_end_by_signal_is_clean(setup: Setup, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    archive = setup.start("archive", str(folder))
    publish(setup, [record_of(page) for page in pages(8, random.Random(1))])
    wait_until(lambda: folder.exists() and len(on_disk(folder)) == 8)
    more = [record_of(replace(page, lane=Lane.BACKFILL)) for page in pages(8, random.Random(2))]
    publish(setup, more)
    wait_until(lambda: len(on_disk(folder)) == 16)
    archive.send_signal(signal.SIGTERM)
    assert archive.wait(30) == 0
    assert Counter(places(folder)) == Counter(on_kafka(setup))
    assert len(list(folder.glob("*.cdxj"))) == len(list(folder.glob("*.warc.gz")))
    assert not list(folder.glob("*.tmp"))


def on_disk(folder: Path) -> list[tuple[str, int, int]]:
    """What can be read while the archive goes on."""
    found = []
    for path in sorted(folder.glob("*.warc.gz")):
        try:
            text = gzip.decompress(path.read_bytes())
        except EOFError:
            return []
        found += [(path.name, 0, at) for at in range(text.count(b"WARC-Type: metadata"))]
    return found


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in {PATIENCE_S} s"
        time.sleep(0.01)


def test_a_lost_position_is_told_and_nothing_changes_until_it_is_accepted(setup: Setup, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    first, last = record_of(pages(4, random.Random(1))[0]), record_of(pages(4, random.Random(2))[0])
    publish(setup, [first])
    setup.run("archive", folder, "--until-end")
    (path,) = folder.glob("*.warc.gz")
    path.write_bytes(path.read_bytes() + b"\x1f\x8btorn")
    before = path.read_bytes()
    publish(setup, [first, last])
    admin = KafkaAdminClient(bootstrap_servers=setup.servers)
    at = partition(first.partition_key, PARTITIONS)
    admin.delete_records({TopicPartition(f"{setup.prefix}pages.v1", at): 2})
    admin.close()
    refused = setup.run("archive", folder, "--until-end", code=2)
    assert f"pages.v1-{at}: position 1, but the log holds 2 to " in refused.stderr
    assert "--accept-loss" in refused.stderr
    assert path.read_bytes() == before
    setup.run("archive", folder, "--until-end", "--accept-loss")
    assert set(places(folder)) == {(f"{setup.prefix}pages.v1", at, 0), *on_kafka(setup)}
    valid(setup, folder)


def test_a_loss_before_the_first_page_of_a_partition_is_told_too(setup: Setup, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    setup.run("archive", folder, "--until-end")
    lost = record_of(pages(4, random.Random(1))[0])
    publish(setup, [lost, lost])
    at = partition(lost.partition_key, PARTITIONS)
    admin = KafkaAdminClient(bootstrap_servers=setup.servers)
    admin.delete_records({TopicPartition(f"{setup.prefix}pages.v1", at): 2})
    admin.close()
    refused = setup.run("archive", folder, "--until-end", code=2)
    assert f"pages.v1-{at}: position 0, but the log holds 2 to 2" in refused.stderr
    setup.run("archive", folder, "--until-end", "--accept-loss")
    setup.run("archive", folder, "--until-end")
    publish(setup, [lost])
    setup.run("archive", folder, "--until-end")
    assert places(folder) == [(f"{setup.prefix}pages.v1", at, 2)]


def test_a_full_disk_is_told_in_a_line_and_nothing_is_half_there(setup: Setup, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    folder = tmp_path / "archive"
    publish(setup, [record_of(page) for page in pages(60, random.Random(8))])
    command = ["sh", "-c", 'ulimit -f 10; exec "$@"', "sh", *setup.command("archive", folder, "--until-end")]
    full = subprocess.run(command, env=setup.environment, capture_output=True, text=True)
    assert (full.returncode, full.stderr) == (1, f"dongtin: {folder}: File too large\n")
    valid(setup, folder)
    assert 0 < len(places(folder)) < 60
    setup.run("archive", folder, "--until-end")
    assert Counter(places(folder)) == Counter(on_kafka(setup))


def test_a_topic_that_was_made_anew_needs_another_folder(setup: Setup, tmp_path: Path) -> None:
    publish(setup, [record_of(page) for page in pages(8, random.Random(1))])
    setup.run("archive", tmp_path / "archive", "--until-end")
    admin = KafkaAdminClient(bootstrap_servers=setup.servers)
    admin.delete_topics([f"{setup.prefix}pages.v1"])
    wait_until(lambda: f"{setup.prefix}pages.v1" not in admin.list_topics())
    admin.close()
    setup.create_topics()
    refused = setup.run("archive", tmp_path / "archive", "--until-end", "--accept-loss", code=2)
    assert "archive it into another folder" in refused.stderr
    setup.run("archive", tmp_path / "another", "--until-end")


class FromTheStart:
    """Keeps nothing."""

    def position(self, at: log_reader.Partition) -> None:
        return None

    def began(self, offsets: object) -> None:
        pass


def test_partitions_that_come_later_are_read_too(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "LOOK_S", 1)
    cluster = Cluster((setup.servers,), setup.prefix)
    before, after = (record_of(page) for page in pages(8, random.Random(3))[:2])
    publish(setup, [before])
    reader = log_reader.LogReader(cluster, (PAGES,), accept_loss=False)
    reader.start(FromTheStart())
    setup.raise_partitions("pages", PARTITIONS + 2)
    producer = cluster.producer()
    producer.send(f"{setup.prefix}pages.v1", after.value, after.key, list(after.headers), partition=PARTITIONS + 1)
    producer.close()
    found: list[tuple[int, int]] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < 2:
        assert time.monotonic() < deadline
        found += [(message.partition, message.offset) for message in reader.poll(0.2)]
    reader.close()
    assert sorted(found) == sorted([(partition(before.partition_key, PARTITIONS), 0), (PARTITIONS + 1, 0)])


def test_only_what_was_committed_is_archived(setup: Setup, tmp_path: Path) -> None:
    records = [record_of(page) for page in pages(12, random.Random(4))]
    producer = Cluster((setup.servers,), setup.prefix).producer(transactional_id=f"{setup.prefix}t")
    producer.init_transactions()
    for number, record in enumerate(records):
        producer.begin_transaction()
        publish(setup, [record], producer)
        if number % 2:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    producer.close()
    for _ in range(2):
        setup.run("archive", tmp_path / "archive", "--until-end")
        assert Counter(places(tmp_path / "archive")) == Counter(on_kafka(setup))
    assert len(on_kafka(setup)) == 6


def test_it_goes_on_by_itself_when_the_broker_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with Broker(tmp_path / "kafka") as broker:
        setup = Setup(broker.bootstrap_servers, "dongtin.", tmp_path)
        setup.create_topics()
        archive = setup.start("archive", str(folder))
        publish(setup, [record_of(page) for page in pages(8, random.Random(5))])
        wait_until(lambda: len(on_disk(folder)) == 8)
        broker.kill()
        broker.start()
        publish(setup, [record_of(page) for page in pages(8, random.Random(6))])
        wait_until(lambda: len(on_disk(folder)) == 16)
        archive.send_signal(signal.SIGTERM)
        assert archive.wait(30) == 0
        assert Counter(places(folder)) == Counter(on_kafka(setup))


def test_no_kafka_is_told_in_a_line(setup: Setup, tmp_path: Path) -> None:
    setup.environment |= {"DONGTIN_BOOTSTRAP_SERVERS": "127.0.0.1:1", "DONGTIN_BOOTSTRAP_TIMEOUT_S": "0.5"}
    refused = setup.run("archive", tmp_path / "archive", "--until-end", code=69)
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "archive").exists()
