"""Events as Kafka records and as lines of JSON, and back: the consumer kit.

On Kafka an event is CloudEvents 1.0 in binary mode: attributes are `ce_` headers, the value is the data itself, a null
value is a tombstone. On the command line and in files it is CloudEvents structured JSON, one event a line, with the
extension `topic`. Nothing here reads a clock: the same event is the same bytes.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from dongtin.errors import DecodeError
from dongtin.events import (
    Article,
    ArticleState,
    Lane,
    Membership,
    Page,
    Rejection,
    Story,
    Withdrawn,
)
from dongtin.record import Headers, Record
from dongtin.topics import ARTICLE_STATE, ARTICLES, MEMBERS, PAGES, PAGES_BACKFILL, REJECTED, REVISIONS, STORIES, Topic

T = TypeVar("T")

JSON_TYPE = "application/json"
PAGE_TYPE = "dongtin.page.fetched.v1"
TEXT_TYPE = "text/plain; charset=utf-8"

Data = Article | Withdrawn | ArticleState | Membership | Story | Rejection
DATA_TYPES: Mapping[str, type[Data]] = {
    "dongtin.article.created.v1": Article,
    "dongtin.article.updated.v1": Article,
    "dongtin.article.withdrawn.v1": Withdrawn,
    "dongtin.article.state.v1": ArticleState,
    "dongtin.story.member.v1": Membership,
    "dongtin.story.updated.v1": Story,
    "dongtin.page.rejected.v1": Rejection,
}
"""`ce_type` → the type of the value; `dongtin.page.fetched.v1` is `Page`, whose value is the body itself."""

SCHEMA_NAMES: Mapping[type[Data], str] = {
    Article: "article",
    Withdrawn: "withdrawn",
    ArticleState: "article-state",
    Membership: "member",
    Story: "story",
    Rejection: "rejection",
}

TYPED_EXTENSIONS: Mapping[str, type[int] | type[bool]] = {"revision": int, "status": int, "machinetranslated": bool}
"""Extension attributes that are numbers or booleans in structured JSON; all others are strings."""

_ERRORS = {
    "__connect.errors.stage": "errorstage",
    "__connect.errors.exception.class.name": "errorclass",
    "__connect.errors.exception.message": "errormessage",
}
"""Kafka Connect's header names, which tools know → the extension that tells of them in structured JSON."""

_PAGE_HEADERS = {
    "publisher": "publisher",
    "status": "status",
    "requestedurl": "requested_url",
    "finalurl": "final_url",
    "etag": "etag",
    "lastmodified": "last_modified",
    "xrobotstag": "x_robots_tag",
    "tdmreservation": "tdm_reservation",
    "tdmpolicy": "tdm_policy",
    "lane": "lane",
    "discovery": "discovery",
}


@dataclass(frozen=True)
class Event:
    """An event with its CloudEvents attributes. `data` is None for a tombstone."""

    id: str
    source: str
    type: str
    data: Data | Page | None
    subject: str | None = None
    time: str | None = None
    extensions: Mapping[str, str] = field(default_factory=dict)
    """Extension attributes as text: `language`, `publisher`, `storyid`, `revision` …"""


class ClientRecord(Protocol):
    """What `decode` takes: a record of kafka-python, or of confluent-kafka, whose methods have these names."""

    @property
    def value(self) -> Any:
        """The value's bytes, or None."""

    @property
    def headers(self) -> Any:
        """Pairs of name and bytes, or None."""


def source(prefix: str, stage: str) -> str:
    """`ce_source` of what a stage writes: `/<prefix without its last dot>/<stage>`."""
    name = prefix.removesuffix(".")
    return f"/{name}/{stage}" if name else f"/{stage}"


def canonical(value: object) -> bytes:
    """JSON bytes of any contract value: keys of mappings sorted, the same value always the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def load_json(data: bytes) -> Any:
    """JSON from bytes of strangers. Raises DecodeError."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise DecodeError(f"not JSON: {error}") from error


