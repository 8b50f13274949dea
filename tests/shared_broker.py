"""The broker that all processes of a test run share: one of them starts it, the others find its address in a file."""

import time
from pathlib import Path

from broker import READY_TIMEOUT_S, Broker
from kafka_jars import KafkaUnavailable

PATIENCE_S = 2 * READY_TIMEOUT_S
"""For the process that starts it: formatting and starting have a time-out each."""


class SharedBroker:
    """Never stopped or killed by a test: one of faults starts a `broker.Broker` of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._broker: Broker | None = None

    @property
    def bootstrap_servers(self) -> str:
        """`127.0.0.1:<port>`, as soon as it takes requests. Raises KafkaUnavailable where it could not be started."""
        deadline = time.monotonic() + PATIENCE_S
        while not (told := self._told()):
            if time.monotonic() > deadline:
                raise KafkaUnavailable(f"no broker was started in {PATIENCE_S:g} s")
            time.sleep(0.05)
        if self._refused.exists():
            raise KafkaUnavailable(told)
        return told

    def start(self) -> None:
        """In the process that ends last. That it cannot be started is told to whoever asks for its address."""
        broker = Broker(self._folder / "kafka")
        try:
            broker.start()
        except KafkaUnavailable as error:
            _write(self._refused, str(error))
        else:
            self._broker = broker
            _write(self._address, broker.bootstrap_servers)

    def end(self) -> None:
        """At once: nobody asks for its data any more."""
        if self._broker:
            self._broker.kill()

    @property
    def _address(self) -> Path:
        return self._folder / "kafka.address"

    @property
    def _refused(self) -> Path:
        return self._folder / "kafka.refused"

    def _told(self) -> str | None:
        return next((path.read_text() for path in (self._refused, self._address) if path.exists()), None)


def _write(path: Path, text: str) -> None:
    """Whole, or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text)
    unfinished.rename(path)
