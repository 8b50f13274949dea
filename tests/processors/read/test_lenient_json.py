"""Broken JSON gives what is whole in it, nothing else, and soon."""

import json
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.read.lenient_json import LONGEST, Json, lenient_values

ARTICLE = {
    "@context": "https://schema.org",
    "@type": ["NewsArticle"],
    "headline": 'Cầu mới "Rồng", cao 37.5 m, mở cửa: {sáng nay} [ảnh]',
    "wordCount": 1204,
    "ratio": -12.5e3,
    "isAccessibleForFree": False,
    "url": None,
    "author": [{"@type": "Person", "name": "Nguyễn \\ Văn A"}, {"@type": "Person", "name": "Trần\tB\u2028"}],
    "publisher": {"name": "Báo, Một", "logo": {"url": "https://example.vn/a.png", "width": 60}},
    "keywords": ["a", "b", ""],
    "datePublished": "2025-01-17T19:58:00+07:00",
}


def leaves(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, (*path, at))
    else:
        yield path, value


def work(text: str) -> int:
    """How many calls it takes to read a text."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        lenient_values(text)
    finally:
        sys.setprofile(None)
    return count


@given(st.text() | st.text(alphabet='{}[]",:\\0123456789.eE-trufalsn \n\x00é'))
def test_any_text_gives_values(text: str) -> None:
    for value in lenient_values(text):
        assert isinstance(value, dict | list)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),  # beyond, orjson makes floats of them
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_whole_json_is_what_it_says(value: Any) -> None:
    document = {"value": value}
    assert dict(leaves(lenient_values(json.dumps(document))[0])) == dict(leaves(document))


@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("indent", [None, 2])
def test_cut_anywhere_gives_only_whole_values(ensure_ascii: bool, indent: int | None) -> None:
    text = json.dumps(ARTICLE, ensure_ascii=ensure_ascii, indent=indent)
    whole = dict(leaves(ARTICLE))
    for place in range(len(text)):
        for value in lenient_values(text[:place]):
            assert dict(leaves(value)).items() <= whole.items(), text[:place][-40:]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a": 1, "b": [2, 3,],}', [{"a": 1, "b": [2, 3]}]),
        ('{"a": "x\n\ty\x00"}', [{"a": "x  y"}]),
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1 "b": 2}', [{"a": 1, "b": 2}]),
        ('{"a": "He said "no" to it", "b": "c"}', [{"a": 'He said "no" to it', "b": "c"}]),
        ('{"a": "never closed,\n"b": "c"}', [{"b": "c"}]),
        ('<!-- {"a": "x"} -->', [{"a": "x"}]),
        ('{"a": 007, "b": 1}', [{"a": None, "b": 1}]),
        ('{"a": "ends in \\\\", "b": 1,}', [{"a": "ends in \\", "b": 1}]),
        ('{"a": "C:\\new \\x"}', [{"a": "C:\new \\x"}]),
        ('{"a": {"b": "c", "d": "e"', [{"a": {"b": "c", "d": "e"}}]),
        ("no json at all", []),
    ],
)
def test_what_is_broken_is_mended(text: str, values: list[Json]) -> None:
    found = [value for value in lenient_values(text) if value]
    assert found == values


@pytest.mark.parametrize(
    "pattern",
    ['\\"', '"', "[", "]", "{", '{"a":', '"a":"b",', "\\", "\x00", '"a', ",", '":"', '"a" "', "1", "tru", '\\u12'],
)  # fmt: skip
def test_work_grows_with_the_length(pattern: str) -> None:
    def text(times: int) -> str:
        return '{"headline": "' + pattern * times

    assert work(text(8_000)) <= 5 * work(text(2_000)) + 200


@pytest.mark.parametrize("text", ['{"a": "' + '\\"' * 40_000, '{"a": "b' * 10_000, "[" * LONGEST, '{"a":"' * 100_000])
def test_large_broken_text_ends(text: str) -> None:
    lenient_values(text)