def page_record(page: Page, key: str, source: str, body_hash: "hashlib._Hash | None" = None) -> Record:
    """The record of a page, in the topic of its lane. `body_hash`: sha256 of its body, where that is known already."""
    digest = body_hash.copy() if body_hash else hashlib.sha256(page.body)
    for part in (page.requested_url, page.final_url, page.status, page.date_fetched):
        digest.update(f"\0{part}".encode(errors="replace"))
    extensions = {name: getattr(page, attribute) for name, attribute in _PAGE_HEADERS.items()}
    topic = PAGES_BACKFILL if page.lane == Lane.BACKFILL else PAGES
    headers = _headers(
        f"{key}@{digest.hexdigest()[:16]}",
        source,
        PAGE_TYPE,
        key,
        page.date_fetched,
        page.content_type,
        extensions,
    )
    return Record(topic, key.encode(), page.body, headers, key.encode())


def article_records(event: Article | Withdrawn, lane: Lane, source: str) -> tuple[Record, Record]:
    """The records of a revision: the article as it stands, and the same bytes under the revision's own key."""
    identity = f"{event.article_id}@{event.revision}"
    extensions = {
        "language": event.language,
        "publisher": event.publisher.id if event.publisher else None,
        "storyid": event.story_id,
        "revision": event.revision,
        "cause": event.cause if isinstance(event, Article) else None,
        "machinetranslated": event.machine_translated if isinstance(event, Article) else None,
        "lane": lane,
    }
    type_ = f"dongtin.article.{event.change}.v1"
    headers = _headers(identity, source, type_, event.article_id, event.date_fetched, JSON_TYPE, extensions)
    value, article_id = canonical(event), event.article_id.encode()
    return (
        Record(ARTICLES, article_id, value, headers, article_id),
        Record(REVISIONS, identity.encode(), value, headers, article_id),
    )


def state_record(article_id: str, state: ArticleState, source: str) -> Record:
    """The record of what is remembered of an article."""
    return _value_record(ARTICLE_STATE, article_id, article_id, state, source, "dongtin.article.state.v1")


def member_record(story_id: str, article_id: str, member: Membership | None, source: str) -> Record:
    """The record of a member that joined or changed its words, or (None) that left."""
    return _value_record(MEMBERS, f"{story_id}|{article_id}", story_id, member, source, "dongtin.story.member.v1")


def story_record(story_id: str, story: Story | None, source: str) -> Record:
    """The record of a story; None where it has no member left."""
    return _value_record(STORIES, story_id, story_id, story, source, "dongtin.story.updated.v1")


def rejection_record(key: str, rejection: Rejection, time: str | None, source: str) -> Record:
    """The record of a page that gives no article."""
    value = canonical(rejection)
    headers = _headers(
        _digest_id(key, value),
        source,
        "dongtin.page.rejected.v1",
        key,
        time,
        JSON_TYPE,
        {"publisher": rejection.publisher_id},
    )
    return Record(REJECTED, key.encode(), value, headers, key.encode())


def decode(record: ClientRecord) -> Event:
    """The typed event of a record, as kafka-python or confluent-kafka give it. Raises DecodeError.

    Unknown fields are passed over and unknown enum values kept, so that a later minor version can be read.
    """
    value, headers = (part() if callable(part) else part for part in (record.value, record.headers))
    return decode_parts(value, headers or ())


