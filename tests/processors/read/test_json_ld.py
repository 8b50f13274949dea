"""JSON-LD in all the forms that pages have it in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.read.json_ld import LinkedData, read_json_ld

PAGE = "https://example.vn/tin/cau-moi-12.html"
ARTICLE = {"@type": "NewsArticle", "headline": "Cầu mới"}


def read(*values: object, url: str | None = PAGE) -> LinkedData:
    return read_json_ld([value if isinstance(value, str) else json.dumps(value) for value in values], url)


@pytest.mark.parametrize(
    "values",
    [
        [ARTICLE],
        [[{"@type": "Organization", "name": "Báo"}, ARTICLE]],
        [{"@graph": [{"@type": "WebSite", "name": "Báo"}, ARTICLE]}],
        [{"@graph": ARTICLE}],
        [{"@type": "WebPage", "mainEntity": ARTICLE}],
        [{"@type": "WebSite"}, {"@type": "BreadcrumbList"}, ARTICLE],
        [{"@type": ["http://schema.org/ReportageNewsArticle", "Thing"], "headline": "Cầu mới"}],
        [{"@type": "NewsArticle", "name": "Cầu mới"}],
        [{"@type": "NewsArticle", "headline": ["Cầu mới", "khác"]}],
        [{"@type": "NewsArticle", "headline": {"@value": "Cầu mới", "@language": "vi"}}],
        [{"@type": "NewsArticle", "headline": "C&#7847;u m&#7899;i"}],
        ['{"@type": "NewsArticle", "headline": "Cầu mới",}'],
        ['{"@type": "NewsArticle", "headline": "Cầu\n mới"}{"@type": "WebSite"}'],
        ['<!--\n{"@type": "NewsArticle", "headline": "Cầu mới"}\n-->'],
        ['//<![CDATA[\n{"@type": "NewsArticle", "headline": "Cầu mới"}\n//]]>'],
        ["{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Cầu mới&quot;}"],
        ["", "not json", "[1, 2", ARTICLE],
        [{"@type": "NewsArticle", "headline": "Bài khác", "url": "https://example.vn/tin/khac-13.html"}, ARTICLE],
        [
            {"@type": "NewsArticle", "headline": "Bài khác"},
            {"@type": "NewsArticle", "headline": "Cầu mới", "mainEntityOfPage": {"@id": PAGE}},
        ],
    ],
)
def test_the_article_is_found(values: list[object]) -> None:
    assert " ".join((read(*values).headline or "").split()) == "Cầu mới"


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Lan", ("Lan",)),
        (["Lan", "Huy"], ("Lan", "Huy")),
        ({"@type": "Person", "name": "Lan"}, ("Lan",)),
        ({"name": ["Lan", "Huy"]}, ("Lan", "Huy")),
        ([{"name": "Lan"}, {"name": "Huy"}, {"name": ""}, None, 5], ("Lan", "Huy")),
        ({"@id": "#lan"}, ("Lan Trần",)),
        ([{"@id": "#lan"}, "Huy"], ("Lan Trần", "Huy")),
        ({"@type": "Person", "@id": "#lan", "name": "Lan"}, ("Lan",)),
        ({"@id": "#nobody"}, ()),
        ({"@type": "Person", "name": "Lan &amp; Huy"}, ("Lan & Huy",)),
        ("", ()),
        (None, ()),
    ],
)
def test_authors_in_every_form(author: object, names: tuple[str, ...]) -> None:
    people = {"@type": "Person", "@id": "#lan", "name": "Lan Trần"}
    assert read({"@graph": [people, {**ARTICLE, "author": author}]}).authors == names
    assert read(people, {**ARTICLE, "creator": author}).authors == names


@pytest.mark.parametrize(
    ("name", "value", "field", "said"),
    [
        ("isAccessibleForFree", False, "is_accessible_for_free", False),
        ("isAccessibleForFree", "True", "is_accessible_for_free", True),
        ("isAccessibleForFree", "maybe", "is_accessible_for_free", None),
        ("license", "https://example.vn/l", "license", "https://example.vn/l"),
        ("license", {"@type": "CreativeWork", "url": "https://example.vn/l"}, "license", "https://example.vn/l"),
        ("inLanguage", {"@type": "Language", "alternateName": "vi", "name": "Vietnamese"}, "language", "vi"),
        ("inLanguage", ["vi-VN", "en"], "language", "vi-VN"),
        ("articleSection", ["Thời sự", "Giao thông"], "section", ("Thời sự", "Giao thông")),
        ("keywords", [{"@type": "DefinedTerm", "name": "cầu"}, "sông"], "keywords", ("cầu", "sông")),
        ("datePublished", {"@value": "2025-01-17"}, "date_published", "2025-01-17"),
        ("datePublished", 20250117, "date_published", None),
    ],
)
def test_fields_in_every_form(name: str, value: object, field: str, said: object) -> None:
    assert getattr(read({**ARTICLE, name: value}), field) == said


def test_dates_of_the_page_where_the_article_has_none() -> None:
    linked = read({"@graph": [{"@type": "WebPage", "datePublished": "2025-01-17T08:00:00+07:00"}, ARTICLE]})
    assert linked.date_published == "2025-01-17T08:00:00+07:00"


def test_the_breadcrumb_without_home_and_the_article() -> None:
    steps: list[Any] = [
        {"@type": "ListItem", "position": 3, "name": "Cầu mới"},
        {"@type": "ListItem", "position": "1", "item": {"@id": "https://example.vn/", "name": "Trang chủ"}},
        {"@type": "ListItem", "position": 2, "name": "Thời sự", "item": "https://example.vn/thoi-su"},
    ]
    assert read(ARTICLE, {"@type": "BreadcrumbList", "itemListElement": steps}).section == ("Thời sự",)


def test_what_was_broken_is_told_of_each_field() -> None:
    linked = read('{"@type": "NewsArticle", "headline": "Cầu mới", "author": "Lan", "description": "cut in the mid')
    assert linked.headline == "Cầu mới"
    assert linked.description is None
    assert {"headline", "authors"} <= linked.repaired


@given(st.lists(st.text() | st.text(alphabet='{}[]",:@typeNwsArilgah\\ \n\x00'), max_size=4))
def test_any_scripts_give_a_reading(scripts: list[str]) -> None:
    assert isinstance(read_json_ld(scripts, PAGE), LinkedData)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.sampled_from(["https://[", "#a", "//"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["@id", "@type", "name", "url", "@value", "item", "position"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["headline", "author", "creator", "url", "mainEntityOfPage", "license", "inLanguage", "keywords",
             "articleSection", "isAccessibleForFree", "datePublished", "publisher", "itemListElement", "@id", "@graph"]
        ),
        VALUES,
    )
)  # fmt: skip
def test_any_values_give_a_reading(fields: dict[str, Any]) -> None:
    for kind in ("NewsArticle", "BreadcrumbList"):
        assert isinstance(read({**fields, "@type": kind}, ARTICLE), LinkedData)
