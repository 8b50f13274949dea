import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from crawl_parts import NOON, Opened, id_of, thanhnien

from dongtin.errors import ConfigurationError
from dongtin.events import Lane
from spiders.frontier import Frontier
from spiders.store import VERSION, Task, file_of, open_store, owned

NOW = NOON.timestamp()


def filled(path: Path) -> None:
    with closing(open_store(path)) as database:
        Frontier(database, "thanhnien.vn").find(thanhnien(), "feed", Lane.LIVE, NOW)


def known(path: Path) -> int:
    with closing(open_store(path)) as database:
        count: int = database.execute("SELECT count(*) FROM addresses").fetchone()[0]
        return count


def test_two_set_ups_and_two_publishers_have_files_of_their_own() -> None:
    files = {
        file_of(Path("s"), prefix, publisher) for prefix in ("dongtin.", "other.") for publisher in ("a.vn", "b.vn")
    }
    assert len(files) == 4


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "f.sqlite"
    filled(path)
    assert known(path) == 1


@pytest.mark.parametrize("harm", ["not SQLite", "cut", "overwritten"])
def test_a_damaged_file_is_set_aside_and_made_anew(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "f.sqlite"
    filled(path)
    whole = path.read_bytes()
    damaged = {
        "not SQLite": b"torn" * 5000,
        "cut": whole[: len(whole) // 2],
        "overwritten": whole[:4096] + b"\xff" * (len(whole) - 4096),
    }[harm]
    path.write_bytes(damaged)
    assert known(path) == 0
    assert path.with_suffix(".damaged").read_bytes()[:100] == damaged[:100]
    filled(path)
    assert known(path) == 1


def test_a_file_of_another_version_is_set_aside_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    filled(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert known(path) == 0
    assert path.with_suffix(".damaged").exists()


def test_a_file_that_another_process_works_with_is_never_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    filled(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(ConfigurationError, match="of version"):
        open_store(path, is_ours=False)
    assert not path.with_suffix(".damaged").exists()


def test_a_file_that_is_locked_for_long_is_told_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.sqlite"
    filled(path)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **{**named, "timeout": 0}))
    with closing(connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConfigurationError, match="locked"):
            open_store(path)
        other.execute("ROLLBACK")
    assert known(path) == 1
    assert not path.with_suffix(".damaged").exists()


def test_a_folder_that_cannot_be_made_is_a_wrong_set_up(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"Not a directory|File exists"):
        open_store(tmp_path / "file" / "f.sqlite")


def test_a_folder_in_the_place_of_the_file_is_a_wrong_set_up(tmp_path: Path) -> None:
    (tmp_path / "f.sqlite").mkdir()
    with pytest.raises(ConfigurationError, match="unable to open"):
        open_store(tmp_path / "f.sqlite")


def test_one_process_at_a_time_has_the_right_to_crawl(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "f.sqlite"
    for task in (Task.BACKFILL, Task.CRAWL):
        with owned(path, task) as first:
            assert first is None
            with owned(path, Task.CRAWL) as second:
                assert second == task


def test_a_lock_that_cannot_be_made_is_a_wrong_set_up(tmp_path: Path) -> None:
    (tmp_path / "folder").touch()
    with pytest.raises(ConfigurationError, match="lock: "), owned(tmp_path / "folder" / "f.sqlite", Task.CRAWL):
        pass


def _write_until_killed(folder: str, told: Connection) -> None:
    opened = Opened(Path(folder))
    for number in range(10_000):
        opened.frontier.find(thanhnien(number), "feed", Lane.LIVE, NOW + number)
        told.send(number)


def test_what_was_noted_outlives_a_kill(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    told, tells = context.Pipe(duplex=False)
    process = context.Process(target=_write_until_killed, args=(str(tmp_path), tells))
    process.start()
    noted = [told.recv() for _ in range(50)]
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    tells.close()
    visits = Opened(tmp_path).frontier.due(NOW + 10_000, 10_000)
    assert {id_of(thanhnien(number)) for number in noted} <= {visit.article_id for visit in visits}
