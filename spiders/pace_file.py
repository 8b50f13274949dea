"""What outlives a process of a publisher's pace: one small record, locked while a request of it runs."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

RECORD_BYTES = 256
"""Written as a whole, in place: a kill tears no single write, and a lock does not outlive a rename."""

Seconds = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]


@dataclass(frozen=True)
class PaceRecord:
    """How things stand between us and a publisher. Times are POSIX timestamps, seconds."""

    ended_at: Seconds | None = 0.0
    """When the last request ended; null while one runs, and after a process that was killed in one."""
    delay_s: Seconds = 0.0
    """The pause that is due after it."""
    held_until: Seconds = 0.0
    """Nothing is asked before."""
    refusals: Annotated[int, Field(ge=0)] = 0
    """How many answers in a row refused us."""


NEVER_ASKED = PaceRecord()
JUST_ENDED = PaceRecord(ended_at=None)

_RECORD = TypeAdapter(PaceRecord)


class PaceFile:
    """The record of a publisher. Raises OSError where the file cannot be had."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def lock(self) -> bool:
        """Take the publisher for this process; False where another one has it. A lock ends with its process."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self) -> None:
        """Let another process have its turn."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def read(self) -> PaceRecord:
        """The record; `NEVER_ASKED` of a new file, `JUST_ENDED` of one that holds anything else."""
        text = os.pread(self._descriptor, RECORD_BYTES, 0)
        if not text:
            return NEVER_ASKED
        try:
            return _RECORD.validate_json(text)
        except ValidationError:
            return JUST_ENDED

    def write(self, record: PaceRecord) -> None:
        """Keep it; it survives the end of this process at any moment."""
        os.pwrite(self._descriptor, _RECORD.dump_json(record).ljust(RECORD_BYTES), 0)

    def close(self) -> None:
        """Let go of the file, and of the lock."""
        os.close(self._descriptor)
