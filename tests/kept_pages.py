"""What spiders in child processes use in the place of Kafka: pages go to a file, and no worker answers."""

import os
from collections.abc import Mapping
from pathlib import Path

from dongtin.record import Message, Record
from dongtin.settings import Settings
from dongtin.stream.base import Acknowledgement
from spiders.following import States


class NoStates:
    """A `Follower` of a topic in which there is nothing."""

    def __init__(self, positions: Mapping[int, int]) -> None:
        pass

    def poll(self, timeout_s: float) -> list[Message]:
        return []

    def is_caught_up(self) -> bool:
        return True

    def close(self) -> None:
        pass


def no_states(settings: Settings) -> States:
    return States(lambda: "none", NoStates)


class KeepingSink:
    """Writes the key of each page as a line of the file `KEPT`."""

    def __init__(self, settings: Settings, in_flight: int) -> None:
        self._file = Path(os.environ["KEPT"])

    def send(self, record: Record, done: Acknowledgement) -> None:
        with self._file.open("a") as file:
            file.write((record.key or b"").decode() + "\n")
        done(None)

    def close(self, timeout_s: float) -> None:
        pass
