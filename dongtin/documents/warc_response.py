"""A response record of a WARC file, and the metadata record that may add to it."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from dongtin.codec import load_json
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
from dongtin.documents.content import content
from dongtin.documents.files import open_file
from dongtin.documents.times import warc_date
from dongtin.documents.warc_bytes import ArchiveBytes, Marks, Place
from dongtin.documents.warc_records import Record, read_head, records
from dongtin.errors import DecodeError, DocumentUnreadable
from dongtin.events import Page
from dongtin.publishers import AddressKind, identify

STATUS = re.compile(r"HTTP/[0-9](?:\.[0-9])? +([0-9]{3})(?: .*)?", re.IGNORECASE)
NOTE_BYTES = 65_536
"""The most that a metadata record of ours may have."""
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
            record = next(records(ArchiveBytes(file, self.place, self.marks)), None)
            if record is None or record.type != "response":
                raise DocumentUnreadable("there is no response at its place any more")
            return page_of(self.note.added_to(read_answer(record)))


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


def read_note(record: Record) -> tuple[str, Note] | None:
    """The id of the response that a metadata record adds to, and what; None where the record is not one of ours.

    Raises Broken.
    """
    about = record.head.get("warc-refers-to") or record.head.get("warc-concurrent-to")
    media_type = (record.head.get("content-type") or "").partition(";")[0].strip().lower()
    if about is None or media_type != "application/json":
        return None
    try:
        said = load_json(record.block.read(NOTE_BYTES))
    except DecodeError:
        return None
    if not isinstance(said, dict):
        return None
    url, discovery = (_text(said.get(name)) for name in ("requested_url", "discovery"))
    if url and identify(url).kind == AddressKind.INVALID:
        url = None
    if discovery and len(discovery) > DISCOVERY_CHARACTERS:
        discovery = None
    return (about, Note(url, discovery)) if url or discovery else None


def _text(value: object) -> str | None:
    return without_controls(value) or None if isinstance(value, str) else None