def decode_parts(value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> Event:
    """The typed event of a value and its headers. Raises DecodeError."""
    headers = tuple(headers)
    attributes = attributes_of(headers)
    missing = [name for name in ("specversion", "id", "source", "type") if not attributes.get(name)]
    if missing:
        raise DecodeError(f"not a CloudEvent: no {', '.join('ce_' + name for name in missing)}")
    if attributes.pop("specversion") != "1.0":
        raise DecodeError("another CloudEvents version than 1.0")
    require_known(headers)
    type_ = attributes.pop("type")
    content_type = attributes.pop("datacontenttype", None)
    time = attributes.get("time")
    data: Data | Page | None
    if type_ == PAGE_TYPE:
        data = _page(value, content_type, time, attributes)
    else:
        data = None if value is None else parse(DATA_TYPES[type_], value)
    return Event(
        id=attributes.pop("id"),
        source=attributes.pop("source"),
        type=type_,
        subject=attributes.pop("subject", None),
        time=attributes.pop("time", None),
        data=data,
        extensions={name: text for name, text in attributes.items() if name != "dataschema"},
    )


def require_known(headers: Iterable[tuple[str, bytes]]) -> None:
    """Raise DecodeError where a record says that it is of a type or a schema that this version cannot read."""
    for name, value in headers:
        if name in _KNOWN and (told := bytes(value or b"")) not in _KNOWN[name]:
            raise DecodeError(f"unknown {name} {told.decode(errors='replace')[:80]!r}")


def parse(type_: type[T], value: bytes) -> T:
    """A contract value from its JSON bytes. Raises DecodeError."""
    try:
        return _adapter(type_).validate_python(load_json(value))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DecodeError(f"not a {type_.__name__}: {where}: {first['msg']}") from error


def attributes_of(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """CloudEvents attributes by their names, `datacontenttype` among them; other headers are left out."""
    attributes = {}
    for name, raw in headers:
        if name == "content-type":
            attributes["datacontenttype"] = bytes(raw or b"").decode(errors="replace")
        elif name.startswith("ce_"):
            attributes[name[3:]] = bytes(raw or b"").decode(errors="replace")
    return attributes


def json_line(topic: Topic, key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    """A record as one line of CloudEvents structured JSON, without the newline. Takes any record, whole or broken."""
    attributes = attributes_of(headers)
    event: dict[str, Any] = {
        name: _typed(name, text) if name in TYPED_EXTENSIONS else text for name, text in attributes.items()
    }
    event["topic"] = topic.name
    event |= {_ERRORS[name]: raw.decode(errors="replace") for name, raw in headers if name in _ERRORS}
    if "subject" not in event and key is not None:
        event["subject"] = key.decode(errors="replace")
    if value is None:
        event["data"] = None
    elif attributes.get("datacontenttype") == JSON_TYPE and _is_json(value):
        event["data"] = orjson.Fragment(value)
    else:
        event["data_base64"] = base64.b64encode(value).decode()
    return orjson.dumps(event)


def _is_json(value: bytes) -> bool:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    return True


def _typed(name: str, text: str) -> int | bool | str:
    if TYPED_EXTENSIONS[name] is bool:
        return {"true": True, "false": False}.get(text, text)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _page(value: bytes | None, content_type: str | None, time: str | None, attributes: dict[str, str]) -> Page:
    if value is None:
        raise DecodeError("a page without a body: null is a tombstone, and pages have none")
    fields: dict[str, Any] = {
        attribute: attributes[name] for name, attribute in _PAGE_HEADERS.items() if name in attributes
    }
    fields |= {"body": value, "content_type": content_type, "date_fetched": time}
    try:
        return _adapter(Page).validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DecodeError(f"not a page: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(type_: type[T]) -> TypeAdapter[T]:
    """Made once for each type, when it is first needed: making one takes milliseconds."""
    if type_ not in _ADAPTERS:
        _ADAPTERS[type_] = TypeAdapter(type_)
    return _ADAPTERS[type_]


def _digest_id(key: str, value: bytes | None) -> str:
    return f"{key}@{hashlib.sha256(value or b'').hexdigest()[:16]}"


def _value_record(topic: Topic, key: str, partition_key: str, data: object, source: str, type_: str) -> Record:
    value = None if data is None else canonical(data)
    headers = _headers(_digest_id(key, value), source, type_, key, None, JSON_TYPE, {})
    return Record(topic, key.encode(), value, headers, partition_key.encode())


def _headers(
    id_: str,
    source: str,
    type_: str,
    subject: str,
    time: str | None,
    content_type: str | None,
    extensions: Mapping[str, object],
) -> Headers:
    schema = None if type_ == PAGE_TYPE else schema_id(SCHEMA_NAMES[DATA_TYPES[type_]])
    attributes: dict[str, object] = {
        "ce_specversion": "1.0",
        "ce_id": id_,
        "ce_source": source,
        "ce_type": type_,
        "ce_subject": subject,
        "ce_time": time,
        "ce_dataschema": schema,
        "content-type": content_type,
        **{f"ce_{name}": value for name, value in extensions.items()},
    }
    return tuple(
        (name, _text(value).encode(errors="replace")) for name, value in attributes.items() if value is not None
    )


def _text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def schema_id(name: str) -> str:
    """`$id` of a JSON Schema of the contract, and `ce_dataschema` of its events."""
    return f"urn:dongtin:schema:{name}:v1"


_KNOWN: Mapping[str, frozenset[bytes]] = {
    "ce_type": frozenset(type_.encode() for type_ in (PAGE_TYPE, *DATA_TYPES)),
    "ce_dataschema": frozenset(schema_id(name).encode() for name in SCHEMA_NAMES.values()),
}
"""Header → what this version can read of it."""


def pretty(value: object) -> str:
    """JSON for a person: indented, with a newline at its end."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"
