"""What ends a worker process, from outside of any Kafka."""

import subprocess
import sys

import pytest
from kafka.errors import FencedInstanceIdError, InvalidProducerEpochError, KafkaError, ProducerFencedError

from dongtin.stream.kafka.watchdog import ExitCode
from dongtin.stream.kafka.worker import is_displaced

PROGRAM = "import sys, time; from dongtin.stream.kafka.watchdog import Watchdog\n"
PROGRAM += "Watchdog(limit_s=60, grace_s=60, parent=int(sys.argv[1])); time.sleep(30)"


def test_a_worker_whose_supervisor_died_before_it_could_look_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as supervisor:
        supervisor.wait()
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(supervisor.pid)], capture_output=True, timeout=60)
    assert done.returncode == ExitCode.ORPHANED, done.stderr


@pytest.mark.parametrize(
    ("error", "displaced"),
    [
        (FencedInstanceIdError(), True),
        (ProducerFencedError(), True),
        (KafkaError("a request before has failed", ProducerFencedError()), True),
        (InvalidProducerEpochError(), False),
        (KafkaError("a request before has failed", InvalidProducerEpochError()), False),
        (MemoryError(), False),
    ],
)
def test_only_a_fence_tells_of_another_process_with_the_name(error: BaseException, displaced: bool) -> None:
    assert is_displaced(error) == displaced
