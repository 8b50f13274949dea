"""A page as it arrives: decoded, and in the place where it belongs."""

from dataclasses import dataclass
from hashlib import sha256

from dongtin.codec import decode_parts
from dongtin.errors import DecodeError, WrongKey
from dongtin.events import Observation, Page, PageFacts
from dongtin.publishers import identify, page_key
from dongtin.record import Message
from dongtin.topics import partition
from processors.normalize.dates import is_utc_timestamp

PERMANENT_REDIRECT = (301, 308)


@dataclass(frozen=True)
class Arrival:
    """A page that was taken in: decoded, and in its right place."""

    key: str
    """The article it is about."""
    page: Page
    facts: PageFacts
    observation: Observation


def accept(message: Message) -> Arrival:
    """The page of a message. Raises DecodeError and WrongKey."""
    if message.key is None:
        raise WrongKey("a page has the id of its article for a key")
    page = decode_parts(message.value, message.headers).data
    if not isinstance(page, Page):
        raise DecodeError("not a page")
    if page.date_fetched is not None and not is_utc_timestamp(page.date_fetched):
        raise DecodeError(f"ce_time is not an RFC 3339 time: {page.date_fetched[:40]!r}")
    digest = sha256(page.body).hexdigest()
    fetched = page.requested_url is not None or page.final_url is not None
    key = page_key(page.requested_url, page.final_url, page.status) if fetched else f"text/{digest[:16]}"
    if message.key != key.encode():
        raise WrongKey(f"{message.key[:200]!r} is not {key[:200]!r}")
    if message.partition != partition(message.key, message.partition_count):
        raise WrongKey(f"{key[:200]!r} does not belong to partition {message.partition}")
    served_at = page.requested_url if page.status in PERMANENT_REDIRECT else page.final_url
    mirror = served_at is not None and identify(served_at).is_mirror
    return Arrival(
        key,
        page,
        PageFacts(digest, page.status, page.content_type, len(page.body)),
        Observation(not mirror, page.date_fetched, digest),
    )
