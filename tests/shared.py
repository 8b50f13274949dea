"""What all processes of a test run share: a broker, and the scenarios that are played beside the tests.

Each process finds it in one folder. The process that ends last starts it, as soon as one has said what its tests need.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from played import Played
from shared_broker import SharedBroker


@dataclass(frozen=True)
class Needs:
    """What the tests of a run need."""

    kafka: bool
    scenarios: Mapping[str, Sequence[str]]
    """Package → scenarios."""


class Shared:
    """In the folder of the run where that has one already."""

    def __init__(self, folder: str | None) -> None:
        self._owns = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="dongtin-tests-"))
        self.broker = SharedBroker(self.folder)
        self.played = Played(self.folder)
        self._begun = False

    def say(self, process: str, needs: Needs) -> None:
        """For `begin_as_said`, in another process."""
        self._needs(process).write_text(json.dumps(asdict(needs)))

    def begin_as_said(self, process: str) -> None:
        """Start what a process said that it needs; all say the same, and the first is heard."""
        self.begin(Needs(**json.loads(self._needs(process).read_text())))

    def begin(self, needs: Needs) -> None:
        """Start it, once."""
        if self._begun:
            return
        self._begun = True
        if needs.kafka:
            self.broker.start()
        if needs.scenarios:
            self.played.start(needs.scenarios, self.broker)

    def end(self) -> None:
        """Let nothing of it live on."""
        if self._owns:
            self.played.end()
            self.broker.end()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _needs(self, process: str) -> Path:
        return self.folder / f"{process}.needs"
