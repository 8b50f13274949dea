"""What goes through the pipes: a page as pickle to the child, which trusts its parent; an answer as JSON back.

The parent trusts no answer: it takes contract values, checked field by field, and errors of a closed list of classes.
Nothing that the child says is unpickled, imported or called. For an article of 20 KB that is quicker than pickle too
(61 µs both ways against 88).
"""

import builtins
import pickle
import struct
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType

import dongtin.errors
from dongtin.codec import canonical, parse
from dongtin.errors import DecodeError, Quarantine, RecordTooLarge
from dongtin.events import Article
from processors.arrival import Arrival
from processors.changes import Absent, Moved, Shows

ANSWER = struct.Struct(">c?II")
"""Kind of answer, whether the child ends after it, the number of its page (READY has 0), size of the JSON that follows.

The number shows that an answer is of the page that it is taken for: several may be on their way."""
ANSWER_BYTES = 64_000_000
"""The article of the largest page is smaller: 4,000,000 bytes of text, twice, each byte at most six in JSON."""
ARGUMENT_CHARACTERS = 8_000_000
"""Of an error in all: an error of decoding has the whole page among them."""
TEXT_CHARACTERS = 1_000
TRACE_CHARACTERS = 4_000


class Kind(Enum):
    """What an answer is."""

    READY = b"r"
    ARTICLE = b"a"
    ABSENT = b"n"
    MOVED = b"m"
    ERROR = b"e"


@dataclass(frozen=True)
class Answer:
    """What a child says."""

    kind: Kind
    data: bytes = b""
    """JSON; empty for READY."""


@dataclass(frozen=True)
class Octets:
    """Bytes among an error's arguments."""

    latin_1: str


@dataclass(frozen=True)
class Failure:
    """An error that reading raised."""

    error: str
    """A key of ERRORS."""
    arguments: tuple[bool | int | float | str | Octets | None, ...]
    trace: str
    """Where it was raised, innermost last, a frame a line."""


def _error_classes() -> dict[str, type[Exception]]:
    found = [*vars(builtins).values(), *vars(dongtin.errors).values()]
    classes = [value for value in found if isinstance(value, type) and issubclass(value, Exception)]
    ours = [each for each in classes if each.__module__ == "builtins" or issubclass(each, Quarantine)]
    return {f"{each.__module__}.{each.__qualname__}": each for each in ours}


ERRORS = _error_classes()
"""The errors that come back as themselves: Python's own, and those that quarantine."""


class Parts(list[bytes]):
    """What a pickler writes to: a body of 64 KB or more stays the object that it is, uncopied."""

    def write(self, part: bytes) -> None:
        """See `pickle.Pickler`."""
        self.append(part)


def request(arrival: Arrival) -> Sequence[bytes]:
    """A page as pickle, in parts to be written one after the other. A pickle knows its own end."""
    parts = Parts()
    pickle.Pickler(parts, protocol=5).dump(arrival)
    return parts


def answer(shows: Shows) -> Answer:
    """What a page shows, as an answer. Raises TypeError for anything else, RecordTooLarge above ANSWER_BYTES."""
    match shows:
        case Article():
            kind = Kind.ARTICLE
        case Absent():
            kind = Kind.ABSENT
        case Moved():
            kind = Kind.MOVED
        case _:
            raise TypeError(f"reading gave {type(shows).__name__}")
    data = canonical(shows)
    if len(data) > ANSWER_BYTES:
        raise RecordTooLarge(f"{len(data):,} bytes from the reader")
    return Answer(kind, data)


def failure(error: Exception) -> Answer:
    """An error as an answer: as itself where its class and arguments can be carried, else as ReadingFailed."""
    text, trace = _text(error), _trace(error.__traceback__)
    itself = _itself(error, trace)
    if itself is not None:
        with suppress(DecodeError):
            carried = decode(itself)
            if type(carried) is type(error) and str(carried) == text:
                return itself
    told = f"{_name(error)}: {text}"[:TEXT_CHARACTERS].encode(errors="replace").decode()
    return Answer(Kind.ERROR, canonical(Failure("dongtin.errors.ReadingFailed", (told,), trace)))


def _itself(error: Exception, trace: str) -> Answer | None:
    """None where an argument is something else than JSON has a form for, or too large."""
    if sum(len(each) for each in error.args if isinstance(each, str | bytes)) > ARGUMENT_CHARACTERS:
        return None
    arguments = tuple(Octets(each.decode("latin-1")) if isinstance(each, bytes) else each for each in error.args)
    try:
        return Answer(Kind.ERROR, canonical(Failure(_name(error), arguments, trace)))
    except TypeError:
        return None


def decode(answer: Answer) -> Shows | Exception:
    """What an answer says; an error carries where it was raised as a note. Raises DecodeError."""
    match answer.kind:
        case Kind.ARTICLE:
            return parse(Article, answer.data)
        case Kind.ABSENT:
            return parse(Absent, answer.data)
        case Kind.MOVED:
            return parse(Moved, answer.data)
        case Kind.ERROR:
            return _error(parse(Failure, answer.data))
        case Kind.READY:
            raise DecodeError("ready instead of an answer")


def _error(failure: Failure) -> Exception:
    if failure.error not in ERRORS:
        raise DecodeError(f"no error of ours: {failure.error[:80]!r}")
    arguments = (each.latin_1.encode("latin-1") if isinstance(each, Octets) else each for each in failure.arguments)
    try:
        error = ERRORS[failure.error](*arguments)
    except Exception as wrong:
        raise DecodeError(f"not the arguments of {failure.error}") from wrong
    error.add_note(failure.trace)
    return error


def _name(error: Exception) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _text(error: Exception) -> str:
    try:
        return str(error)
    except Exception as worse:  # noqa: BLE001  # a stranger's class; what its text raises is its text
        return f"without a text: {type(worse).__name__}"


def _trace(trace: TracebackType | None) -> str:
    """Innermost last, without the folders of this machine, and without the reader's own frame."""
    frames = traceback.extract_tb(trace)[1:]
    lines = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join(lines)[-TRACE_CHARACTERS:]
