"""WARC files: each response that counts is a document, opened again at its place when it is needed."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from dongtin.content_coding import GZIP_MAGIC, GZIP_WINDOW
from dongtin.documents.answers import Answer, Skipped, page_of
from dongtin.documents.archived import Account
from dongtin.documents.files import open_file, shown
from dongtin.documents.inventory import Inventory, Unreadable
from dongtin.documents.order import order
from dongtin.documents.saved import SavedDocument
from dongtin.documents.warc_bytes import ArchiveBytes, Broken, Marks, Place
from dongtin.documents.warc_records import Record, records
from dongtin.documents.warc_response import ArchivedPage, Note, WarcResponse, read_answer, read_note
from dongtin.errors import DocumentUnreadable

MAGIC = b"WARC/"
SNIFFED_BYTES = 512
PASSED_OVER = ("request", "warcinfo", "revisit", "metadata")
COUNTED = ("conversion", "continuation")


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
    broken: list[Unreadable] = []
    try:
        with open_file(path) as file:
            for record in records(ArchiveBytes(file, marks=survey.marks)):
                survey.take(record)
                if record.type == "response":
                    advance()
        if survey.count == 0:
            raise Broken("there is no record in it")
    except DocumentUnreadable as error:
        broken.append(Unreadable(file_name, str(error)))
    for response in survey.responses:
        found.take(response.name, partial(response.document, path, survey))
    found.unreadable += broken


@dataclass(frozen=True, slots=True)
class Response:
    """A record that may be a page: what was read of it, but for what a later metadata record may say."""

    name: str
    place: Place
    record_id: str | None
    found: Answer | DocumentUnreadable | Skipped
    """The answer without its body, or why the record gives no page by itself."""
    digest: str = ""
    """sha256 of the body, hex."""

    def document(self, path: Path, survey: "Survey") -> SavedDocument:
        """See `Inventory.take`."""
        record_id = self.record_id or ""
        if (at := survey.accounts.get(record_id)) is not None:
            return archived_document(self.name, ArchivedPage(path, self.place, at, survey.marks))
        if not isinstance(self.found, Answer):
            raise self.found
        note = survey.notes.get(record_id, Note())
        key, page = page_of(note.added_to(self.found))
        return SavedDocument(
            self.name, order(key, page, self.digest), WarcResponse(path, self.place, note, survey.marks)
        )


def archived_document(name: str, source: ArchivedPage) -> SavedDocument:
    """A page of an archive: in the order in which Kafka took them. Raises DocumentUnreadable."""
    return SavedDocument(name, source.account().order(sha256(source.body()).hexdigest()), source)


class Survey:
    """The responses and the metadata of a file, and in the inventory what gives no page."""

    def __init__(self, file_name: str, found: Inventory) -> None:
        self._file_name = file_name
        self._found = found
        self.count = 0
        self.responses: list[Response] = []
        self.notes: dict[str, Note] = {}
        self.accounts: dict[str, Place] = {}
        """Id of a record → where the account of its page is: read again when it is needed."""
        self.marks = Marks()

    def take(self, record: Record) -> None:
        """Look at a record. Raises Broken."""
        self.count += 1
        if record.type == "response":
            self._response(record)
        elif record.type == "resource":
            self._keep(record, Skipped("resource record"))
        elif record.type == "metadata":
            self._metadata(record)
        elif record.type not in PASSED_OVER:
            self._found.skipped[f"{record.type if record.type in COUNTED else 'unknown'} record"] += 1

    def _response(self, record: Record) -> None:
        try:
            answer = read_answer(record)
        except Broken:
            raise
        except (DocumentUnreadable, Skipped) as error:
            self._keep(record, type(error)(str(error)))  # without its traceback, which holds the body
        else:
            self._keep(record, replace(answer, body=b""), sha256(answer.body).hexdigest())

    def _metadata(self, record: Record) -> None:
        match read_note(record):
            case (about, Account()):
                self.accounts[about] = record.place
            case (about, Note() as note):
                self.notes[about] = note

    def _keep(self, record: Record, found: Answer | DocumentUnreadable | Skipped, digest: str = "") -> None:
        name = f"{self._file_name}, record at byte {record.place}"
        self.responses.append(Response(name, record.place, record.head.get("warc-record-id"), found, digest))
