"""The command line: errors are one line on standard error, and what is wrong with one document stops no other."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from dongtin.cli.replay import command as replay

SEEDS = Path(__file__).parents[3] / "seeds"


def dongtin(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dongtin", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["replay"], "Missing argument 'PATHS...' (see `dongtin replay --help`)"),
        (["replay", "seeds", "--format", "xml"], "'xml' is not one of 'table', 'jsonl'"),
        (["nothing"], "No such command 'nothing' (see `dongtin --help`)"),
        (["schema", "nothing"], "name one of"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], told: str) -> None:
    done = dongtin(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dongtin: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_documents_that_cannot_be_opened_are_told_and_the_rest_go_on(tmp_path: Path) -> None:
    (tmp_path / "large.txt").touch()
    os.truncate(tmp_path / "large.txt", 200_000_000)
    (tmp_path / "empty.txt").touch()
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "request.json").write_text("{")
    done = dongtin("replay", tmp_path, tmp_path / "missing", SEEDS, "--format", "jsonl")
    assert done.returncode == 1
    topics = [json.loads(line)["topic"] for line in done.stdout.splitlines()]
    assert topics == ["articles.v1"] * 2 + ["stories.v1"] + ["rejected.v1"] * 2
    told = done.stderr.splitlines()
    for name in ("large.txt", "empty.txt", "binary.txt", "page", "missing"):
        assert len([line for line in told if line.startswith(f"dongtin: {tmp_path / name}: ")]) == 1
    assert len(told) == 5


def test_a_file_without_rights_is_one_of_those(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have all rights: so the system is made to say that there are none."""
    monkeypatch.setattr("os.access", lambda *_, **__: False)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("dongtin.documents.files.os.open", lambda path, _flags: refuse(path))
    done = CliRunner().invoke(replay, [str(SEEDS)])
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [f"dongtin: {path}: Permission denied" for path in sorted(SEEDS.glob("*.txt"))]


def empty_folder(path: Path) -> None:
    path.mkdir()


def archive_without_pages(path: Path) -> None:
    path.mkdir()
    (path / "a.warc").write_bytes(
        b"WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:3a6c0000-0000-4000-8000-000000000000>\r\n"
        b"WARC-Date: 2025-01-17T12:00:00Z\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    )


@pytest.mark.parametrize("make", [empty_folder, archive_without_pages])
def test_a_path_without_documents_is_told_and_the_rest_go_on(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "pages")
    done = dongtin("replay", tmp_path / "pages", SEEDS, "--format", "jsonl")
    assert done.returncode == 1
    assert done.stderr == f"dongtin: {tmp_path / 'pages'}: there is no document in it\n"
    assert [json.loads(line)["topic"] for line in done.stdout.splitlines()] == ["articles.v1"] * 2 + ["stories.v1"]


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_an_archive_says_that_it_needs_a_folder(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "pages")
    done = dongtin("archive", tmp_path / "pages")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"{tmp_path / 'pages'} is no folder: an archive needs one, which is made where there is none" in line
