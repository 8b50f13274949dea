"""docs/adding-a-publisher.md is followed to the letter, in a copy of the packages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dongtin.publishers import identify
from processors.publishers import rule_of

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "adding-a-publisher.md").read_text()
FILE = re.compile(r"^\*\*`([^`]+)`\*\*[^\n]*\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILES = dict(FILE.findall(GUIDE))
COMMANDS = [line for block in SHELL.findall(GUIDE) for line in block.splitlines()]
RECORDS = "processors/publishers/sites.py"
MOST_LINES = 25


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and of what golden tests need, after the guide."""
    copy = tmp_path_factory.mktemp("clone")
    for package in ("dongtin", "processors"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    for file in (ROOT / "pyproject.toml", *(ROOT / "tests").glob("*.py")):
        shutil.copy(file, copy / file.relative_to(ROOT))
    for path, content in FILES.items():
        write(copy / path, content)
    return copy


def write(path: Path, content: str) -> None:
    """A new file; in one that is there, before the parenthesis that closes it."""
    if path.exists():
        lines = path.read_text().splitlines(keepends=True)
        assert lines[-1] == ")\n"
        path.write_text("".join([*lines[:-1], content, lines[-1]]))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A command of the guide, with the packages of a folder."""
    program, *arguments = line.split()
    program = program.replace(".venv/bin", str(Path(sys.executable).parent))
    environment: Mapping[str, str] = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def test_a_publisher_is_a_short_record_and_two_golden_pages() -> None:
    assert len(FILES[RECORDS].splitlines()) < MOST_LINES
    golden = [path for path in FILES if path.startswith("tests/golden/")]
    assert set(FILES) == {RECORDS, *golden}
    assert len([path for path in golden if path.endswith("/expected.json")]) == 2
    assert not [path for path in golden if (ROOT / path).exists()]


def test_its_example_is_of_the_family_and_new() -> None:
    (publisher_id,) = re.findall(r"^ +\"([\w.]+)\",$", FILES[RECORDS], re.MULTILINE)
    assert identify(f"https://{publisher_id}/").is_known
    assert rule_of(publisher_id) is None


def test_its_golden_pages_pass_and_its_commands_run(followed: Path) -> None:
    assert len(COMMANDS) == 4
    told = {line: run(followed, line) for line in COMMANDS}
    for line, done in told.items():
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    golden, explain = (next(line for line in COMMANDS if word in line) for word in ("pytest", "explain tests"))
    assert re.search(r"\d\d passed", told[golden].stdout)
    assert re.search(r"read by +cafef.vn/article", told[explain].stdout)
    assert "1 .chisochungkhoan" in told[explain].stdout


def test_a_record_keeps_the_style(followed: Path) -> None:
    lint = run(followed, ".venv/bin/ruff check processors/publishers")
    formatted = run(followed, ".venv/bin/ruff format --check processors/publishers")
    assert (lint.returncode, formatted.returncode) == (0, 0), lint.stdout + formatted.stdout


def test_every_name_that_golden_cases_know_is_told() -> None:
    known = re.findall(r"case \"(\w+)\":", (ROOT / "tests" / "test_golden.py").read_text())
    assert known
    for name in known:
        assert f"| `{name}` |" in GUIDE
