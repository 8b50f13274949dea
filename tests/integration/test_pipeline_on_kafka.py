"""The whole way on a real Kafka: what the workers publish is what a replay in one process gives, once."""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from kafka import KafkaProducer
from processes import children, is_running
from setup_on_kafka import Line, Setup

from dongtin.codec import decode, page_record, source
from dongtin.documents import find_documents
from dongtin.events import Article, Change, Lane, Page
from dongtin.record import Record
from dongtin.stream.kafka.watchdog import ExitCode
from dongtin.stream.memory import MemoryStream
from dongtin.topics import ARTICLE_STATE, ARTICLES, REVISIONS, partition
from processors.look import look
from processors.pipeline import Normalizer

SEEDS = Path(__file__).parents[2] / "seeds"
DOCUMENTS = 2000


@pytest.fixture
def setup(kafka: str, topic_prefix: str, tmp_path: Path) -> Setup:
    made = Setup(kafka, topic_prefix, tmp_path)
    made.create_topics()
    return made


def in_process(setup: Setup, *paths: Path) -> list[Line]:
    return [json.loads(line) for line in setup.run("replay", *paths, "--format", "jsonl").stdout.splitlines()]


def by_topic(lines: list[Line], topic: str) -> dict[str, Line]:
    return {line["subject"]: line for line in lines if line["topic"] == topic}


def test_the_workers_publish_what_a_replay_in_one_process_gives(setup: Setup) -> None:
    setup.run("replay", SEEDS, "--to", "kafka")
    setup.run("work", "--until-drained")
    expected = in_process(setup, SEEDS)
    assert by_topic(setup.tail("articles"), "articles.v1") == by_topic(expected, "articles.v1")
    assert by_topic(setup.tail("stories"), "stories.v1") == by_topic(expected, "stories.v1")
    assert len(by_topic(expected, "articles.v1")) == 2


def test_values_and_headers_are_the_same_bytes(setup: Setup) -> None:
    stream = MemoryStream()
    for document in find_documents([SEEDS], None).documents:
        key, page = document.load()
        stream.append(page_record(page, key, source(setup.prefix, "replay")))
    stream.run(Normalizer(source(setup.prefix, "normalizer"), look))
    setup.run("replay", SEEDS, "--to", "kafka")
    setup.run("work", "--until-drained")
    for topic, short in ((ARTICLES, "articles"), (REVISIONS, "revisions")):
        here = {(message.key, message.value, message.headers) for message in stream.take(topic)}
        there = {(record.key, record.value, tuple(record.headers)) for record in setup.records(short)}
        assert here == there


def test_a_second_replay_after_a_restart_without_state_publishes_nothing(setup: Setup) -> None:
    def counts() -> dict[str, int]:
        return {topic: len(setup.records(topic)) for topic in ("articles", "revisions", "stories", "article-state")}

    setup.run("replay", SEEDS, "--to", "kafka")
    setup.run("work", "--until-drained")
    before = counts()
    assert before == {"articles": 2, "revisions": 2, "stories": before["stories"], "article-state": 2}
    shutil.rmtree(setup.state)
    setup.run("replay", SEEDS, "--to", "kafka")
    setup.run("work", "--until-drained")
    assert counts() == before


def save_page(folder: Path, name: str, paragraphs: list[str], fetched: str) -> None:
    page = folder / name
    page.mkdir(parents=True)
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    page.joinpath("page.html").write_text(
        f'<html lang="vi"><head><title>Cầu mới</title></head><body><article>{body}</article></body></html>'
    )
    request = {
        "url": "https://thanhnien.vn/cau-moi-185250117194334368.htm",
        "status": 200,
        "headers": {"content-type": "text/html; charset=utf-8"},
        "fetched_at": fetched,
    }
    page.joinpath("request.json").write_text(json.dumps(request))


PARAGRAPHS = [
    f"Đoạn thứ {number} của bài nói về cây cầu mới bắc qua sông, nơi người dân hai bên bờ chờ đợi đã nhiều năm nay."
    for number in ("nhất", "hai", "ba", "tư", "năm", "sáu")
]


