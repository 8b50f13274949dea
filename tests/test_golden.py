"""Each golden case is a document and what its event must say: a test for each field. A new case needs no Python.

`expected.<policy>.json` beside `expected.json` is what another `DONGTIN_RIGHTS` makes of it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dongtin.codec import load_json, page_record
from dongtin.documents import find_documents
from dongtin.rights import RightsPolicy
from dongtin.stream.memory import MemoryStream
from dongtin.topics import ARTICLES, REJECTED
from processors.look import look
from processors.pipeline import Normalizer
from processors.rights import respecting

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/expected.json"))
UNDER_POLICIES = sorted(GOLDEN.glob("*/*/expected.*.json"))


def expected(case: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((case / "expected.json").read_text())
    return said


@cache
def outcome(case: Path, policy: RightsPolicy = RightsPolicy.PUBLISH) -> tuple[str, dict[str, Any]]:
    """The fate of a case's document, and its article or rejection."""
    (document,) = find_documents([case], None).documents
    key, page = document.load()
    stream = MemoryStream()
    stream.append(page_record(page, key, "/golden/replay"))
    (fate,) = stream.run(Normalizer("/golden/normalizer", respecting(policy, look)))
    messages = stream.take(ARTICLES) or stream.take(REJECTED)
    return fate.fate, load_json(messages[0].value or b"{}") if messages else {"error": fate.detail}


def value_of(event: dict[str, Any], field: str) -> object:
    """A field as golden cases write it: `blocks` are their texts, `flags` those of quality, and so on."""
    match field:
        case "rule":
            return event["extractor"]["rule"]
        case "publisher_id":
            return event["publisher"] and event["publisher"]["id"]
        case "blocks":
            return [block["text"] for block in event["body"]["blocks"]]
        case "block_kinds":
            return [block["kind"] for block in event["body"]["blocks"]]
        case "kinds":
            return [[block["kind"], block["text"]] for block in event["body"]["blocks"]]
        case "kinds_but_last":
            return [[block["kind"], block["text"]] for block in event["body"]["blocks"][:-1]]
        case _ if field.startswith("provenance."):
            return event["provenance"].get(field.removeprefix("provenance."))
        case "flags":
            return event["quality"]["flags"]
        case _:
            return event[field]


def name(value: object) -> str:
    return "-".join(value.parts[-2:]) if isinstance(value, Path) else str(value)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_fate(case: Path) -> None:
    fate, event = outcome(case)
    assert fate == expected(case)["fate"], event


@pytest.mark.parametrize(
    ("case", "field"),
    [
        (case, field)
        for case in CASES
        for field in (*expected(case).get("article", {}), *expected(case).get("rejection", {}))
    ],
    ids=name,
)
def test_field(case: Path, field: str) -> None:
    _, event = outcome(case)
    said = expected(case)
    assert value_of(event, field) == (said.get("article") or said["rejection"])[field]


@pytest.mark.parametrize("case", CASES, ids=name)
def test_absence_is_expected_too(case: Path) -> None:
    """What a case says nothing of is empty: a case cannot overlook a field that is there."""
    _, event = outcome(case)
    named = expected(case).get("article", {})
    for field in ("description", "authors", "images", "section", "keywords", "date_modified", "origin", "relations"):
        if field not in named and "article_id" in event:
            assert not event[field], field


@pytest.mark.parametrize("path", UNDER_POLICIES, ids=name)
def test_policy(path: Path) -> None:
    said = json.loads(path.read_text())
    fate, event = outcome(path.parent, RightsPolicy(path.suffixes[0].removeprefix(".")))
    assert fate == said["fate"], event
    fields = said.get("article") or said["rejection"]
    assert {field: value_of(event, field) for field in fields} == fields
