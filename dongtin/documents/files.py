"""Reading files of strangers: only regular ones, never more than asked for, never waiting, errors in plain words."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from dongtin.errors import DocumentUnreadable

FILE_BYTES = 16_000_000
"""What is opened of a file: more than the pages topic takes, so that the pipeline says what becomes of such a page."""


def open_file(path: Path) -> BinaryIO:
    """A regular file, opened. FIFOs, devices and sockets are refused, and not waited for. Raises DocumentUnreadable."""
    try:
        _refuse_special(path.stat())
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except (OSError, ValueError) as error:
        raise DocumentUnreadable(plain(error, path)) from error
    try:
        _refuse_special(os.fstat(file.fileno()))
    except DocumentUnreadable:
        file.close()
        raise
    return file


def read_file(path: Path, limit: int = FILE_BYTES) -> bytes:
    """The bytes of a regular file; one that is larger than the limit is not read. Raises DocumentUnreadable."""
    with open_file(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            body: bytes | None = file.read(limit + 1) if size <= limit else b""
        except OSError as error:
            raise DocumentUnreadable(plain(error, path)) from error
    if body is None:  # What a file of the kernel gives instead of waiting.
        raise DocumentUnreadable("not a regular file")
    if max(size, len(body)) > limit:
        raise DocumentUnreadable(f"too large: {max(size, len(body)):,} bytes, and at most {limit:,} are read")
    return body


def plain(error: OSError | ValueError, path: Path) -> str:
    """Why a file cannot be opened, in a line."""
    if not isinstance(error, OSError):
        return "not a path of a file"
    if error.errno == errno.ENOENT and path.is_symlink():
        return "a link to what is not there"
    return error.strerror or type(error).__name__


def shown(path: Path) -> str:
    """A path on one line, whatever its name is made of."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(path))


def _refuse_special(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DocumentUnreadable("not a regular file")
