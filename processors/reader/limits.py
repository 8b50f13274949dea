"""What a reading process may take, and how it binds itself to that and to its parent."""

import ctypes
import faulthandler
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WALL_S = 5.0
"""A page of 150 KB takes milliseconds; what takes a thousand times as long does not end in useful time."""
MEMORY_BYTES = 1 << 30
"""Six times what a reader has with all it needs loaded (160 MB), and four workers fit into 4 GiB at their worst."""
START_S = 20.0
"""Starting takes a second or two, and several times that on a machine where every worker starts at once. A page may
need two starts and two readings: the worker's watchdog waits longer than that."""
PAGES = 20_000
"""Starting anew costs a second or two: so seldom, it is a few hundredths of the time."""
RESIDENT_BYTES = 512 << 20
"""What was freed and not given back, or leaked: half of the memory limit, so that a page always has the other half."""

UNTRUSTED_SHARE = 0.75
"""Of the memory limit. libxml2 and trafilatura pass over a failed allocation and go on with half a page: what is given
back from so near to the limit may be cut, and counts as out of memory."""
FIRST_TO_GO = 1000
"""The highest `oom_score_adj`: when the machine runs out of memory, the reader dies and the worker reads the page
again."""
PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


@dataclass(frozen=True)
class Limits:
    """What a page, and what a reading process may take."""

    wall_s: float = WALL_S
    """Seconds for one reading of a page, the way there and back included; kept by killing the process."""
    memory_bytes: int = MEMORY_BYTES
    """Private writable memory of the process (RLIMIT_DATA), what it has loaded included."""
    start_s: float = START_S
    """Seconds until a new process is ready for its first page."""
    pages: int = PAGES
    """After so many pages a process is replaced."""
    resident_bytes: int = RESIDENT_BYTES
    """A process that holds more between two pages is replaced."""


def bind(parent: int, memory_bytes: int) -> None:
    """Bind this process: it dies with its parent, before any other, and at the memory limit; a terminal's signals and
    a service manager's SIGTERM to the whole group leave it alone, so that its parent can finish the page."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError):  # where /proc is not writable the kernel chooses by size
            Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_GO))
    if os.getppid() != parent:
        os._exit(0)  # it died before the kernel was asked to tell
    # RLIMIT_DATA and not RLIMIT_AS: the latter counts files that are mapped and arenas that are only reserved.
    # No core: writing hundreds of megabytes takes longer than the reading that crashed.
    for limit, value in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(limit)[1]
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (lowest, lowest))
    faulthandler.enable()  # where it was when it crashed, on stderr


class Memory:
    """Resident memory of this process, read in microseconds; zero where there is no /proc."""

    def __init__(self) -> None:
        self._status: int | None = None
        with suppress(OSError):
            self._status = os.open("/proc/self/status", os.O_RDONLY)

    def resident_and_peak(self) -> tuple[int, int]:
        """Bytes now, and the most since this process was started."""
        if self._status is None:
            return 0, 0
        # Not getrusage: its maximum starts with the size of the parent.
        status = os.pread(self._status, 4096, 0)
        return _bytes(status, b"VmRSS:"), _bytes(status, b"VmHWM:")


def _bytes(status: bytes, name: bytes) -> int:
    number = status.partition(name)[2].split(None, 1)[0]
    return int(number) * 1024
