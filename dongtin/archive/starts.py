"""Where an archive began to read each partition, or went on after a loss: `starts.json` in its folder.

Pages tell their own position; of a partition that had none yet, this is what tells that some were deleted unread.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from dongtin.archive.records import Log
from dongtin.codec import canonical, load_json
from dongtin.errors import ConfigurationError, DecodeError

NAME = "starts.json"


class Starts:
    """Offset by partition. Raises OSError, and ConfigurationError where the file is not one of ours."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        try:
            said = load_json(self._path.read_bytes())
            self._offsets = {str(name): int(offset) for name, offset in said.items()}
        except FileNotFoundError:
            self._offsets = {}
        except (DecodeError, AttributeError, TypeError, ValueError) as error:
            raise ConfigurationError(f"{self._path}: not as it was written") from error

    def of(self, log: Log) -> int | None:
        """Where a partition was begun; None where it was not."""
        return self._offsets.get(_name(log))

    def keep(self, offsets: Mapping[Log, int]) -> None:
        """On the disk when this returns."""
        if not offsets:
            return
        self._offsets |= {_name(log): offset for log, offset in offsets.items()}
        temporary = self._path.with_name(NAME + ".tmp")
        with temporary.open("wb") as file:
            file.write(canonical(self._offsets) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


def _name(log: Log) -> str:
    return f"{log.topic}-{log.partition}/{log.topic_id}"
