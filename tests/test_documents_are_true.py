"""The README says what is there: every setting, topic and command, and its Python runs."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from dongtin.cli import COMMANDS, cli
from dongtin.documents import find_documents
from dongtin.metrics import METRICS
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


def test_every_metric_has_its_row() -> None:
    for metric in METRICS:
        assert f"| `{metric.name}` | {', '.join(metric.labels)} | {metric.meaning} |" in README
    assert set(re.findall(r"dongtin_[a-z_]+", README)) == {metric.name for metric in METRICS}


def test_every_topic_and_command_is_told() -> None:
    for topic in TOPICS:
        assert f"`{topic.name}`" in README
    for command in COMMANDS:
        assert f"dongtin {command}" in README


def options(command: click.Command) -> set[str]:
    """The long options of a command and of those below it, without those that are not for people."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    own = {word for each in command.params if isinstance(each, click.Option) and not each.hidden for word in each.opts}
    return {word for word in own if word.startswith("--")}.union(*map(options, below))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_in_the_row_of_its_command(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `dongtin {name}")]
    assert set(re.findall(r"--[a-z-]+", row)) == options(command)


def test_the_table_of_reading_is_that_of_the_last_run() -> None:
    rows = [row for row in (ROOT / "bench/results/read.md").read_text().split("## Where")[0].splitlines() if "|" in row]
    assert rows
    assert [row for row in rows if row not in README] == []


def test_every_link_leads_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_command_explains_itself_with_an_example() -> None:
    for command in COMMANDS:
        told = subprocess.run([sys.executable, "-m", "dongtin", command, "--help"], capture_output=True, text=True)
        assert told.returncode == 0
        assert re.search(r"Examples?:\n +dongtin ", told.stdout), command


def examples() -> list[Any]:
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]


def agrees(shown: object, real: object) -> bool:
    """Whether an example is the real thing, but for what it leaves out and what `…` stands for."""
    match shown, real:
        case {}, {}:
            return all(key in real and agrees(value, real[key]) for key, value in shown.items())
        case [*_, "…"], [*_]:
            return all(map(agrees, shown[:-1], real)) and len(real) > len(shown) - 1
        case [*_], [*_]:
            return len(shown) == len(real) and all(map(agrees, shown, real))
        case str(), str():
            return real.startswith(shown[:-1]) if shown.endswith("…") else shown == real
    return shown == real and type(shown) is type(real)


def test_the_event_by_example_is_what_a_replay_gives() -> None:
    event, _ = examples()
    command = [sys.executable, "-m", "dongtin", "replay", "seeds", "--format", "jsonl"]
    replay = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    real = {line["id"]: line for line in map(json.loads, replay.stdout.splitlines())}
    assert agrees(event, real[event["id"]])


def test_a_page_is_saved_as_the_readme_says(tmp_path: Path) -> None:
    _, request = examples()
    (tmp_path / "page.html").write_text("<title>Tin</title>")
    (tmp_path / "request.json").write_text(json.dumps(request))
    inventory = find_documents([tmp_path], None)
    assert inventory.unreadable == []
    key, page = inventory.documents[0].load()
    assert key == "thanhnien.vn/185250117194334368"
    assert (page.status, page.date_fetched) == (request["status"], request["fetched_at"])
    assert page.content_type == request["headers"]["content-type"]


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
