"""Reading in this process, for the judge: each page once in a session, however many runs have it."""

from functools import lru_cache

from processors.arrival import Arrival
from processors.changes import Shows
from processors.look import look as read_page


@lru_cache(5000)
def look(arrival: Arrival) -> Shows:
    """What `processors.look` says of a page."""
    return read_page(arrival)
