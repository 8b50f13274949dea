"""A message that we failed on, kept whole with the error, under the header names of Kafka Connect."""

import hashlib
import traceback
from collections.abc import Sequence
from dataclasses import replace

from dongtin.errors import RecordTooLarge
from dongtin.events import Fate
from dongtin.record import Headers, Message, Record
from dongtin.stream.base import Outcome
from dongtin.topics import QUARANTINE

TRACE_BYTES = 4_000
KEY_BYTES = 4_000
"""Of a key that is too large to be kept whole."""


def quarantined(message: Message, error: Exception, stage: str) -> tuple[Record, Outcome]:
    """The quarantine record of a message (key, value and headers as they came), and its fate.

    A message that the quarantine topic does not take whole is cut to what it takes: the original stands in its own
    topic under the offset that the headers tell; its size and digest are in headers here.
    """
    explanation = {
        "topic": message.topic.name,
        "partition": message.partition,
        "offset": message.offset,
        "connector.name": stage,
        "stage": type(error).__name__,
        "exception.class.name": f"{type(error).__module__}.{type(error).__qualname__}",
        "exception.message": str(error)[:1000],
        "exception.stacktrace": _trace(error),
    }
    headers = tuple((f"__connect.errors.{name}", _bytes(value)) for name, value in explanation.items())
    if message.timestamp_ms is not None:
        headers += (("dongtin.original.timestamp", _bytes(message.timestamp_ms)),)
    record = Record(QUARANTINE, message.key, message.value, message.headers + headers, message.key or b"")
    if record.size > QUARANTINE.max_bytes:
        record = _cut(message, headers)
    key = (message.key or b"")[:KEY_BYTES].decode(errors="replace")
    return record, Outcome(key, Fate.QUARANTINED, f"{type(error).__name__}: {error}"[:300])


def _cut(message: Message, headers: Headers) -> Record:
    value = message.value or b""
    headers = (
        *headers,
        ("dongtin.original.bytes", _bytes(len(value))),
        ("dongtin.original.sha256", _bytes(hashlib.sha256(value).hexdigest())),
    )
    bare = Record(QUARANTINE, message.key, b"", message.headers + headers, message.key or b"")
    if bare.size > QUARANTINE.max_bytes // 2:  # it is not the value that is large
        key = None if message.key is None else message.key[:KEY_BYTES]
        bare = Record(QUARANTINE, key, b"", headers, key or b"")
    return replace(bare, value=value[: QUARANTINE.max_bytes - bare.size])


def measure(records: Sequence[Record]) -> None:
    """Raise RecordTooLarge where a topic would refuse a record: a refused record would end the whole transaction."""
    for record in records:
        if record.size > record.topic.max_bytes:
            raise RecordTooLarge(f"{record.size:,} bytes for {record.topic.name}")


def _trace(error: Exception) -> str:
    """Where it happened, innermost last, without the folders of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    lines += getattr(error, "__notes__", ())  # where it was raised in the reading process
    return "\n".join(lines)[-TRACE_BYTES:]


def _bytes(value: object) -> bytes:
    return str(value).encode(errors="replace")
