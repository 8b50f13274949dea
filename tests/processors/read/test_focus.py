"""The small page says what the whole page says, and is small."""

from itertools import chain
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from dongtin.documents import find_documents
from dongtin.errors import RejectPage
from dongtin.publishers import identify
from processors.publishers import RULES, Template, rule_of
from processors.read import html
from processors.read.focus import MOST_TAGS, focus
from processors.read.html import read_html
from processors.read.reading import Reading
from processors.read.select import css_of, elements
from processors.read.tree import parse

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = [path.parent for path in sorted(GOLDEN.glob("*/*/page.html")) if path.parts[-3] in ("thanhnien", "vietnam")]
TEMPLATES = [template for rule in RULES.values() for template in rule.templates]
CHROME = "<ul class=menu>" + "<li><a href=/a.htm>Mục</a></li>" * 500 + "</ul><script>var a = '<p>b</p>';</script>"


def reading(case: Path) -> Reading | str:
    (document,) = find_documents([case], None).documents
    _, page = document.load()
    try:
        return read_html(page.body, page.content_type, identify(page.final_url or ""), page.date_fetched)
    except RejectPage as error:
        return str(error.reason)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parts[-2]}-{case.parts[-1]}")
def test_focused_and_whole_a_page_reads_the_same(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    focused = reading(case)
    monkeypatch.setattr(html, "focus", lambda markup, templates: None)
    assert reading(case) == focused


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_both_parsers_understand_each_selector(template: Template) -> None:
    page, root = LexborHTMLParser("<p></p>"), parse(b"<p></p>")
    for selector in (*template.container, *chain(*template.looked_up), *template.headline_without, *template.keywords):
        assert page.css(css_of(selector)) == elements(root, (selector,)) == []


def thanhnien(body: str) -> bytes | None:
    rule = rule_of("thanhnien.vn")
    assert rule is not None
    return focus(f"<html lang=vi><head><title>Cầu</title></head><body>{body}</body></html>".encode(), rule.templates)


def test_what_lies_around_the_article_is_left_out() -> None:
    article = '<h1 class="detail-title">Cầu</h1><div class="detail-content afcbc-body"><p>Một câu.</p></div>'
    small = thanhnien(
        f"{CHROME}<main><div>{article}</div></main>{CHROME}<script type='application/LD+json'>{{}}</script>"
    )
    assert small is not None
    text = small.decode()
    assert "Mục" not in text
    assert "var a" not in text
    assert all(part in text for part in ('lang="vi"', "<title>Cầu</title>", "<h1", "Một câu.", "{}"))


def test_without_a_container_there_is_no_small_page() -> None:
    assert thanhnien(CHROME) is None


def test_a_page_of_many_tags_is_left_to_lxml() -> None:
    """lexbor takes time by the square of the depth: 49,000 nested elements took it seconds."""
    article = '<div class="detail-content afcbc-body"><p>Một câu.</p></div>'
    assert thanhnien(article + "<b></b>" * 1_000) is not None
    assert thanhnien(article + "<div>" * (MOST_TAGS + 1)) is None
