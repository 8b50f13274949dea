"""The reading process: a page comes in, what it shows goes out, one after the other, until the parent is gone."""

import gc
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO

from dongtin.codec import parse
from processors.changes import Shows
from processors.reader import wire
from processors.reader.child import OUT_OF_MEMORY, Assignment
from processors.reader.limits import UNTRUSTED_SHARE, Memory, bind


def main() -> None:
    """Serve; the only argument is an Assignment as JSON."""
    assignment = parse(Assignment, sys.argv[1].encode())
    for descriptor in (assignment.requests, assignment.answers):
        os.set_inheritable(descriptor, False)
    bind(assignment.parent, assignment.memory_bytes)
    function = resolve(assignment.function)
    if assignment.warm is not None:
        resolve(assignment.warm)()
    gc.collect()
    gc.freeze()  # what is loaded stays: no collection has to look at it again
    with os.fdopen(assignment.requests, "rb") as requests, os.fdopen(assignment.answers, "wb") as answers:
        memory = Memory()
        give_up_near(assignment.memory_bytes, memory)
        send(answers, wire.Answer(wire.Kind.READY), 0, last=False)
        serve(function, requests, answers, assignment, memory)


def serve(
    function: Callable[[Any], Shows],
    requests: BinaryIO,
    answers: BinaryIO,
    assignment: Assignment,
    memory: Memory,
) -> None:
    """Answer pages until there are no more, or this process is to be replaced."""
    for number in range(1, assignment.pages + 1):
        try:
            arrival = pickle.load(requests)  # noqa: S301  # from the parent, who wrote it itself
        except EOFError:
            return
        answer = read(function, arrival)
        resident = give_up_near(assignment.memory_bytes, memory)
        send(answers, answer, number, last=number == assignment.pages or resident > assignment.resident_bytes)


def give_up_near(limit: int, memory: Memory) -> int:
    """End this process where it has been too near to its limit, else the bytes that it holds."""
    resident, peak = memory.resident_and_peak()
    if peak > limit * UNTRUSTED_SHARE:
        os._exit(OUT_OF_MEMORY)
    return resident


def read(function: Callable[[Any], Shows], arrival: object) -> wire.Answer:
    """What a page shows, or the error that reading it raised."""
    try:
        return wire.answer(function(arrival))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001  # it is the parent's to raise
        return wire.failure(error)


def send(answers: BinaryIO, answer: wire.Answer, number: int, *, last: bool) -> None:
    """Write a frame, at once: the parent wakes once."""
    answers.write(wire.ANSWER.pack(answer.kind.value, last, number, len(answer.data)) + answer.data)
    answers.flush()


def resolve(name: str) -> Callable[..., Any]:
    """The function of `module:function`."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the parent is gone
        main()
    os._exit(0)  # at once: nothing is left to be written, and no thread of a library holds it up
