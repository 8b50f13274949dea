"""The two documents the project began with, read: the text, the whole text, and nothing but the text."""

from pathlib import Path

import pytest

from dongtin.events import BlockKind, Provenance
from processors.read.reading import ReadImage, Reading, Said, SourceCredit
from processors.read.text import read_text

SEEDS = Path(__file__).parents[3] / "seeds"
INDONESIAN = "000_274b4622df84254c.txt"
ENGLISH = "003_135258ed484cef86.txt"
SOURCE = "https://thanhnien.vn/nga-iran-ky-hiep-uoc-chien-luoc-toan-dien-185250117194334368.htm"
CHROME = (
    "[iklan_2]",
    "Source:",
    "http",
    "Komentar",
    "Comment (",
    "No data",
    "No videos",
    "upside down bowl",
    "Maldives",
    "Son Doong",
    "Taste of the river",
    "Heritage",
    "Political System",
    "Nền tảng",
    "Báo Thanh niên",
    "Ảnh 1",
)


def seed(name: str) -> Reading:
    return read_text((SEEDS / name).read_bytes())


@pytest.mark.parametrize("name", [INDONESIAN, ENGLISH])
def test_the_body_is_twelve_paragraphs_without_chrome(name: str) -> None:
    reading = seed(name)
    assert len(reading.blocks) == 12
    assert {block.kind for block in reading.blocks} == {BlockKind.PARAGRAPH}
    text = "\n".join(block.text for block in reading.blocks)
    assert [word for word in CHROME if word in text] == []


@pytest.mark.parametrize("name", [INDONESIAN, ENGLISH])
def test_each_paragraph_is_a_line_of_the_document_in_its_order(name: str) -> None:
    lines = iter((SEEDS / name).read_text("utf-8").splitlines())
    assert all(any(line == block.text for line in lines) for block in seed(name).blocks)


@pytest.mark.parametrize("name", [INDONESIAN, ENGLISH])
def test_it_is_a_republication_of_vietnam_vn_without_description_or_author(name: str) -> None:
    reading = seed(name)
    assert (reading.rule, reading.publisher_id) == ("text/republication", "vietnam.vn")
    assert (reading.description, reading.authors, reading.flags) == (None, (), frozenset())


def test_the_indonesian_document_has_neither_headline_nor_date() -> None:
    reading = seed(INDONESIAN)
    assert (reading.headline, reading.dates_published, reading.images) == (None, (), ())
    assert reading.blocks[0].text.startswith("Hari ini (17 Januari)")
    assert reading.blocks[-1].text.startswith("Di masa lalu")
    assert reading.source == SourceCredit(SOURCE, None, linked=False)


def test_the_english_document_has_headline_date_publisher_and_picture() -> None:
    reading = seed(ENGLISH)
    assert reading.headline == "Iran signs comprehensive strategic pact"
    assert reading.dates_published == (Said("17/01/2025", Provenance.TEXT),)
    assert reading.blocks[0].text.startswith("Russian President Vladimir Putin and Iranian")
    assert reading.blocks[-1].text.startswith("In the past")
    assert reading.source == SourceCredit(SOURCE, "Báo Thanh niên", linked=False)
    assert reading.images == (ReadImage(alt="Nga - Iran ký hiệp ước chiến lược toàn diện- Ảnh 1."),)
