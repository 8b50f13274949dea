"""The README says what is there: every setting, topic and command, and its Python runs."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dongtin.cli import COMMANDS
from dongtin.settings import Settings
from dongtin.topics import TOPICS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_every_setting_has_its_row() -> None:
    for name, field in Settings.model_fields.items():
        assert f"| `DONGTIN_{name.upper()}` |" in README
        assert field.description is not None
        assert field.description in README
    named = set(re.findall(r"DONGTIN_[A-Z_]+", README + (ROOT / "docker-compose.yml").read_text()))
    assert named <= {f"DONGTIN_{name.upper()}" for name in Settings.model_fields}


def test_every_topic_and_command_is_told() -> None:
    for topic in TOPICS:
        assert f"`{topic.name}`" in README
    for command in COMMANDS:
        assert f"dongtin {command}" in README


def test_every_link_leads_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_command_explains_itself_with_an_example() -> None:
    for command in COMMANDS:
        told = subprocess.run([sys.executable, "-m", "dongtin", command, "--help"], capture_output=True, text=True)
        assert told.returncode == 0
        assert re.search(r"Examples?:\n +dongtin ", told.stdout), command


@pytest.fixture
def seeded(kafka: str, topic_prefix: str, tmp_path: Path) -> dict[str, str]:
    environment = os.environ | {
        "DONGTIN_BOOTSTRAP_SERVERS": kafka,
        "DONGTIN_TOPIC_PREFIX": topic_prefix,
        "DONGTIN_STATE_DIR": str(tmp_path),
        "DONGTIN_PARTITIONS": "1",
    }
    for arguments in (["topics", "create"], ["replay", "seeds", "--to", "kafka"], ["work", "--until-drained"]):
        subprocess.run(
            [sys.executable, "-m", "dongtin", *arguments], env=environment, cwd=ROOT, check=True, capture_output=True
        )
    return environment


def test_the_consumers_in_python_run_as_they_stand(seeded: dict[str, str]) -> None:
    snippets = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(snippets) == 2
    for snippet in snippets:
        here = snippet.replace("localhost:9092", seeded["DONGTIN_BOOTSTRAP_SERVERS"])
        here = here.replace('"dongtin.articles', f'"{seeded["DONGTIN_TOPIC_PREFIX"]}articles')
        consumer = subprocess.Popen([sys.executable, "-c", here], stdout=subprocess.PIPE, text=True)
        assert consumer.stdout is not None
        lines = {consumer.stdout.readline().strip() for _ in range(2)}
        consumer.send_signal(signal.SIGKILL)
        consumer.communicate()
        assert lines == {
            "dongtin.article.created.v1 text/23c313a89e9abb76 id",
            "dongtin.article.created.v1 text/beb438397692aa5a en",
        }
