"""State on disk and in memory behave alike, and a cache is never ahead of what was committed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongtin.record import Record
from dongtin.stream.memory import MemoryTables
from dongtin.stream.state import PartitionState
from dongtin.topics import ARTICLE_STATE, MEMBERS

KEYS = st.text(alphabet="a|bé中", min_size=1, max_size=3)
WRITES = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.binary(max_size=3))), max_size=20)


def record(key: str, value: bytes | None) -> Record:
    return Record(MEMBERS, key.encode(), value, (), key.encode())


@pytest.fixture
def state(tmp_path: Path) -> Iterator[PartitionState]:
    opened = PartitionState(tmp_path / "0.sqlite")
    opened.position(MEMBERS, "first", 0, 100)
    yield opened
    opened.close()


@given(writes=WRITES, committed=st.integers(0, 20), prefix=st.text(alphabet="a|bé中", max_size=2))
def test_memory_and_disk_answer_alike(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, bytes | None]], committed: int, prefix: str
) -> None:
    memory = MemoryTables()
    disk = PartitionState(tmp_path_factory.mktemp("state") / "0.sqlite")
    disk.position(MEMBERS, "first", 0, 100)
    for number, (key, value) in enumerate(writes):
        memory.put(record(key, value))
        disk.put(record(key, value))
        if number == committed:
            disk.commit({MEMBERS: number + 1})
    assert list(memory.scan(MEMBERS, prefix)) == list(disk.scan(MEMBERS, prefix))
    assert {key: memory.get(MEMBERS, key) for key, _ in writes} == {key: disk.get(MEMBERS, key) for key, _ in writes}
    disk.close()


def test_what_was_not_committed_is_gone_after_a_crash(tmp_path: Path) -> None:
    first = PartitionState(tmp_path / "0.sqlite")
    first.position(MEMBERS, "first", 0, 100)
    first.put(record("a", b"1"))
    first.commit({MEMBERS: 5})
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
    state.put(record("a", b"1"))
    state.commit({MEMBERS: 5})
    assert state.position(MEMBERS, incarnation, start, end) == 0
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


def test_an_input_that_is_a_table_never_goes_back(state: PartitionState) -> None:
    """State restored to the end of its topic is ahead of the group's position: what comes then is older."""
    state.restore(MEMBERS, iter([(b"a", b"new", 50), (b"gone", None, 51)]), 52)
    state.take(MEMBERS, b"a", b"old", 10)
    state.take(MEMBERS, b"gone", b"old", 11)
    assert (state.get(MEMBERS, "a"), state.get(MEMBERS, "gone")) == (b"new", None)
    state.take(MEMBERS, b"a", b"newer", 60)
    assert state.get(MEMBERS, "a") == b"newer"


def test_tables_of_one_file_do_not_meet(state: PartitionState) -> None:
    state.put(record("a", b"1"))
    assert state.get(ARTICLE_STATE, "a") is None
    assert list(state.scan(ARTICLE_STATE, "")) == []
