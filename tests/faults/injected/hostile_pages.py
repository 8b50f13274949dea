"""Pages that end or hold up the process that reads them; all others are read as always."""

import hostile_reading

import processors.look
from processors.arrival import Arrival
from processors.changes import Shows


def install() -> None:
    """Let `processors.look` meet its match."""
    original = processors.look.look
    deeds = hostile_reading.FATAL | {b"endless": hostile_reading.endless}

    def look(arrival: Arrival) -> Shows:
        if deed := deeds.get(arrival.page.body):
            deed()
        return original(arrival)

    processors.look.look = look
