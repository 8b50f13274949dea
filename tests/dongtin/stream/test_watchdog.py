"""What ends a worker process, from outside of any Kafka."""

import subprocess
import sys

from dongtin.stream.kafka.watchdog import ExitCode

PROGRAM = "import sys, time; from dongtin.stream.kafka.watchdog import Watchdog\n"
PROGRAM += "Watchdog(limit_s=60, grace_s=60, parent=int(sys.argv[1])); time.sleep(30)"


def test_a_worker_whose_supervisor_died_before_it_could_look_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as supervisor:
        supervisor.wait()
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(supervisor.pid)], capture_output=True, timeout=60)
    assert done.returncode == ExitCode.ORPHANED, done.stderr
