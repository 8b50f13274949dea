"""A response record of a WARC file, and the metadata record that may add to it, or tell the whole page but its body."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from dongtin.documents.answers import (
    MOVED,
    Answer,
    Skipped,
    kept_headers,
    page_of,
    redirect_target,
    require_address,
    require_read,
    without_controls,
)
from dongtin.documents.archived import ACCOUNT_BYTES, MEDIA_TYPE, Account, account_of, said_in
from dongtin.documents.content import content
from dongtin.documents.files import open_file
from dongtin.documents.times import warc_date
from dongtin.documents.warc_bytes import ArchiveBytes, Marks, Place
from dongtin.documents.warc_records import Record, read_head, records
from dongtin.errors import DocumentUnreadable
from dongtin.events import Page
from dongtin.publishers import AddressKind, identify
from dongtin.topics import RECORD_BYTES

STATUS = re.compile(r"HTTP/[0-9](?:\.[0-9])? +([0-9]{3})(?: .*)?", re.IGNORECASE)
NOTE_BYTES = 65_536
"""The most that a metadata record may have which is no account of a page."""
DISCOVERY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Note:
    """What a metadata record of ours adds to a response."""

    requested_url: str | None = None
    discovery: str | None = None

    def added_to(self, answer: Answer) -> Answer:
        """The answer with it."""
        return replace(answer, requested_url=self.requested_url or answer.requested_url, discovery=self.discovery)


@dataclass(frozen=True, slots=True)
class WarcResponse:
    """A response record, at its place in a file."""

    path: Path
    place: Place
    note: Note
    marks: Marks = field(compare=False, repr=False)

    def load(self) -> tuple[str, Page]:
        """See `Source.load`."""
        with open_file(self.path) as file:
            record = _record_at(file, self.place, self.marks, "response")
            return page_of(self.note.added_to(read_answer(record)))


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A page of an archive of ours: the record of its body, and the metadata record that says the rest."""

    path: Path
    place: Place
    account_place: Place
    marks: Marks = field(compare=False, repr=False)

    def load(self) -> tuple[str, Page]:
        """See `Source.load`."""
        return self.account().restored(self.body())

    def account(self) -> Account:
        """All but the body. Raises DocumentUnreadable."""
        with open_file(self.path) as file:
            noted = read_note(_record_at(file, self.account_place, self.marks, "metadata"))
        if noted is None or not isinstance(noted[1], Account):
            raise DocumentUnreadable("there is no metadata record of ours at its place any more")
        return noted[1]

    def body(self) -> bytes:
        """As it was on its topic. Raises DocumentUnreadable."""
        with open_file(self.path) as file:
            record = _record_at(file, self.place, self.marks, "response", "resource")
            if record.type == "response":
                read_head(record.block)
            body = record.block.read(RECORD_BYTES + 1)
        if len(body) > RECORD_BYTES:
            raise DocumentUnreadable(f"too large: at most {RECORD_BYTES:,} bytes are read")
        return body


def read_answer(record: Record) -> Answer:
    """What the server answered; the body is read where it counts. Raises DocumentUnreadable, Broken and Skipped."""
    url = without_controls(record.head.get("warc-target-uri") or "").removeprefix("<").removesuffix(">")
    url = url.replace(" ", "%20")
    if not url.lower().startswith(("http:", "https:")):
        raise Skipped("response that is not HTTP")
    require_address(url)
    head = read_head(record.block)
    found = STATUS.fullmatch(head.first)
    if not found:
        raise DocumentUnreadable(f"no HTTP answer: {head.first[:60]!r}")
    status = int(found[1])
    require_read(status)
    headers = kept_headers(head.fields)
    target = redirect_target(url, headers.pop("location", None)) if status in MOVED else url
    date_fetched = warc_date(record.head.get("warc-date"))
    if status == 200 and record.head.get("warc-truncated"):
        raise Skipped("truncated response")
    if record.head.get("warc-segment-number"):
        raise Skipped("response in segments")
    body = content(head, record.block) if status == 200 else b""
    return Answer(url, target, status, date_fetched, headers, body=body)


def read_note(record: Record) -> tuple[str, Note | Account] | None:
    """The id of the record that a metadata record adds to, and what; None where it is not one of ours.

    Raises Broken.
    """
    about = record.head.get("warc-refers-to") or record.head.get("warc-concurrent-to")
    media_type = (record.head.get("content-type") or "").partition(";")[0].strip().lower()
    if about is None or media_type != MEDIA_TYPE:
        return None
    block = record.block.read(ACCOUNT_BYTES)
    said = said_in(block)
    if said is None:
        return None
    account = account_of(said)
    if account is not None:
        return about, account
    url, discovery = (_text(said.get(name)) for name in ("requested_url", "discovery"))
    if len(block) > NOTE_BYTES or (url and identify(url).kind == AddressKind.INVALID):
        url = None
    if discovery and len(discovery) > DISCOVERY_CHARACTERS:
        discovery = None
    return (about, Note(url, discovery)) if url or discovery else None


def _record_at(file: BinaryIO, place: Place, marks: Marks, *types: str) -> Record:
    record = next(records(ArchiveBytes(file, place, marks)), None)
    if record is None or record.type not in types:
        raise DocumentUnreadable(f"there is no {types[0]} at its place any more")
    return record


def _text(value: object) -> str | None:
    return without_controls(value) or None if isinstance(value, str) else None
