"""State on disk and in memory behave alike, and a cache is never ahead of what was committed."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.errors import StateDamaged
from dongtin.record import Record
from dongtin.stream.memory import MemoryTables
from dongtin.stream.state import Entry, PartitionState
from dongtin.topics import ARTICLE_STATE, MEMBERS

KEYS = st.text(alphabet="a|bé中", min_size=1, max_size=3)
WRITES = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.binary(max_size=3))), max_size=20)


BEGINNING = time.time()


def record(key: str, value: bytes | None) -> Record:
    return Record(MEMBERS, key.encode(), value, (), key.encode())


@pytest.fixture
def state(tmp_path: Path) -> Iterator[PartitionState]:
    opened = PartitionState(tmp_path / "0.sqlite")
    opened.position(MEMBERS, "first", 0, 100)
    yield opened
    opened.close()


@settings(deadline=None)
@given(writes=WRITES, committed=st.integers(0, 20), prefix=st.text(alphabet="a|bé中", max_size=2))
def test_memory_and_disk_answer_alike(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, bytes | None]], committed: int, prefix: str
) -> None:
    memory = MemoryTables()
    disk = PartitionState(tmp_path_factory.mktemp("state") / "0.sqlite")
    disk.position(MEMBERS, "first", 0, 100)
    batch: list[Entry] = []
    for number, (key, value) in enumerate(writes):
        memory.put(record(key, value))
        disk.put(record(key, value))
        batch.append(Entry(MEMBERS, key.encode(), value, number))
        if number == committed:
            disk.commit(batch)
    assert list(memory.scan(MEMBERS, prefix)) == list(disk.scan(MEMBERS, prefix))
    assert {key: memory.get(MEMBERS, key) for key, _ in writes} == {key: disk.get(MEMBERS, key) for key, _ in writes}
    disk.close()


def test_what_was_not_committed_is_gone_after_a_crash(tmp_path: Path) -> None:
    first = PartitionState(tmp_path / "0.sqlite")
    first.position(MEMBERS, "first", 0, 100)
    first.put(record("a", b"1"))
    first.commit([Entry(MEMBERS, b"a", b"1", 4)])
    first.put(record("a", b"2"))
    first.close()
    second = PartitionState(tmp_path / "0.sqlite")
    assert second.get(MEMBERS, "a") == b"1"
    assert second.position(MEMBERS, "first", 0, 100) == 5
    second.close()


@pytest.mark.parametrize(("incarnation", "start", "end"), [("second", 0, 100), ("first", 0, 4), ("first", 6, 100)])
def test_a_cache_of_another_topic_or_range_is_emptied(
    state: PartitionState, incarnation: str, start: int, end: int
) -> None:
    state.commit([Entry(MEMBERS, b"a", b"1", 4)])
    assert state.position(MEMBERS, incarnation, start, end) == start
    assert state.get(MEMBERS, "a") is None


@pytest.mark.parametrize(
    "damage", [b"not a database at all, but long enough to be read as one" * 100, b"", b"SQLite format 3\0"]
)
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "0.sqlite"
    path.write_bytes(damage)
    state = PartitionState(path)
    assert state.position(MEMBERS, "first", 0, 100) == 0
    state.close()


def filled(path: Path) -> PartitionState:
    state = PartitionState(path)
    state.position(MEMBERS, "first", 0, 100_000)
    state.commit([Entry(MEMBERS, f"{at:05}".encode(), bytes([at % 256]) * 900, at) for at in range(2000)])
    return state


def read_all(path: Path) -> None:
    state = PartitionState(path)
    if state.position(MEMBERS, "first", 0, 100_000) == 0:
        state.close()
        raise StateDamaged("it was found at the start")
    for at in range(2000):
        assert state.get(MEMBERS, f"{at:05}") == bytes([at % 256]) * 900, (
            "a damaged record was read as if it were whole"
        )
    state.close()


@pytest.mark.parametrize("size", [1, 5000])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.8, 0.97])
def test_a_cache_with_overwritten_bytes_is_never_read_as_if_it_were_whole(
    tmp_path: Path, share: float, size: int
) -> None:
    path = tmp_path / "0.sqlite"
    filled(path).close()
    whole = path.read_bytes()
    at = int(len(whole) * share)
    path.write_bytes(whole[:at] + bytes(255 - each for each in whole[at : at + size]) + whole[at + size :])
    try:
        read_all(path)
    except StateDamaged:
        rebuilt = PartitionState(path)
        assert rebuilt.position(MEMBERS, "first", 0, 100_000) == 0
        rebuilt.close()
    else:
        assert size == 1, "nothing was noticed"  # one byte may lie where nothing is kept


def test_a_cache_whose_end_is_missing_is_never_read_as_if_it_were_whole(tmp_path: Path) -> None:
    path = tmp_path / "0.sqlite"
    filled(path).close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(StateDamaged):
        read_all(path)


def test_a_cache_that_another_process_holds_locked_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "0.sqlite"
    filled(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    state = PartitionState(path, lock_timeout_s=0.1)
    assert state.position(MEMBERS, "first", 0, 100_000) == 0
    state.close()
    holder.close()


def test_a_former_owner_that_wakes_after_its_commit_does_not_put_the_past_over_the_present(tmp_path: Path) -> None:
    former, owner = PartitionState(tmp_path / "0.sqlite"), PartitionState(tmp_path / "0.sqlite")
    former.position(MEMBERS, "first", 0, 100)
    owner.restore([Entry(MEMBERS, b"a", b"1", 4)], {MEMBERS: 6})
    owner.commit([Entry(MEMBERS, b"a", b"2", 8)])
    former.commit([Entry(MEMBERS, b"a", b"1", 4)])
    assert owner.get(MEMBERS, "a") == b"2"
    assert owner.position(MEMBERS, "first", 0, 100) == 9
    former.close()
    owner.close()


def test_a_cache_older_than_tombstones_are_kept_is_emptied_unless_it_stands_at_the_end(
    state: PartitionState, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.commit([Entry(MEMBERS, b"a", b"1", 4)])
    monkeypatch.setattr(time, "time", lambda: BEGINNING + 6 * 24 * 3600)
    assert state.position(MEMBERS, "first", 0, 5) == 5
    assert state.position(MEMBERS, "first", 0, 6) == 0
    assert state.get(MEMBERS, "a") is None


def test_an_input_that_is_a_table_never_goes_back(state: PartitionState) -> None:
    """State restored to the end of its topic is ahead of the group's position: what comes then is older."""
    state.restore([Entry(MEMBERS, b"a", b"new", 50), Entry(MEMBERS, b"gone", None, 51)], {MEMBERS: 52})
    state.take(Entry(MEMBERS, b"a", b"old", 10))
    state.take(Entry(MEMBERS, b"gone", b"old", 11))
    assert (state.get(MEMBERS, "a"), state.get(MEMBERS, "gone")) == (b"new", None)
    state.take(Entry(MEMBERS, b"a", b"newer", 60))
    assert state.get(MEMBERS, "a") == b"newer"


def test_tables_of_one_file_do_not_meet(state: PartitionState) -> None:
    state.put(record("a", b"1"))
    assert state.get(ARTICLE_STATE, "a") is None
    assert list(state.scan(ARTICLE_STATE, "")) == []
