"""From a record of a pages topic to the WARC records that keep it. The same record gives the same bytes.

What is an HTTP answer is a `response`; a text document, or what has no address that is one, is a `resource`. The
`metadata` record after it says all that the page is but its body (`dongtin.documents.archived`). A record that is no
page is a `resource` too, with its key and headers as they came.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from importlib.metadata import version
from io import BytesIO
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from dongtin.archive.cdxj import Line
from dongtin.codec import canonical
from dongtin.content_coding import GZIP_WINDOW
from dongtin.documents.answers import HEADER_CHARACTERS, MOVED, without_controls
from dongtin.documents.archived import MEDIA_TYPE, Standing, account_json, said_in
from dongtin.documents.times import utc
from dongtin.errors import DocumentUnreadable
from dongtin.events import Page
from dongtin.record import Message

URI_CHARACTERS = "%/:?#[]@!$&'()*+,;=~-._"
"""RFC 3986, 2.2 and 2.3, and what is encoded already."""
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEVEL = 6
"""Of zlib. warcio's own, 9, takes up to ten times as long for a fiftieth of the size."""
UNKNOWN_TYPE = "application/octet-stream"
TOPIC_ID, LOG, PARTITION, FIRST_OFFSET = "kafka-topic-id", "kafka-topic", "kafka-partition", "kafka-first-offset"
"""Fields of our warcinfo records."""


@dataclass(frozen=True)
class Log:
    """A partition of a topic, in its present incarnation."""

    topic: str
    """The full name, with its prefix."""
    partition: int
    topic_id: str
    """Kafka's own: another one after the topic was deleted and made anew."""

    def identifier(self, offset: int, of: str) -> str:
        """Of a WARC record: a function of where its page stood."""
        name = f"kafka:{self.topic_id}/{self.topic}/{self.partition}/{offset}/{of}"
        return f"<urn:uuid:{uuid5(NAMESPACE_URL, name)}>"


@dataclass(frozen=True)
class Pair:
    """A record of a pages topic as two WARC records, each a gzip member."""

    content: bytes
    """The `response` or `resource`."""
    metadata: bytes
    line: Line
    """Of the index, but for its place."""


