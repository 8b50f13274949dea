"""What a metadata record of an archive says of the page that it belongs to: the only spelling of its names.

An archive writes it, and the opener of WARC files reads it: a body and what is said of it here are the page as it was
on its topic, whatever HTTP's own form could not carry (no address, no time, a line break in a header).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from dongtin.codec import canonical, load_json, parse
from dongtin.documents.order import Order, facts_digest
from dongtin.documents.times import sortable, utc
from dongtin.errors import DecodeError, DocumentUnreadable
from dongtin.events import Lane, Page
from dongtin.topics import RECORD_BYTES

MEDIA_TYPE = "application/json"
ACCOUNT_BYTES = 6 * RECORD_BYTES
"""The most that one may have: of a record's headers JSON makes six bytes for one at its worst."""
PAGE_NAMES = tuple(each.name for each in fields(Page) if each.name != "body")
"""All of a page but its body, under its own names."""
ARRIVED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


@dataclass(frozen=True)
class Standing:
    """Where a record stood on Kafka."""

    topic: str
    """The full name, with its prefix."""
    partition: int
    offset: int
    date_arrived: str
    """RFC 3339, UTC, milliseconds: when Kafka took it, and not before the record that stands before it."""


@dataclass(frozen=True)
class Account:
    """A page of an archive, but for its body."""

    standing: Standing
    key: str
    """Of its record, as it was."""
    page: Page
    """Its body is empty."""

    def restored(self, body: bytes) -> tuple[str, Page]:
        """Key and page, in the lane of saved documents."""
        return self.key, replace(self.page, body=body, lane=Lane.BACKFILL)

    def order(self, digest: str) -> Order:
        """Sorts as Kafka took the records; those of a partition as they stand in it. `digest`: sha256 of the body."""
        at = self.standing
        place = f"{at.topic}-{at.partition:010}-{at.offset:020}"
        return sortable(at.date_arrived), place, digest, self.key, facts_digest(self.page)


def account_json(standing: Standing, page: Page, key: str, sha256: str) -> bytes:
    """What is said of a page; `sha256` is that of its body, hex."""
    of_page = {name: getattr(page, name) for name in PAGE_NAMES}
    return canonical(of_page | vars(standing) | {"key": key, "sha256": sha256})


def account_of(said: Mapping[str, Any]) -> Account | None:
    """The account that the JSON of a metadata record is; None for one that says less, or is another's."""
    if not (set(PAGE_NAMES) | {"key"}) <= said.keys() or not isinstance(said["key"], str):
        return None
    try:
        page = parse(Page, canonical({name: said[name] for name in PAGE_NAMES} | {"body": ""}))
    except (DecodeError, TypeError):
        return None
    standing = standing_of(said)
    return Account(standing, said["key"], page) if standing else None


def standing_of(said: Mapping[str, Any]) -> Standing | None:
    """Where a record stood, as the JSON of its metadata record says; None where it does not."""
    names = [each.name for each in fields(Standing)]
    try:
        standing = parse(Standing, canonical({name: said.get(name) for name in names}))
        utc(standing.date_arrived)
    except (DecodeError, DocumentUnreadable, TypeError):
        return None
    return standing if ARRIVED.fullmatch(standing.date_arrived) and standing.offset >= 0 else None


def said_in(block: bytes) -> dict[str, Any] | None:
    """The JSON object that a metadata record holds; None where it holds none."""
    try:
        said = load_json(block)
    except DecodeError:
        return None
    return said if isinstance(said, dict) else None