def test_a_changed_copy_of_a_saved_page_is_revision_2(setup: Setup, tmp_path: Path) -> None:
    changed = [
        *PARAGRAPHS[:2],
        "Câu này đã được tòa soạn sửa lại sau khi bài đăng, với con số mới về chi phí.",
        *PARAGRAPHS[3:],
    ]
    save_page(tmp_path, "first", PARAGRAPHS, "2025-01-17T13:00:00Z")
    save_page(tmp_path, "second", changed, "2025-01-17T14:00:00Z")
    for name in ("first", "second"):
        setup.run("replay", tmp_path / name, "--to", "kafka")
        setup.run("work", "--until-drained")
    revisions = [decode(record).data for record in setup.records("revisions")]
    assert all(isinstance(each, Article) for each in revisions)
    first, second = (each for each in revisions if isinstance(each, Article))
    assert (first.revision, second.revision, second.change, second.cause) == (1, 2, Change.UPDATED, "publisher")
    assert second.changed_fields == ("body",)
    assert second.diff is not None
    ids = {block.text: block.id for each in (first, second) for block in each.body.blocks}
    assert second.diff.removed == (ids[PARAGRAPHS[2]],)
    assert second.diff.added == (ids[changed[2]],)
    assert second.diff.kept == len(first.body.blocks) - 1
    expected = in_process(setup, tmp_path / "first", tmp_path / "second")
    assert by_topic(setup.tail("articles"), "articles.v1") == by_topic(expected, "articles.v1")


@pytest.mark.parametrize(("policy", "topic"), [("reject", "rejected"), ("metadata_only", "articles")])
def test_the_workers_go_by_the_rights_setting(setup: Setup, tmp_path: Path, policy: str, topic: str) -> None:
    setup.environment["DONGTIN_RIGHTS"] = policy
    save_page(tmp_path, "page", PARAGRAPHS, "2025-01-17T13:00:00Z")
    request = tmp_path / "page" / "request.json"
    said = json.loads(request.read_text())
    request.write_text(json.dumps(said | {"headers": said["headers"] | {"tdm-reservation": "1"}}))
    setup.run("replay", tmp_path / "page", "--to", "kafka")
    setup.run("work", "--until-drained")
    (event,) = setup.tail(topic)
    (here,) = in_process(setup, tmp_path / "page")[:1]
    assert event == here
    assert event["data"].get("reason") == "rights_reserved" or event["data"]["body"]["blocks"] == []


def write_documents(folder: Path, seed: int) -> None:
    words = ["sông", "núi", "đường", "cầu", "chợ", "trường", "người", "dân", "thành", "phố", "mùa", "lúa", "biển"]
    chance = random.Random(seed)
    folder.mkdir()
    for number in range(DOCUMENTS):
        paragraphs = [" ".join(chance.choices(words, k=12)).capitalize() + "." for _ in range(4)]
        tail = f"Nguồn: https://thanhnien.vn/bai-{number}-185{20_00_00 + number % 300}.htm\n\nBình luận (0)\n"
        text = f"Bài số {number}\n\nBáo Thử nghiệmBáo Thử nghiệm17/01/2025\n\n" + "\n\n".join([*paragraphs, tail])
        (folder / f"{number}.txt").write_text("Vietnam.vn - Nền tảng quảng bá Việt Nam\n\n" + text)


