"""The contract as documents, made from the types alone: JSON Schemas (2020-12) and the AsyncAPI document."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from dongtin.codec import DATA_TYPES, PAGE_TYPE, SCHEMA_NAMES, TYPED_EXTENSIONS, Data, schema_id
from dongtin.topics import TOPICS, Topic

DIALECT = "https://json-schema.org/draft/2020-12/schema"

HEADERS: Mapping[str, Mapping[str, str]] = {
    "page": {
        "publisher": "Id of the site that serves it.",
        "status": "HTTP status.",
        "requestedurl": "The address that was asked for.",
        "finalurl": "The address that answered, or the target of a permanent redirect.",
        "etag": "Validator of the response.",
        "lastmodified": "Validator of the response.",
        "xrobotstag": "The header, as sent.",
        "tdmreservation": "The header, as sent.",
        "tdmpolicy": "The header, as sent.",
        "lane": "live or backfill.",
        "discovery": "How the address was found.",
    },
    "article": {
        "language": "BCP 47.",
        "publisher": "Id of the site that serves it.",
        "storyid": "The story it is in.",
        "revision": "1, 2, 3 … without gaps.",
        "cause": "Why it changed; absent when created.",
        "machinetranslated": "true or false; absent where nothing tells.",
        "lane": "Which queue the page came by: live or backfill.",
    },
    "rejection": {"publisher": "Id of the site that served it."},
}
"""Extension attributes by kind of event, beside those of CloudEvents."""

TYPES_OF_TOPIC: Mapping[str, tuple[str, ...]] = {
    "pages.v1": (PAGE_TYPE,),
    "pages-backfill.v1": (PAGE_TYPE,),
    "articles.v1": ("dongtin.article.created.v1", "dongtin.article.updated.v1", "dongtin.article.withdrawn.v1"),
    "revisions.v1": ("dongtin.article.created.v1", "dongtin.article.updated.v1", "dongtin.article.withdrawn.v1"),
    "article-state.v1": ("dongtin.article.state.v1",),
    "members.v1": ("dongtin.story.member.v1",),
    "stories.v1": ("dongtin.story.updated.v1",),
    "rejected.v1": ("dongtin.page.rejected.v1",),
    "quarantine.v1": (),
}
"""Topic → the `ce_type` of its records; quarantine holds messages of any kind as they came."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """File name without its ending → the schema of a value; readers may meet fields and enum values beyond it."""
    return {name: _schema(type_, name) for type_, name in SCHEMA_NAMES.items()}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document: topics with their settings, keys, headers and values."""
    messages = {_message_name(type_): _message(type_) for type_ in (PAGE_TYPE, *DATA_TYPES)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "dongtin",
            "version": "1.0.0",
            "description": "The Vietnamese press as a stream of article and story events. Events are CloudEvents 1.0 "
            "in Kafka's binary mode; names stand here with the default prefix `dongtin.`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_channel_name(topic): _channel(topic) for topic in TOPICS},
        "operations": {f"send-{_channel_name(topic)}": _operation(topic) for topic in TOPICS},
        "components": {"messages": messages},
    }


def _schema(type_: type[Data], name: str) -> dict[str, Any]:
    schema = TypeAdapter(type_).json_schema(mode="serialization")
    for base in type_.__mro__[1:-1]:  # pydantic finds the lines under the fields of the class itself only
        for field, described in TypeAdapter(base).json_schema()["properties"].items():
            schema["properties"][field] |= described
    return {"$schema": DIALECT, "$id": schema_id(name), **_tidy(schema)}


def _tidy(schema: Any) -> Any:
    """Without pydantic's generated titles, and with enums left open for readers."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if "enum" in tidy:
        tidy["x-extensible-enum"] = tidy.pop("enum")
    return tidy


def _message_name(type_: str) -> str:
    return type_.removeprefix("dongtin.").replace(".", "-")


def _channel_name(topic: Topic) -> str:
    return topic.name.replace(".", "-")


def _kind(type_: str) -> str:
    if type_ == PAGE_TYPE:
        return "page"
    return (
        "article" if type_.startswith("dongtin.article.") and "state" not in type_ else SCHEMA_NAMES[DATA_TYPES[type_]]
    )


def _message(type_: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": type_,
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject"],
            "properties": _header_schemas(type_),
        },
    }
    if type_ == PAGE_TYPE:
        return message | {
            "contentType": "application/octet-stream",
            "summary": "The body's bytes after content decoding; `content-type` is the page's own.",
            "payload": {"type": "string", "format": "binary"},
        }
    name = SCHEMA_NAMES[DATA_TYPES[type_]]
    return message | {
        "contentType": "application/json",
        "summary": (DATA_TYPES[type_].__doc__ or "").split("\n", 1)[0],
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./schemas/{name}.json"},
        },
    }


def _header_schemas(type_: str) -> dict[str, Any]:
    attributes = {
        "specversion": "1.0.",
        "id": "A function of what the event says: a repeat has the same.",
        "source": "/<prefix without its last dot>/<stage>.",
        "type": f"{type_}.",
        "subject": "The record's key.",
    }
    if _kind(type_) in ("page", "article", "rejection"):
        attributes["time"] = "When the page was fetched, RFC 3339; absent where it is unknown."
    if type_ != PAGE_TYPE:
        attributes["dataschema"] = f"{schema_id(SCHEMA_NAMES[DATA_TYPES[type_]])}."
    extensions = HEADERS.get(_kind(type_), {})
    headers: dict[str, Any] = {
        f"ce_{name}": {"type": "string", "description": text} for name, text in (attributes | dict(extensions)).items()
    }
    for name, kind in TYPED_EXTENSIONS.items():
        if name in extensions:
            pattern = "^(true|false)$" if kind is bool else "^[0-9]+$"
            headers[f"ce_{name}"]["pattern"] = pattern
    return headers | {"content-type": {"type": "string", "description": "Of the value."}}


def _channel(topic: Topic) -> dict[str, Any]:
    types = TYPES_OF_TOPIC[topic.name]
    return {
        "address": topic.full_name("dongtin."),
        "summary": topic.holds,
        "messages": {
            _message_name(type_): {"$ref": f"#/components/messages/{_message_name(type_)}"} for type_ in types
        },
        "bindings": {
            "kafka": {
                "bindingVersion": "0.5.0",
                "topic": topic.full_name("dongtin."),
                "topicConfiguration": _binding(topic.configuration),
                "x-key": topic.key,
                "x-partition-by": "murmur2 of the "
                + (topic.key if topic.partition_by == "key" else topic.partition_by),
                "x-topic-configuration": dict(topic.configuration),
            }
        },
    }


def _binding(configuration: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the Kafka binding 0.5.0 has a place for; all of them stand in `x-topic-configuration`."""
    binding: dict[str, Any] = {"cleanup.policy": [configuration["cleanup.policy"]]}
    for name in ("retention.ms", "delete.retention.ms", "max.message.bytes"):
        if name in configuration:
            binding[name] = int(configuration[name])
    return binding


def _operation(topic: Topic) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{_channel_name(topic)}"}, "summary": f"{topic.holds}."}
