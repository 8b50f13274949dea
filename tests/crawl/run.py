"""A crawl of the twin as it is deployed: spiders, workers and Kafka, each a process that can be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from broker import DIE_WITH_PARENT
from setup_on_kafka import PATIENCE_S, Setup

from dongtin.codec import decode, load_json
from dongtin.events import Page
from tests.site import clock
from tests.site.faults import Fault
from tests.site.running import SCRAPY_SETTINGS, RunningSite
from tests.site.settings import WorldSettings

ROOT = Path(__file__).parents[2]
SPIDERS = {"thanhnien": "thanhnien.vn", "vietnam": "vietnam.vn"}


@dataclass(frozen=True)
class Limits:
    """How fast a crawl of the twin may go."""

    delay_s: float = 0.02
    at_once: int = 4
    timeout_s: float = 3.0


class Crawl:
    """A twin with a set-up of its own, whose spiders take the twin for the web."""

    def __init__(
        self,
        folder: Path,
        servers: str,
        prefix: str,
        world: WorldSettings,
        *,
        factor: float = 1.0,
        faults: Iterable[Fault] = (),
        limits: Limits | None = None,
        **settings: str,
    ) -> None:
        self.site = RunningSite(folder / "site", world, factor=factor, faults=faults)
        self.setup = Setup(servers, prefix, folder)
        self.limits = limits or Limits()
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        languages = ",".join(world.languages) or "none"
        mine = {"DONGTIN_CONTACT": "https://example.org/crawler", "DONGTIN_LANGUAGES": languages}
        plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        changed = {name: value for name, value in self.setup.environment.items() if os.environ.get(name) != value}
        self.setup.environment = plain | changed | self.site.environment | mine | settings

    def start(self, spider: str, *arguments: str, service: bool = False) -> subprocess.Popen[bytes]:
        """A spider's process, which ends with the one that started it."""
        limits = self.limits
        options = (
            *SCRAPY_SETTINGS,
            f"DOWNLOAD_DELAY={limits.delay_s}",
            "AUTOTHROTTLE_ENABLED=False",
            f"CONCURRENT_REQUESTS={limits.at_once}",
            f"DOWNLOAD_TIMEOUT={limits.timeout_s}",
            f"IS_SERVICE={service}",
            f"WAIT_FOR_KAFKA={service}",
            "HOLD_FIRST_S=0.5",
            "HOLD_LONGEST_S=2",
        )
        command = [sys.executable, "-m", "scrapy", "crawl", spider, *arguments]
        return self._start(f"{spider}.log", [*command, *(word for each in options for word in ("-s", each))])

    def work(self) -> subprocess.Popen[bytes]:
        """The workers' supervisor."""
        return self._start("work.log", self.setup.command("work"))

    def one_pass(self, *arguments: str) -> None:
        """All spiders, until each has ended by itself; each must say that nothing is missing."""
        for process in [self.start(spider, *(arguments or ("-a", "once=yes"))) for spider in SPIDERS]:
            assert process.wait(PATIENCE_S) == 0, self.log()

    def later(self, hours: float) -> None:
        """Let the time of spiders that are started from now on be later than the twin's."""
        pace = self.site.pace
        self.setup.environment[clock.VARIABLE] = str(replace(pace, started=pace.started - hours * 3600 / pace.factor))

    def end(self) -> None:
        """Let nothing live on."""
        for process in self._started:
            kill(process)
        self.site.stop()

    def pages(self, topic: str = "pages") -> list[tuple[str, Page]]:
        """Key and page of each record, in the order of their partitions."""
        found = [(record.key.decode(), decode(record).data) for record in self.setup.records(topic)]
        return [(key, page) for key, page in found if isinstance(page, Page)]

    def revisions(self) -> dict[str, list[dict[str, Any]]]:
        """Article id → its revisions in their order."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in self.setup.records("revisions"):
            revision = load_json(record.value)
            found[revision["article_id"]].append(revision)
        return found

    def logged(self, name: str) -> list[dict[str, Any]]:
        """What a spider or the workers told so far; the last line may be only half there yet."""
        lines = (self._folder / f"{name}.log").read_text(errors="replace").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]

    def log(self, lines: int = 40) -> str:
        """The ends of all logs, for a person who wants to know why."""
        found = (path.read_text(errors="replace").splitlines()[-lines:] for path in sorted(self._folder.glob("*.log")))
        return "\n\n".join("\n".join(each) for each in found)

    def _start(self, log: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / log).open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid()), *command],
                cwd=ROOT, env=self.setup.environment, stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip
        self._started.append(process)
        return process


@contextmanager
def crawl(folder: Path, servers: str, prefix: str, world: WorldSettings, **options: Any) -> Iterator[Crawl]:
    """A crawl with its topics, of which nothing lives on."""
    made = Crawl(folder, servers, prefix, world, **options)
    try:
        made.setup.create_topics()
        yield made
    finally:
        made.end()


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of a process and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Return when something has come; fail when it never comes."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.1)