def test_after_kill_9_in_the_middle_each_article_is_seen_once(setup: Setup, tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    write_documents(tmp_path / "documents", seed)
    setup.run("replay", tmp_path / "documents", "--to", "kafka")
    chance = random.Random(seed)
    killed_at = []
    for _ in range(3):
        target = len(setup.records("articles")) + chance.randrange(20, 200)
        if target > DOCUMENTS:
            break
        worker = setup.start("work", "normalizer")
        setup.wait_for_records("articles", target)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        killed_at.append(len(setup.records("articles")))
    assert killed_at[0] < DOCUMENTS, "killed too late to prove anything"
    setup.run("work", "--until-drained")
    articles, revisions = setup.records("articles"), setup.records("revisions")
    expected = {
        "text/" + hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in (tmp_path / "documents").iterdir()
    }
    assert len(expected) == DOCUMENTS
    assert Counter(record.key.decode() for record in articles) == Counter(dict.fromkeys(expected, 1))
    assert Counter(record.key.decode() for record in revisions) == Counter(
        dict.fromkeys((f"{key}@1" for key in expected), 1)
    )
    here = in_process(setup, tmp_path / "documents")
    assert by_topic(setup.tail("stories"), "stories.v1") == by_topic(here, "stories.v1")


@pytest.mark.skipif(sys.platform != "linux", reason="the children of a process are found in Linux's /proc")
def test_no_worker_outlives_its_killed_supervisor(setup: Setup) -> None:
    """Killed while its workers are still starting, and when they are members of their group."""
    for moment in ("starting", "working"):
        supervisor = setup.start("work")
        deadline = time.monotonic() + 60
        while not (workers := children(supervisor.pid)) or (moment == "working" and not setup.healthy(2)):
            assert time.monotonic() < deadline, "the workers are not ready"
            time.sleep(0.02)
        os.kill(supervisor.pid, signal.SIGKILL)
        supervisor.wait()
        while any(map(is_running, workers)):
            assert time.monotonic() < deadline, f"workers outlive their supervisor: {moment}"
            time.sleep(0.05)


def test_a_worker_that_another_one_displaced_ends(setup: Setup) -> None:
    first = setup.start("work", "normalizer", "--slot", "0")
    deadline = time.monotonic() + 60
    while not setup.healthy(1):
        assert time.monotonic() < deadline, "the worker is not ready"
        time.sleep(0.05)
    second = setup.start("work", "normalizer", "--slot", "0")
    try:
        assert first.wait(60) == ExitCode.DISPLACED
        assert second.poll() is None
    finally:
        for worker in (first, second):
            worker.kill()
            worker.wait()


def test_no_kafka_is_told_in_one_line(setup: Setup) -> None:
    setup.environment |= {"DONGTIN_BOOTSTRAP_SERVERS": "127.0.0.1:1", "DONGTIN_BOOTSTRAP_TIMEOUT_S": "1"}
    for command in (("topics", "create"), ("tail",), ("replay", SEEDS, "--to", "kafka"), ("work",)):
        done = setup.run(*command, code=69)
        told = [line for line in done.stderr.splitlines() if "no Kafka answers at 127.0.0.1:1" in line]
        assert told, done.stderr
        assert done.stdout == ""


def test_a_state_folder_that_cannot_be_written_ends_the_workers(setup: Setup, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    setup.environment |= {"DONGTIN_STATE_DIR": str(tmp_path / "file")}
    assert f"DONGTIN_STATE_DIR {tmp_path / 'file'}: " in setup.run("work", code=2).stderr


def test_missing_topics_are_told_and_nothing_is_published(setup: Setup) -> None:
    setup.environment |= {"DONGTIN_TOPIC_PREFIX": setup.prefix + "other."}
    for command in (("tail",), ("replay", SEEDS, "--to", "kafka"), ("work", "linker")):
        assert "run `dongtin topics create`" in setup.run(*command, code=2).stderr


def test_a_topic_with_other_settings_is_told_and_left_alone(setup: Setup) -> None:
    setup.raise_partitions("pages", 5)
    done = setup.run("topics", "create", code=2)
    assert f"{setup.prefix}pages.v1: 5 partitions, should be 4" in done.stderr
    assert "one partition count" in setup.run("work", "normalizer", code=2).stderr
    assert "5" in setup.run("topics", "describe", code=2).stdout


def test_a_message_that_is_no_page_is_quarantined_and_the_rest_go_on(setup: Setup) -> None:
    producer = KafkaProducer(bootstrap_servers=setup.servers)
    name = f"{setup.prefix}pages.v1"
    broken: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]] = [
        (None, b"x", []),
        (b"\xff", None, [("ce_type", b"\xff")]),
        (b"thanhnien.vn/1", b"{", [("ce_specversion", b"1.0")]),
    ]
    for key, value, headers in broken:
        producer.send(name, key=key, value=value, headers=headers, partition=1).get(timeout=30)
    producer.close()
    setup.run("replay", SEEDS, "--to", "kafka")
    setup.run("work", "--until-drained")
    kept = setup.records("quarantine")
    assert sorted((record.key or b"", record.value or b"") for record in kept) == sorted(
        (key or b"", value or b"") for key, value, _ in broken
    )
    headers = dict(kept[0].headers)
    assert headers["__connect.errors.topic"] == b"pages.v1"
    assert headers["dongtin.original.timestamp"].isdigit()
    assert len(setup.records("articles")) == 2


