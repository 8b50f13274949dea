"""The contract's documents are those of the types, and the types' values keep them."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from dongtin.codec import DATA_TYPES, PAGE_TYPE, pretty
from dongtin.schema import TYPES_OF_TOPIC, asyncapi, json_schemas
from dongtin.topics import TOPICS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", json_schemas())
def test_the_schema_file_is_that_of_the_types(name: str) -> None:
    """Run `make schema` after a change of the types."""
    assert (DOCS / "schemas" / f"{name}.json").read_text() == pretty(json_schemas()[name])


def test_the_asyncapi_file_is_that_of_the_types() -> None:
    """Run `make schema` after a change of the types or topics."""
    assert yaml.safe_load((DOCS / "asyncapi.yaml").read_text()) == asyncapi()


def test_there_is_no_file_that_nothing_makes() -> None:
    assert {path.stem for path in (DOCS / "schemas").glob("*.json")} == set(json_schemas())


def test_every_topic_and_type_is_in_the_document() -> None:
    document = asyncapi()
    assert {channel["address"] for channel in document["channels"].values()} == {
        topic.full_name("dongtin.") for topic in TOPICS
    }
    assert {message["name"] for message in document["components"]["messages"].values()} == {PAGE_TYPE, *DATA_TYPES}
    assert set(TYPES_OF_TOPIC) == {topic.name for topic in TOPICS}


@pytest.mark.parametrize("name", json_schemas())
def test_each_schema_is_a_schema_and_each_field_is_described(name: str) -> None:
    schema = json_schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    for where, properties in _objects(schema):
        for field, described in properties.items():
            assert {"description", "$ref"} & described.keys(), f"{where}.{field}"


def test_a_reader_may_meet_new_fields_and_new_enum_values() -> None:
    text = json.dumps(json_schemas())
    assert '"enum"' not in text
    assert '"additionalProperties": false' not in text


def _objects(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = [("", schema.get("properties", {}))]
    return found + [(name, each.get("properties", {})) for name, each in schema.get("$defs", {}).items()]