def arrival(timestamp_ms: int | None, not_before: str) -> str:
    """A record's timestamp as text that sorts: RFC 3339, UTC, milliseconds; and never before the last one."""
    try:
        moment = EPOCH + timedelta(milliseconds=timestamp_ms or 0)
    except OverflowError:
        return not_before
    return max(not_before, moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def file_head(log: Log, first: Standing, name: str) -> bytes:
    """The `warcinfo` record of a file that begins with this record."""
    facts = {
        "software": f"dongtin/{version('dongtin')}",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        LOG: log.topic,
        TOPIC_ID: log.topic_id,
        PARTITION: log.partition,
        FIRST_OFFSET: first.offset,
    }
    block = "".join(f"{field}: {value}\r\n" for field, value in facts.items()).encode()
    headers = {
        "WARC-Record-ID": log.identifier(first.offset, "warcinfo"),
        "WARC-Date": first.date_arrived,
        "WARC-Filename": name,
    }
    return _member("", "warcinfo", block, "application/warc-fields", headers)[0]


def page_pair(log: Log, standing: Standing, key: str, page: Page, warcinfo: str) -> Pair:
    """The records of a page. `warcinfo` is the id of its file's first record."""
    said = account_json(standing, page, key, sha256(page.body).hexdigest())
    date = _date(page.date_fetched) or standing.date_arrived
    uri = _http_address(page)
    if uri is None:
        uri = f"urn:dongtin:{quote(key[:HEADER_CHARACTERS], safe=URI_CHARACTERS)}"
        return _pair(log, standing, uri, date, warcinfo, said, page.body, page.content_type)
    reason = HTTPStatus(page.status or 200).phrase if (page.status or 200) in set(HTTPStatus) else "Unknown"
    http = StatusAndHeaders(f"{page.status or 200} {reason}", _http_headers(page), protocol="HTTP/1.1")
    return _pair(log, standing, uri, date, warcinfo, said, page.body, None, http)


def other_pair(log: Log, standing: Standing, message: Message, why: str, warcinfo: str) -> Pair:
    """The records of what is no page, kept as it came."""
    value = message.value or b""
    said = {
        "error": why,
        "key_base64": None if message.key is None else base64.b64encode(message.key).decode(),
        "headers": [[name, base64.b64encode(raw).decode()] for name, raw in message.headers],
        "is_tombstone": message.value is None,
        "sha256": sha256(value).hexdigest(),
    }
    uri = f"urn:dongtin:record:{log.topic}/{log.partition}/{standing.offset}"
    block = canonical(said | vars(standing))
    return _pair(log, standing, uri, standing.date_arrived, warcinfo, block, value, UNKNOWN_TYPE)


def _pair(
    log: Log,
    standing: Standing,
    uri: str,
    date: str,
    warcinfo: str,
    said: bytes,
    body: bytes,
    media_type: str | None,
    http: StatusAndHeaders | None = None,
) -> Pair:
    identifier = log.identifier(standing.offset, "content")
    shared = {"WARC-Date": date, "WARC-Warcinfo-ID": warcinfo}
    content, head = _member(
        uri,
        "response" if http else "resource",
        body,
        None if http else _header(media_type) or UNKNOWN_TYPE,
        {"WARC-Record-ID": identifier} | shared,
        http,
    )
    about = {
        "WARC-Record-ID": log.identifier(standing.offset, "metadata"),
        "WARC-Concurrent-To": identifier,
        "WARC-Refers-To": identifier,
    }
    metadata, _ = _member(uri, "metadata", said, MEDIA_TYPE, about | shared)
    return Pair(content, metadata, Line.of(head, said_in(said) or {}))


def _member(
    uri: str,
    type_: str,
    block: bytes,
    media_type: str | None,
    headers: Mapping[str, str],
    http: StatusAndHeaders | None = None,
) -> tuple[bytes, dict[str, str]]:
    """A record as a gzip member, and its fields by their names in lower case."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version="1.1")
    record = writer.create_warc_record(
        uri,
        type_,
        payload=BytesIO(block),
        length=len(block),
        warc_content_type=media_type or "",
        warc_headers_dict=dict(headers),
        http_headers=http,
    )
    writer.write_record(record)
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_WINDOW)
    fields = {name.lower(): value for name, value in record.rec_headers.headers}
    return packer.compress(out.getvalue()) + packer.flush(), fields


def _http_address(page: Page) -> str | None:
    """The address that answered, escaped; None where page or address is none of HTTP."""
    url = page.requested_url if page.status in MOVED else page.final_url
    url = quote(without_controls(url or page.final_url or page.requested_url or ""), safe=URI_CHARACTERS)
    is_http = url.lower().startswith(("http://", "https://")) and len(url) <= HEADER_CHARACTERS
    return url if is_http and 100 <= (page.status or 200) <= 999 else None  # three digits


def _http_headers(page: Page) -> list[tuple[str, str]]:
    """As far as the page has them. The metadata record has them as they were; these are for other readers."""
    target = quote(without_controls(page.final_url or ""), safe=URI_CHARACTERS) if page.status in MOVED else None
    headers = {
        "Content-Type": page.content_type,
        "Location": target,
        "ETag": page.etag,
        "Last-Modified": page.last_modified,
        "X-Robots-Tag": page.x_robots_tag,
        "tdm-reservation": page.tdm_reservation,
        "tdm-policy": page.tdm_policy,
        "Content-Length": str(len(page.body)),
    }
    return [(name, value) for name, raw in headers.items() if (value := _header(raw))]


def _header(value: str | None) -> str | None:
    """One line of ASCII, what is none escaped (warcio's own way fails on some); None for more than readers take."""
    text = quote(without_controls(value or ""), safe=PRINTABLE)
    return text if 0 < len(text) <= HEADER_CHARACTERS else None


def _date(text: str | None) -> str | None:
    try:
        return None if text is None else utc(text)
    except DocumentUnreadable:
        return None
