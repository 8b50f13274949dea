"""What means nothing in a page changes nothing in its event."""

import json
import random
from pathlib import Path

import pytest
from lxml import etree, html

from dongtin.codec import canonical, page_record
from dongtin.documents import find_documents
from dongtin.events import Article, Page
from dongtin.publishers import page_key
from dongtin.record import Message
from processors.arrival import accept
from processors.changes import Shows
from processors.look import look

BYTES_MATTER = ("cut-", "utf-16", "gzip", "null", "declared", "decomposed", "en-page-cut")
GOLDEN = Path(__file__).parents[2] / "golden"
CASES = [
    path.parent
    for folder in ("thanhnien", "tuoitre", "vtv", "vietnam")
    for path in sorted((GOLDEN / folder).glob("*/page.html"))
    if not path.parent.name.startswith(BYTES_MATTER)
    and json.loads((path.parent / "expected.json").read_text())["fate"] == "published"
]
BETWEEN = {"html", "head", "body", "ul", "ol", "table", "tbody", "tr", "thead"}
"""Elements in which white space stands between others, and nothing else does."""


def saved(case: Path) -> Page:
    (document,) = find_documents([case], None).documents
    return document.load()[1]


def shown(page: Page) -> Shows:
    key = page_key(page.requested_url, page.final_url, page.status)
    record = page_record(page, key, "/test/spiders")
    return look(accept(Message(record.topic, 0, 1, 0, record.key, record.value, record.headers)))


def said(shows: Shows) -> bytes:
    """The event without the facts of its bytes."""
    if isinstance(shows, Article):
        return canonical({**vars(shows), "page": None})
    return canonical(shows)


def rewritten(body: bytes, seed: int) -> bytes:
    """The same page: attributes in another order, comments, and white space where it means nothing."""
    chance = random.Random(seed)
    root = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))
    for element in list(root.iter(etree.Element)):
        attributes = list(element.attrib.items())
        chance.shuffle(attributes)
        element.attrib.clear()
        element.attrib.update(attributes)
        if element.tag in BETWEEN:
            for child in element:
                child.tail = (child.tail or "") + chance.choice(["", "\n", "  \t"])
        if element.tag in ("p", "div") and len(element) == 0 and element.text:
            at = chance.randrange(len(element.text) + 1)
            comment = etree.Comment(" siteid185:thread <p>Bình luận</p> ")
            comment.tail, element.text = element.text[at:], element.text[:at]
            element.insert(0, comment)
    return b"<!DOCTYPE html>" + etree.tostring(root, method="html", encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parts[-2]}-{case.parts[-1]}")
def test_order_of_attributes_white_space_and_comments_change_nothing(case: Path) -> None:
    page = saved(case)
    other = Page(**{**vars(page), "body": rewritten(page.body, seed=len(page.body))})
    assert said(shown(other)) == said(shown(page))


@pytest.mark.parametrize("case", CASES[:20], ids=lambda case: case.name)
def test_reading_twice_gives_the_same(case: Path) -> None:
    assert said(shown(saved(case))) == said(shown(saved(case)))
