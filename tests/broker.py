"""A real Kafka broker, for tests and for development without Docker: one node on loopback, from Maven's jars.

Run as a program (`deploy/kafka-for-tests/run`) it is a broker in the foreground.
"""

import argparse
import base64
import os
import random
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka_jars import DEPLOY, KafkaUnavailable, classes, jars, java, lock

READY_LINE = "Kafka Server started"
READY_TIMEOUT_S = 90.0
PORT_TAKEN = ("Address already in use", "BindException")
PORT_ATTEMPTS = 5
# Below 32768, where Linux begins to hand out ports for outgoing connections: a broker that is
# restarted on its port must not find a client of another test there.
PORTS = range(15000, 32000)
JVM_OPTIONS = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
# Asks Linux to kill the broker when the thread that started it ends, then becomes the broker. Not preexec_fn, which is
# unsafe in a process with threads.
DIE_WITH_PARENT = """\
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Broker:
    """A broker whose data, ports and log outlive its process: it can be stopped, killed, frozen and started again.

    `directory` holds everything it writes; `port` is free and random unless given; `options` are for Java. As a context
    manager it is started on entering and gone after leaving. The process dies with the thread that called `start` (on
    Linux), so that nothing is left behind when a test run is killed.
    """

    def __init__(self, directory: Path, *, port: int | None = None, options: Sequence[str] = ()) -> None:
        self.directory = directory.absolute()
        self.log = self.directory / "broker.log"
        self._data = self.directory / "data"
        self._fixed_port = port
        self._options = options
        self._ports: tuple[int, int] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """`127.0.0.1:<port>`; the same for the broker's whole life, restarts included."""
        if self._ports is None:
            raise RuntimeError("the broker was never started")
        return f"127.0.0.1:{self._ports[0]}"

    @property
    def pid(self) -> int:
        """The process id of the running broker."""
        return self._running().pid

    def start(self) -> None:
        """Starts the broker and returns when it takes requests. Raises KafkaUnavailable with the end of its log."""
        if self._process is not None and self._process.poll() is None:
            raise RuntimeError("the broker is running")
        runtime, folder = java(), jars()
        self.directory.mkdir(parents=True, exist_ok=True)
        started_before = self._ports is not None
        for attempt in range(PORT_ATTEMPTS):
            if not started_before:
                self._ports = (self._fixed_port or free_port(), free_port())
            if self._start_once(runtime, folder):
                return
            time.sleep(attempt)
        raise KafkaUnavailable(f"the broker's ports were in use in {PORT_ATTEMPTS} attempts: {self._ports}")

    def stop(self, grace_s: float = 30.0) -> None:
        """SIGTERM, and SIGKILL where that has not ended it after `grace_s`. Does nothing where none runs."""
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Kill -9: the process is gone on return, its data are as they were. Does nothing where none runs."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered until `thaw`."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._running().send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Stops the broker where it runs, and starts it on the same data and ports."""
        self.stop()
        self.start()

    def wait(self) -> int:
        """Waits until the broker ends by itself, and gives its exit code."""
        return self._running().wait()

    def log_end(self) -> str:
        """The last 3,000 bytes or so of what the broker said, over all its starts."""
        return self.log.read_bytes()[-3000:].decode(errors="replace")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the broker is not running")
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        process = self._running()
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def _start_once(self, runtime: str, folder: Path) -> bool:
        """False where a port was taken."""
        java_command = [
            runtime,
            *JVM_OPTIONS,
            f"-XX:ErrorFile={self.directory}/java-%p.log",
            f"-Dlog4j2.configurationFile={DEPLOY / 'log4j2.properties'}",
        ]
        java_command += [f"-XX:SharedArchiveFile={kept}"] if (kept := classes()).exists() else []
        java_command += ["-cp", f"{folder}/*"]
        configuration = self._configure()
        if not (self._data / "meta.properties").exists():
            self._format(java_command, configuration)
        java_command += self._options
        start = self.log.stat().st_size if self.log.exists() else 0
        launcher = [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher, *java_command, "kafka.Kafka", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            return self._wait_until_ready(start)
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self, start: int) -> bool:
        """Reads the log from byte `start` on."""
        process = self._running()
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            with self.log.open("rb") as log:
                log.seek(start)
                said = log.read().decode(errors="replace")
            if ended:
                self._process = None
                if any(sign in said for sign in PORT_TAKEN):
                    return False
                raise KafkaUnavailable(
                    f"the broker ended with {process.returncode}; {self.log} ends:\n{self.log_end()}"
                )
            if READY_LINE in said:
                return True
            time.sleep(0.05)
        raise KafkaUnavailable(
            f"the broker was not ready in {READY_TIMEOUT_S:.0f} s; {self.log} ends:\n{self.log_end()}"
        )

    def _configure(self) -> Path:
        if self._ports is None:
            raise RuntimeError("no ports were chosen")
        template = string.Template((DEPLOY / "server.properties").read_text())
        port, controller_port = self._ports
        configuration = self.directory / "server.properties"
        configuration.write_text(template.substitute(port=port, controller_port=controller_port, data=self._data))
        return configuration

    def _format(self, java_command: list[str], configuration: Path) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = [
            *java_command,
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster_id}",
            "-c",
            str(configuration),
        ]
        done = subprocess.run(tool, capture_output=True, text=True, timeout=READY_TIMEOUT_S)
        if done.returncode != 0:
            raise KafkaUnavailable(
                f"the broker's storage could not be formatted:\n{(done.stdout + done.stderr)[-3000:]}"
            )


def keep_classes() -> None:
    """Keep the classes that a broker loads as Java has them in memory, once for these jars and this Java.

    Starting takes half as long with them (class data sharing, JEP 350). A Java that cannot use what is kept loads the
    jars as ever. Raises KafkaUnavailable.
    """
    kept = classes()
    if kept.exists():
        return
    with lock(kept.with_suffix(".lock")), tempfile.TemporaryDirectory(dir=kept.parent) as temporary:
        written = Path(temporary) / "classes"
        for purpose in ("ArchiveClassesAtExit", "SharedArchiveFile"):  # written, and tried
            with Broker(Path(temporary) / purpose, options=[f"-XX:{purpose}={written}"]):
                pass
        if written.exists():
            written.rename(kept)


def free_port() -> int:
    """A loopback port that nothing listened on a moment ago. Another process may take it before the caller does."""
    for port in random.sample(PORTS, 200):
        if is_free(port):
            return port
    raise KafkaUnavailable(f"no free port between {PORTS.start} and {PORTS.stop}")


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the broker does: connections that are over and linger do not keep a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def run(directory: Path, port: int) -> None:
    """A broker in the foreground. Raises KafkaUnavailable where it cannot run or ended by itself."""
    if not is_free(port):
        raise KafkaUnavailable(f"port {port} is in use; choose another with --port")
    with Broker(directory, port=port) as broker:
        print(f"Kafka answers at localhost:{port}; its log is {broker.log}; Ctrl-C ends it", flush=True)
        code = broker.wait()
        raise KafkaUnavailable(f"the broker ended by itself with {code}; its log ends:\n{broker.log_end()}")


def main() -> int:
    """Exit codes: 0 after Ctrl-C or SIGTERM, 1 where the broker cannot run or ended by itself."""
    parser = argparse.ArgumentParser(description="An Apache Kafka broker on loopback, for development without Docker.")
    parser.add_argument("--port", type=int, default=9092, help="default: 9092")
    parser.add_argument("--data", type=Path, help="keep everything in this folder (default: forgotten at the end)")
    parser.add_argument("--fetch-only", action="store_true", help="put into the cache what starting needs, and end")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory: Path = arguments.data or Path(tempfile.mkdtemp(prefix="dongtin-kafka-"))
    try:
        if arguments.fetch_only:
            java(), jars()
            keep_classes()
        else:
            run(directory, arguments.port)
    except KafkaUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        if arguments.data is None:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