def publish(setup: Setup, *records: Record) -> None:
    """Put records on their topics as they are, in the partitions of their partition keys."""
    producer = KafkaProducer(bootstrap_servers=setup.servers)
    sent = [
        producer.send(
            record.topic.full_name(setup.prefix),
            key=record.key,
            value=record.value,
            headers=list(record.headers),
            partition=partition(record.partition_key, 4),
        )
        for record in records
    ]
    for future in sent:
        future.get(timeout=60)
    producer.close()


def text_page(number: int, lane: Lane) -> Record:
    body = (
        f"Bài số {number} của làn {lane}\n\nĐoạn duy nhất của bài, dài vừa đủ để được đọc như một bài báo.\n".encode()
    )
    page = Page(body, "text/plain; charset=utf-8", lane=lane)
    return page_record(page, f"text/{hashlib.sha256(body).hexdigest()[:16]}", "/test/replay")


def test_the_back_fill_waits_while_live_pages_have_lag(setup: Setup) -> None:
    """Both in one go, and more than a worker takes at once: the lanes neither mix nor keep each other."""
    pages = [text_page(number, lane) for lane in (Lane.BACKFILL, Lane.LIVE) for number in range(600)]
    publish(setup, *pages)
    setup.run("work", "normalizer", "--until-drained")
    found = setup.records("articles")
    assert Counter(record.key for record in found) == Counter(page.key for page in pages)
    for at in range(4):
        lanes = [dict(record.headers)["ce_lane"] for record in found if record.partition == at]
        assert lanes == sorted(lanes, key=[b"live", b"backfill"].index), f"partition {at}"


def test_state_that_a_later_version_wrote_is_refused(setup: Setup) -> None:
    later = (("ce_type", b"dongtin.article.state.v2"), ("ce_dataschema", b"urn:dongtin:schema:article-state:v2"))
    publish(setup, Record(ARTICLE_STATE, b"thanhnien.vn/1", b"{}", later, b"thanhnien.vn/1"), text_page(1, Lane.LIVE))
    told = setup.run("work", "normalizer", "--until-drained", code=2).stderr
    assert "article-state.v1" in told
    assert "a later dongtin wrote it" in told
    assert setup.records("articles") == []


def test_state_that_cannot_be_read_quarantines_the_pages_of_its_article_alone(setup: Setup) -> None:
    broken, whole = text_page(1, Lane.LIVE), text_page(2, Lane.LIVE)
    state = Record(ARTICLE_STATE, broken.key, b'{"revision": 3, "status": "publ', (), broken.partition_key)
    publish(setup, state, broken, whole)
    setup.run("work", "normalizer", "--until-drained")
    assert [record.key for record in setup.records("articles")] == [whole.key]
    (kept,) = setup.records("quarantine")
    assert (kept.key, kept.value) == (broken.key, broken.value)
    assert dict(kept.headers)["__connect.errors.exception.class.name"] == b"dongtin.errors.DecodeError"


def test_after_a_rebalance_the_back_fill_goes_on_though_nothing_live_comes(setup: Setup) -> None:
    workers = []
    try:
        for round_, instance in enumerate(("first", "second")):
            setup.environment |= {"DONGTIN_INSTANCE": instance}
            workers.append(setup.start("work", "normalizer"))
            deadline = time.monotonic() + 60
            while not setup.healthy(len(workers)):
                assert time.monotonic() < deadline, "the worker is not ready"
                time.sleep(0.05)
            publish(setup, *(text_page(number, Lane.BACKFILL) for number in range(50 * round_, 50 * round_ + 50)))
            setup.wait_for_records("articles", 50 * round_ + 50)
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait()
