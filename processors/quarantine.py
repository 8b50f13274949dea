"""A message that we failed on, kept whole with the error, under the header names of Kafka Connect."""

import traceback
from collections.abc import Sequence

from dongtin.errors import RecordTooLarge
from dongtin.events import Fate
from dongtin.record import Message, Record
from dongtin.stream.base import Outcome
from dongtin.topics import QUARANTINE

TRACE_BYTES = 4_000


def quarantined(message: Message, error: Exception, stage: str) -> tuple[Record, Outcome]:
    """The quarantine record of a message (key, value and headers as they came), and its fate."""
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
    came = tuple((name, value) for name, value in message.headers if value is not None)
    record = Record(QUARANTINE, message.key, message.value, came + headers, message.key or b"")
    key = (message.key or b"").decode(errors="replace")
    return record, Outcome(key, Fate.QUARANTINED, f"{type(error).__name__}: {error}"[:300])


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
