"""A twin that runs: its server is a process of its own, that can be killed and started again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.site import certificates, clock, resolver
from tests.site import faults as faults_of_the_twin
from tests.site.clock import Pace
from tests.site.faults import Fault
from tests.site.server import ERRORS, Config
from tests.site.settings import WorldSettings
from tests.site.world import World

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 60


@dataclass(frozen=True)
class Request:
    """A line of the server's log."""

    arrived: float
    """Real time, in seconds since 1970, when its first byte was read, before anything else was done."""
    ended: float
    """Just before the last of the answer was sent; where it is not whole, when the connection was lost."""
    at: str
    """The twin's time then."""
    host: str
    method: str
    path: str
    """With the query."""
    status: int
    bytes: int
    conditional: bool
    agent: str
    secure: bool
    fault: str | None
    whole: bool
    """False where the answer was not sent to its end."""


class RunningSite:
    """The twin, started when it is made (`with RunningSite(folder, settings) as site:`); its time begins then.

    Its server ends with the process that started it, however that ends.

    `folder` gets the certificates, the log and the rules of faults; nothing else may use it.
    """

    def __init__(
        self, folder: Path, settings: WorldSettings, *, factor: float = 1.0, faults: Iterable[Fault] = ()
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.settings = settings
        self.world = World(settings)
        """The same that the server shows."""
        certificates.make(folder)
        self.set_faults(faults)
        self.pace = Pace(settings.origin, 0.0, factor)
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def authority(self) -> Path:
        """The certificate that vouches for the twin."""
        return self._folder / "authority.pem"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs beside `SCRAPY_SETTINGS` to take the twin for the web. No proxy may be set with it."""
        return {
            resolver.VARIABLE: self.address,
            clock.VARIABLE: str(self.pace),
            "SSL_CERT_FILE": str(self.authority),
            "PYTHONPATH": str(ROOT),
        }

    def start(self) -> None:
        """Start the server; again after `stop` or a kill, on the same port and with the time going on."""
        config = Config(self.settings.to_json(), str(self.pace), str(self._folder), self._port)
        file = self._folder / "config.json"
        file.write_text(json.dumps(asdict(config)))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.site.server", str(file)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is for the process that started it
        )  # fmt: skip
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the twin did not start: exit code {self._process.wait(STARTS_WITHIN_S)}")
        said = json.loads(line)
        self._port, self.pace = said["port"], replace(self.pace, started=said["started"])

    def stop(self) -> None:
        """End the server, as a kill would; nothing it has logged is lost.

        Raises RuntimeError where the twin itself went wrong on a request.
        """
        if self._process:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
            self._process = None
        errors = self._folder / ERRORS
        if errors.exists():
            raise RuntimeError(f"the twin failed:\n{errors.read_text(encoding='utf-8')[:4000]}")

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Let other rules of faults hold from the next request on."""
        waiting = self._folder / "faults.json.new"
        waiting.write_text(faults_of_the_twin.to_json(faults))
        waiting.replace(self._folder / "faults.json")

    def requests(self) -> list[Request]:
        """All requests so far that have ended, in the order of their ends."""
        log = self._folder / "requests.jsonl"
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        # The last line may be only half there yet.
        return [Request(**_line(line)) for line in text.splitlines(keepends=True) if line.endswith("\n")]


SCRAPY_SETTINGS = (
    "TWISTED_DNS_RESOLVER=tests.site.resolver.TwinResolver",
    "CLOCK=tests.site.clock.TwinClock",
)
"""For `scrapy crawl -s …`: names lead to the twin, and time is its own."""


def _line(line: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(line)
    return said
