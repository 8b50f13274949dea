"""A selector finds what CSS says, whichever way its XPath goes."""

import pytest
from cssselect import HTMLTranslator

from processors.read.select import elements
from processors.read.tree import parse

PAGE = parse(
    b"""<main id="page" class="detail">
    <div class="author-box detail author" data-role="author"><a class="name">A</a><a>B</a></div>
    <div class="detail"><p id="lead" class="lead first">C</p><a data-role="author" type="big">D</a></div>
    <div class="detail  author" id="author" data-role="author"><b>E</b></div></main>"""
)


@pytest.mark.parametrize(
    "selector",
    [
        *(".author", ".detail .author", ".detail.author", ".detail a.name", ".author > a", ".author, .lead"),
        *("#lead", "#lead.first", "#author b", "#page .author", "#nothing", "a", "a.name", "p#lead"),
        *("[data-role=author]", "[data-role=author].author", "[data-role=author] a", "[data-role=author][type=big]"),
        *("[data-role=author]:not(#author)", ".detail:not(.author) a", "[data-role=author] + .detail"),
    ],
)
def test_a_selector_finds_what_css_says(selector: str) -> None:
    assert elements(PAGE, (selector,)) == PAGE.xpath(HTMLTranslator().css_to_xpath(selector, "descendant::"))
