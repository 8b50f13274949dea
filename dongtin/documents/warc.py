"""WARC files: each response that counts is a document, opened again at its place when it is needed."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from dongtin.documents.answers import Answer, Skipped, page_of
from dongtin.documents.files import open_file, shown
from dongtin.documents.inventory import Inventory, Unreadable
from dongtin.documents.saved import SavedDocument, order
from dongtin.documents.warc_bytes import GZIP_MAGIC, GZIP_WINDOW, ArchiveBytes, Broken, Marks, Place
from dongtin.documents.warc_records import Record, records
from dongtin.documents.warc_response import Note, WarcResponse, read_answer, read_note
from dongtin.errors import DocumentUnreadable

MAGIC = b"WARC/"
SNIFFED_BYTES = 512
PASSED_OVER = ("request", "warcinfo", "revisit", "metadata")
COUNTED = ("resource", "conversion", "continuation")


def is_warc(path: Path) -> bool:
    """Whether a file begins as a WARC file does, gzip or not; False too for one that cannot be read."""
    try:
        with open_file(path) as file:
            start = file.read(SNIFFED_BYTES) or b""
        if start.startswith(GZIP_MAGIC):
            start = zlib.decompressobj(GZIP_WINDOW).decompress(start, len(MAGIC))
    except (DocumentUnreadable, OSError, zlib.error):
        return False
    return start.startswith(MAGIC)


def take_responses(path: Path, found: Inventory, advance: Callable[[], None]) -> None:
    """Put the responses of a file in the inventory. Of one that is cut or corrupt, what can be read counts."""
    file_name = shown(path)
    survey = Survey(file_name, found)
    try:
        with open_file(path) as file:
            for record in records(ArchiveBytes(file, marks=survey.marks)):
                survey.take(record)
                if record.type == "response":
                    advance()
        if survey.count == 0:
            raise Broken("there is no record in it")
    except DocumentUnreadable as error:
        found.unreadable.append(Unreadable(file_name, str(error)))
    for response in survey.responses:
        found.take(response.name, partial(response.document, path, survey.notes, survey.marks))


@dataclass(frozen=True, slots=True)
class Response:
    """A response that was read, but for what a later metadata record may say of it."""

    name: str
    place: Place
    record_id: str | None
    answer: Answer
    """Without its body."""
    digest: str
    """sha256 of the body, hex."""

    def document(self, path: Path, notes: dict[str, Note], marks: Marks) -> SavedDocument:
        """See `Inventory.take`."""
        note = notes.get(self.record_id or "", Note())
        key, page = page_of(note.added_to(self.answer))
        return SavedDocument(self.name, order(key, page, self.digest), WarcResponse(path, self.place, note, marks))


class Survey:
    """The responses and the metadata of a file, and in the inventory what gives no page."""

    def __init__(self, file_name: str, found: Inventory) -> None:
        self._file_name = file_name
        self._found = found
        self.count = 0
        self.responses: list[Response] = []
        self.notes: dict[str, Note] = {}
        self.marks = Marks()

    def take(self, record: Record) -> None:
        """Look at a record. Raises Broken."""
        self.count += 1
        if record.type == "response":
            self._response(record)
        elif record.type == "metadata":
            if (noted := read_note(record)) is not None:
                self.notes[noted[0]] = noted[1]
        elif record.type not in PASSED_OVER:
            self._found.skipped[f"{record.type if record.type in COUNTED else 'unknown'} record"] += 1

    def _response(self, record: Record) -> None:
        name = f"{self._file_name}, record at byte {record.place}"
        try:
            answer = read_answer(record)
        except Broken:
            raise
        except DocumentUnreadable as error:
            self._found.unreadable.append(Unreadable(name, str(error)))
        except Skipped as reason:
            self._found.skipped[str(reason)] += 1
        else:
            digest = sha256(answer.body).hexdigest()
            record_id = record.head.get("warc-record-id")
            self.responses.append(Response(name, record.place, record_id, replace(answer, body=b""), digest))
