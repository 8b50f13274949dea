"""`make demo-crawl`: what it says in the end can be counted in what it has shown."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.kafka

TESTS = Path(__file__).parents[1]
COUNTED = ("published", "corrected", "withdrawn")


def test_its_numbers_add_up() -> None:
    command = [sys.executable, "-m", "crawl.demo", "--seconds", "20"]
    env = os.environ | {"PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, cwd=TESTS.parent, env=env, capture_output=True, text=True)
    lines = re.findall(r"^\d\d:\d\d (created|updated|withdrawn|story) ", done.stdout, re.MULTILINE)
    shown = Counter(lines)
    rows = {
        row[1].strip(): [int(number) for number in row[2].split()]
        for row in re.finditer(r"^([a-z][a-z ]*?)((?: +\d+){6})(?: .*)?$", done.stdout, re.MULTILINE)
    }
    assert list(rows) == ["before it began", *COUNTED, "together"], done.stdout + done.stderr
    for happened, *fates in rows.values():
        assert happened == sum(fates)
    *parts, together = rows.values()
    assert together == [sum(column) for column in zip(*parts, strict=True)]
    articles = shown.total() - shown["story"]
    told = " + ".join(f"{shown[word]} {word}" for word in ("created", "updated", "withdrawn"))
    seen, missed = together[1], together[-1]
    assert f"lines: {told} = {articles} of articles: {seen} seen for the first time, {articles - seen} others; " in (
        " ".join(done.stdout.split())
    )
    assert f"{shown['story']} of stories" in done.stdout
    assert seen > 0
    # On a machine that does much else something may be late.
    assert done.returncode == (1 if missed else 0)
