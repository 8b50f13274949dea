"""Text documents: bytes become lines, and each line becomes what it is."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dongtin.errors import RejectPage
from dongtin.events import Provenance, RejectionReason
from processors.read.byline import find_byline
from processors.read.credit import ad_marker, comments_count, linked_word, source_line
from processors.read.ending import find_ending
from processors.read.picture_lines import is_picture_name
from processors.read.reading import Reading, SourceCredit
from processors.read.republication import is_site_line
from processors.read.text import MOST_LINES, read_text
from processors.read.text_lines import Line, is_rule, look, visible_lines

SITE = "Vietnam.vn - Nền tảng quảng bá Việt Nam"
BYLINE = "Báo Thanh niênBáo Thanh niên17/01/2025"
SOURCE = "Source: https://thanhnien.vn/mot-bai-bao-185250117194334368.htm"
COMMENTS = "Comment (0)"
FIRST = "The ferry left the island at dawn with forty passengers and a cargo of dried squid."
SECOND = "It returned in the evening, and the harbour master wrote the hour into his book."
THIRD = "Nobody had expected the fog, which stayed for three days and closed the port."
CHROME = ["No data", "No data", "Ten beaches for a long summer", "Heritage", "Business"]


def read(*lines: str, newline: str = "\n") -> Reading:
    return read_text(newline.join(lines).encode())


def texts(reading: Reading) -> list[str]:
    return [block.text for block in reading.blocks]


def printed_date(reading: Reading) -> str | None:
    return next((said.value for said in reading.dates_published), None)


def rejection(body: bytes) -> RejectPage:
    with pytest.raises(RejectPage) as caught:
        read_text(body)
    return caught.value


# -------------------------------------------------------------------------------------------------------------- bytes


@pytest.mark.parametrize(
    "body",
    [
        FIRST.encode(),
        b"\xef\xbb\xbf" + FIRST.encode(),
        b"\xff\xfe" + FIRST.encode("utf-16-le"),
        b"\xfe\xff" + FIRST.encode("utf-16-be"),
        f"\n\n  {FIRST}\u00a0 \r\n\r\n".encode(),
    ],
)
def test_utf_8_and_marked_utf_16_are_read(body: bytes) -> None:
    assert texts(read_text(body)) == [FIRST]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\n\u200b\n", "\n\ufeff \t\n"])
def test_every_newline_parts_lines(newline: str) -> None:
    reading = read(SITE, "Fog closes the port", BYLINE, FIRST, SECOND, SOURCE, COMMENTS, *CHROME, newline=newline)
    assert (reading.headline, texts(reading)) == ("Fog closes the port", [FIRST, SECOND])


def test_a_cut_character_at_the_end_is_one_replacement_character() -> None:
    body = f"{FIRST}\nCuối cùng là một chữ bị cắt ngang ệ".encode()
    assert texts(read_text(body[:-1]))[-1] == "Cuối cùng là một chữ bị cắt ngang \ufffd"


def test_a_few_unreadable_bytes_are_replacement_characters() -> None:
    assert texts(read_text(b"caf\xe9 " + FIRST.encode() * 5))[0].startswith("caf\ufffd The ferry")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("Một bài viết bằng tiếng Việt".encode("utf-16-le"), "NUL|not utf-8"),
        ("Статья на русском языке".encode("cp1251"), "not utf-8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not utf-8"),
        (b"text with\0 a hole", "NUL"),
        (b"\x01\x02\x03 control", "control"),
    ],
)
def test_what_is_no_text_is_unsupported_and_says_why(body: bytes, detail: str) -> None:
    error = rejection(body)
    assert error.reason == RejectionReason.UNSUPPORTED_CONTENT
    assert any(word in str(error.detail) for word in detail.split("|"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\n \r\n\t",
        "\u200b\n\ufeff".encode(),
        b"***\n---\n",
        "…\n?!\n🙂".encode(),
        SITE.encode(),
        f"{SOURCE}\n{COMMENTS}".encode(),
        f"{SITE}\nA headline\n{BYLINE}\n[ad_2]\n{SOURCE}\n{COMMENTS}\nNo data\nNo data".encode(),
    ],
)
def test_what_says_nothing_is_an_empty_body(body: bytes) -> None:
    assert rejection(body).reason == RejectionReason.EMPTY_BODY


def test_too_many_lines_are_unsupported() -> None:
    assert len(texts(read_text(b"word\n" * MOST_LINES))) == MOST_LINES
    assert rejection(b"word\n" * (MOST_LINES + 1)).reason == RejectionReason.UNSUPPORTED_CONTENT


# -------------------------------------------------------------------------------------------------------------- lines


@pytest.mark.parametrize(
    "line",
    [
        SITE,
        "vietnam.vn – Nền tảng quảng bá Việt Nam",
        "Vietnam.vn — Nền tảng  quảng bá\u00a0Việt Nam ",
        "Vietnam.vn | Nền tảng quảng bá Việt Nam",
        unicodedata.normalize("NFD", SITE),
        f"\ufeff\u200b{SITE}",
    ],
)
def test_the_title_line_of_the_site_is_known(line: str) -> None:
    assert is_site_line(Line(line, look(line), blank_before=False))
    assert read(line, FIRST).rule == "text/republication"


@pytest.mark.parametrize("line", ["***", "* * *", "---", "—", "…", "...", "- - -", "=====", "• • •", "_____", "~"])
def test_lines_of_only_rules_are_dropped(line: str) -> None:
    assert texts(read(FIRST, line, SECOND)) == [FIRST, SECOND]
    assert texts(read(FIRST, line, SECOND, SOURCE, COMMENTS)) == [FIRST, SECOND]


@pytest.mark.parametrize("line", ["?", "“…”", "1.", "*note", "(!)", "🙂", "5 - 3"])
def test_lines_with_something_else_stay(line: str) -> None:
    assert texts(read(FIRST, line, SECOND)) == [FIRST, line, SECOND]


@pytest.mark.parametrize(
    ("key", "last"),
    [
        ("[ad_1]", False),
        ("[ad_2]", True),
        ("[iklan_2]", True),
        ("[広告2]", True),
        ("[広告_2]", True),
        ("［広告２］", True),
        ("【广告_1】", False),
        ("[광고_2]", True),
        ("[विज्ञापन_२]", True),
        ("[إعلان_2]", True),
        ("[إعلان_١]", False),
        ("[โฆษณา_2]", True),
        ("[ anuncio 2 ]", True),
        ("[объявление_2]", True),
    ],
)
def test_an_advertisement_marker_is_known_in_any_script(key: str, last: bool) -> None:
    marker = ad_marker(look(key))
    assert marker is not None
    assert marker.is_last is last


def test_a_marker_without_underscore_counts_near_the_head_and_the_end() -> None:
    head, end = ["[広告1]", FIRST, SECOND], [FIRST, SECOND, "[広告2]", "HA KIEN"]
    body = [THIRD, SECOND, "[Figure2]", FIRST, SECOND, "[Figure1]", THIRD]
    assert texts(read(SITE, "A headline", BYLINE, *head, *body, *end, SOURCE, COMMENTS)) == [
        *head[1:], *body, FIRST, SECOND, "HA KIEN",
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["[1]", "[2]", "[12]", "[a1]", "[ad_3]", "[ad_12]", "[ad_2] text", "ad_2", "[see: 2]"])
def test_notes_and_the_like_are_no_advertisement_markers(key: str) -> None:
    assert ad_marker(key) is None
    assert key in texts(read(SITE, "A headline", BYLINE, FIRST, key, SECOND, SOURCE, COMMENTS))


def test_a_marker_with_a_space_counts_only_where_markers_stand() -> None:
    reading = read(SITE, "A headline", BYLINE, "[ad 1]", FIRST, SECOND, "[Part 2]", THIRD, "[ad 2]", SOURCE, COMMENTS)
    assert texts(reading) == [FIRST, SECOND, "[Part 2]", THIRD]


@pytest.mark.parametrize(
    ("key", "count"),
    [
        ("Comment (0)", 0),
        ("Comment(0)", 0),
        ("Komentar (12)", 12),
        ("コメント（0）", 0),
        ("コメント（１２）", 12),
        ("تعليق (٣)", 3),
        ("মন্তব্য (০)", 0),
        ("टिप्पणी (0)", 0),
        ("การแสดงความคิดเห็น (0)", 0),
        ("Bình luận (0)", 0),
        ("评论 ( 0 )", 0),
    ],
)
def test_a_comments_line_is_known_in_any_script(key: str, count: int) -> None:
    assert comments_count(look(key)) == count


@pytest.mark.parametrize(
    "key",
    [
        "(0)",
        "Comment 0",
        "Comment (none)",
        "He wrote: Comment (2)",
        "The team lost the last game of the season, as many had feared, by three to nothing (0)",
        "Table 3 (2)",
        "Comment (0) No data",
    ],
)
def test_other_lines_with_a_number_at_the_end_are_no_comments_line(key: str) -> None:
    assert comments_count(key) is None


ADDRESS = "https://thanhnien.vn/mot-bai-bao-185250117194334368.htm"


@pytest.mark.parametrize(
    ("line", "url", "author"),
    [
        (f"Source: {ADDRESS}", ADDRESS, None),
        (f"Source : {ADDRESS}", ADDRESS, None),
        (f"Source\u00a0: {ADDRESS}", ADDRESS, None),
        (f"Sumber:{ADDRESS}", ADDRESS, None),
        (f"出典：{ADDRESS}", ADDRESS, None),
        (f"स्रोत: {ADDRESS}", ADDRESS, None),
        (f"\u200fالمصدر: {ADDRESS}", ADDRESS, None),
        (f"ប្រភព៖ {ADDRESS}", ADDRESS, None),
        (unicodedata.normalize("NFD", f"Nguồn: {ADDRESS}"), ADDRESS, None),
        (f"Tautan sumber: {ADDRESS}.", ADDRESS, None),
        (f"Ursprung: {ADDRESS}", ADDRESS, None),
        (f"Source: <{ADDRESS}>", ADDRESS, None),
        (f"Source: ({ADDRESS})", ADDRESS, None),
        ("Source: https://a.vn/tin_(moi)", "https://a.vn/tin_(moi)", None),
        ("Source: HTTP://A.vn/b?c=1&d=2#e", "HTTP://A.vn/b?c=1&d=2#e", None),
        ("स्रोत: https://a.vn/2-ngay-บน-xa-post804124.html", "https://a.vn/2-ngay-บน-xa-post804124.html", None),
        (
            "Source: https://a.vn/two days on the-commune-post804124.html",
            "https://a.vn/two-days-on-the-commune-post804124.html",
            None,
        ),
        (f"Source: {ADDRESS} (in Vietnamese)", ADDRESS, None),
        (f"HA KIENQuelle: {ADDRESS}", ADDRESS, "HA KIEN"),
        (f"TB (Zusammenfassung)Quelle: {ADDRESS}", ADDRESS, "TB (Zusammenfassung)"),
        (f"Nguyễn Văn AnNguồn: {ADDRESS}", ADDRESS, "Nguyễn Văn An"),
        (f"T.L.Source : {ADDRESS}", ADDRESS, "T.L."),
        (f"HA KIEN出典: {ADDRESS}", ADDRESS, "HA KIEN"),
    ],
)
def test_a_source_line_is_a_label_a_colon_and_an_address(line: str, url: str, author: str | None) -> None:
    found = source_line(look(line))
    assert found is not None
    assert (found.url, found.author) == (url, author)
    reading = read(FIRST, SECOND, line, COMMENTS)
    assert reading.source == SourceCredit(url, None, linked=False)
    assert reading.authors == ((author,) if author else ())
    assert texts(reading) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "line",
    [
        "Source: Reuters",
        "Source: statistics office of the province",
        f"The paper wrote it first: {ADDRESS}",
        f"Source {ADDRESS}",
        f"Figures of 2024: {ADDRESS}",
        f"Source: {ADDRESS} says that the ferry will not sail before the fog has gone.",
        "Source: https://",
        ADDRESS,
    ],
)
def test_other_mentions_of_a_source_are_text(line: str) -> None:
    assert source_line(line) is None
    assert line in texts(read(SITE, "A headline", BYLINE, FIRST, line, SECOND, SOURCE, COMMENTS))


@pytest.mark.parametrize(
    "word", ["Tautan sumber", "출처 링크", "ソース", "원천", "Quelle", "Nguồn", "لینک منبع", "SOURCE LINK"]
)
def test_a_linked_word_above_the_comments_line_is_a_source_line_whose_address_is_lost(word: str) -> None:
    reading = read(FIRST, SECOND, word, COMMENTS, *CHROME)
    assert reading.rule == "text/republication"
    assert (reading.source, texts(reading)) == (None, [FIRST, SECOND])


def test_a_linked_word_in_a_language_of_no_list_is_known_by_the_marker_above_it() -> None:
    assert texts(read(FIRST, SECOND, "[iklan_2]", "Punca asal", COMMENTS)) == [FIRST, SECOND]
    assert texts(read(FIRST, SECOND, "Punca asal", COMMENTS)) == [FIRST, SECOND, "Punca asal", COMMENTS]


def test_a_name_glued_before_a_linked_word_is_the_author() -> None:
    assert read(FIRST, SECOND, "HA KIENQuelle", COMMENTS).authors == ("HA KIEN",)
    assert linked_word("Resource") is None
    assert linked_word("Nguồn lực") is None


@pytest.mark.parametrize(
    ("lines", "name", "date"),
    [
        ([BYLINE], "Báo Thanh niên", "17/01/2025"),
        (["VietNamNetVietNamNet22/11/2023"], "VietNamNet", "22/11/2023"),
        (["Báo Dân trí•25/08/2024"], "Báo Dân trí", "25/08/2024"),
        (["Báo Dân trí • 25/08/2024"], "Báo Dân trí", "25/08/2024"),
        (["VTV24VTV2401/02/2025"], "VTV24", "01/02/2025"),
        (["VTV.vn VTV.vn 1/2/2025"], "VTV.vn", "1/2/2025"),
        (["Việt Nam Việt Nam 23/09/2024"], "Việt Nam", "23/09/2024"),
        (["Báo Bà Rịa - Vũng TàuBáo Bà Rịa - Vũng Tàu06/09/2025"], "Báo Bà Rịa - Vũng Tàu", "06/09/2025"),
        ([unicodedata.normalize("NFD", BYLINE)], "Báo Thanh niên", "17/01/2025"),
        (["Báo Thanh niên\u200bBáo Thanh niên\u00a017/01/2025 "], "Báo Thanh niên", "17/01/2025"),
        (["Báo Thanh niên 17/01/2025"], "Báo Thanh niên", "17/01/2025"),
        (["Báo Thanh niên17/01/2025"], "Báo Thanh niên", "17/01/2025"),
        (["Báo Thanh niên", "Báo Thanh niên", "17/01/2025"], "Báo Thanh niên", "17/01/2025"),
        (["Báo Thanh niên", "Báo Thanh niên17/01/2025"], "Báo Thanh niên", "17/01/2025"),
        (["Báo Thanh niênBáo Thanh niên", "17/01/2025"], "Báo Thanh niên", "17/01/2025"),
        (["Báo Thanh niên", "•", "17/01/2025"], "Báo Thanh niên", "17/01/2025"),
        (["17/01/2025"], None, "17/01/2025"),
        (
            ["Bộ Văn hóa, Thể thao và Du lịchBộ Văn hóa, Thể thao và Du lịch17/01/2025"],
            "Bộ Văn hóa, Thể thao và Du lịch",
            "17/01/2025",
        ),
        (["VOV: Đài TNVN", "VOV: Đài TNVN", "17/01/2025"], "VOV: Đài TNVN", "17/01/2025"),
    ],
)
def test_a_byline_gives_the_publishers_name_once_and_the_date_as_printed(
    lines: list[str], name: str | None, date: str
) -> None:
    reading = read(SITE, "Fog closes the port", *lines, FIRST, SECOND, SOURCE, COMMENTS)
    assert reading.source is not None
    assert (reading.source.publisher_name, printed_date(reading)) == (name, date)
    assert (reading.headline, reading.authors, texts(reading)) == ("Fog closes the port", (), [FIRST, SECOND])


def test_a_line_above_a_bare_date_is_a_name_only_where_it_says_so() -> None:
    reading = read(SITE, "Fog closes the port", "Opening of the harbour fair", "17/01/2025", FIRST, SOURCE, COMMENTS)
    assert (printed_date(reading), texts(reading)) == ("17/01/2025", ["Opening of the harbour fair", FIRST])


def test_a_byline_on_lines_may_stand_below_breadcrumb_headline_and_lead() -> None:
    byline = ["Báo Tuổi Trẻ", "Báo Tuổi Trẻ", "13/10/2025"]
    reading = read(
        SITE,
        "HomeNewsFog closes the port…",
        "Fog closes the port for days",
        FIRST,
        SECOND,
        *byline,
        THIRD,
        SOURCE,
        COMMENTS,
    )
    assert (printed_date(reading), texts(reading)) == ("13/10/2025", [FIRST, SECOND, THIRD])


@pytest.mark.parametrize(
    "headline", ["Gold price today 17/01/2025", "Giá vàng hôm nay 17/1/2025: tăng mạnh", "What happened on 17/01/2025?"]
)
def test_a_headline_with_a_date_is_no_byline(headline: str) -> None:
    assert read(SITE, headline, FIRST, SOURCE, COMMENTS).headline == headline
    assert printed_date(read(SITE, headline, "Báo Dân trí•25/08/2024", FIRST, SOURCE, COMMENTS)) == "25/08/2024"


@pytest.mark.parametrize("line", ["Hanoi, 17/01/2025", "It began on 17/01/2025", "Báo Thanh niên 45/01/2025"])
def test_a_date_further_down_is_no_byline(line: str) -> None:
    reading = read(SITE, "A headline", FIRST, SECOND, line, THIRD, SOURCE, COMMENTS)
    assert (printed_date(reading), texts(reading)) == (None, [FIRST, SECOND, line, THIRD])


@pytest.mark.parametrize(
    "line",
    [
        "Nga - Iran ký hiệp ước chiến lược toàn diện- Ảnh 1.",
        "Chuyến phà cuối cùng rời đảo - Ảnh 12.",
        "Chuyến phà cuối cùng rời đảo - ảnh 2",
        unicodedata.normalize("NFD", "Chuyến phà cuối cùng rời đảo – Ảnh 3."),
        "Chuyến phà cuối cùng rời đảo - 1",
        "z6326215607360_3f6b77c09a.jpeg",
        "z6326215607360_3f6b… 기가픽셀 표준 v2 6x faceai.jpeg",
        "PHA-CUOI-CUNG.JPG",
        "anh 1737117814334 dep.webp",
        "Thợ dệt vùng cao hồi sinh màu chàm bị lãng quên - 1",
        "Nga - Iran ký hiệp ước chiến lược toàn diện - 12",
        "- Ảnh 1.",
        "Ảnh 3.",
    ],
)
def test_alternative_texts_are_pictures_without_address(line: str) -> None:
    reading = read(SITE, "The last ferry", BYLINE, FIRST, line, SECOND, line, THIRD, SOURCE, COMMENTS)
    assert [image.alt for image in reading.images] == [line, line]
    assert {image.url for image in reading.images} == {None}
    assert texts(reading) == [FIRST, SECOND, THIRD]
    assert reading.provenance["images"] == Provenance.TEXT


@pytest.mark.parametrize(
    "line",
    [
        "The home side won the final of the harbour cup 2 - 1",
        "After a long evening the vote in the harbour council was nine against eight - 1",
        "Đội thầy cô thắng đội phụ huynh với tỷ số 2 - 1",
        "In the harbour cup the crew of Đà Nẵng beat the crew of Phú Quốc by a single length - 1",
        "She opened the message, and the only thing in it was a file named ferry.jpeg",
        "https://example.org/ferry.jpeg",
        "Photo: Duy Khoa",
        "Ảnh: Duy Khoa",
    ],
)
def test_lines_that_may_be_sentences_stay_text(line: str) -> None:
    assert texts(read(SITE, "The last ferry", BYLINE, FIRST, line, SECOND, SOURCE, COMMENTS)) == [FIRST, line, SECOND]


def test_the_headline_with_a_number_is_a_picture_in_a_vietnamese_text_too() -> None:
    headline = "Chuyến phà cuối cùng rời đảo trong sương mù"
    first = "Chuyến phà cuối cùng rời đảo lúc bình minh, chở theo bốn mươi hành khách và những thúng mực khô."
    other = "Hai bên giằng co suốt buổi chiều và cuối cùng tỷ số được giữ nguyên là một đều - 1"
    reading = read(SITE, headline, BYLINE, first, f"{headline} - 1", other, first, SOURCE, COMMENTS)
    assert [image.alt for image in reading.images] == [f"{headline} - 1"]
    assert texts(reading) == [first, other, first]


def test_a_text_in_ideographs_is_told_from_vietnamese_by_its_letters() -> None:
    caption = "島のĐà Nẵng港で出航を待つ乗客たち、六日の朝"
    alt = "Thợ dệt vùng cao hồi sinh màu chàm bị lãng quên - 1"
    body = ["四十人の乗客を乗せた船は夜明けに島を出て、夕方に戻った。", caption, alt, caption, caption]
    reading = read(SITE, "最後の船", BYLINE, *body, SOURCE, COMMENTS)
    assert [image.alt for image in reading.images] == [alt, caption]
    assert texts(reading) == [body[0], caption, caption]


def test_a_numbered_photo_of_a_vietnamese_text_needs_its_dash() -> None:
    first = "Chuyến phà cuối cùng rời đảo lúc bình minh, chở theo bốn mươi hành khách và những thúng mực khô."
    assert texts(read(SITE, "Chuyến phà cuối cùng", BYLINE, first, "Ảnh 1.", first, SOURCE, COMMENTS))[1] == "Ảnh 1."


def test_a_caption_printed_twice_is_alternative_text_and_paragraph() -> None:
    caption = "Passengers wait on the pier for the last ferry to the mainland. Photo: Duy Khoa"
    reading = read(
        SITE, "The last ferry", BYLINE, FIRST, caption, caption, SECOND, "Refrain", "Refrain", SOURCE, COMMENTS
    )
    assert [image.alt for image in reading.images] == [caption]
    assert texts(reading) == [FIRST, caption, SECOND, "Refrain", "Refrain"]


# ------------------------------------------------------------------------------------------------------------- layout


def test_the_lead_above_the_byline_is_the_first_paragraph() -> None:
    reading = read(SITE, "The last ferry", FIRST, BYLINE, SECOND, SOURCE, COMMENTS)
    assert (reading.headline, reading.description, texts(reading)) == ("The last ferry", None, [FIRST, SECOND])
    assert printed_date(reading) == "17/01/2025"


@pytest.mark.parametrize(
    "headline", ["The last ferry", "Where did the ferry go?", "“We saw nothing”: fog", "霧で欠航が続く。"]
)
def test_the_line_below_the_title_line_is_the_headline(headline: str) -> None:
    reading = read(SITE, headline, BYLINE, FIRST, SOURCE, COMMENTS)
    assert (reading.headline, texts(reading)) == (headline, [FIRST])


def test_a_headline_needs_no_byline_below_the_title_line() -> None:
    assert read(SITE, "The last ferry", FIRST, SECOND).headline == "The last ferry"
    assert read(SITE, FIRST, SECOND).headline is None
    assert read(SITE, BYLINE, FIRST, SECOND).headline is None


def test_a_headline_needs_no_title_line_above_a_byline() -> None:
    reading = read("The last ferry", "Báo Dân trí•25/08/2024", FIRST, SOURCE, COMMENTS)
    assert (reading.headline, printed_date(reading), texts(reading)) == ("The last ferry", "25/08/2024", [FIRST])


def test_without_title_line_and_byline_a_headline_is_short_and_ends_no_sentence() -> None:
    assert read("The last ferry", FIRST, SECOND, SOURCE, COMMENTS).headline == "The last ferry"
    assert read("Where is the ferry?", FIRST, SECOND, SOURCE, COMMENTS).headline is None
    assert read(FIRST, SECOND, SOURCE, COMMENTS).headline is None


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("Home遗产织工们重新制出靛蓝…", "织工们重新制出靛蓝染料"),
        ("Home » Figure » The last ferry leaves the island", "The last ferry leaves the island"),
        ("Home / Figure / The last ferry leaves…", "The last ferry leaves the island"),
    ],
)
def test_a_breadcrumb_goes_in_ideographs_and_with_separators(line: str, headline: str) -> None:
    reading = read(SITE, line, headline, BYLINE, FIRST, SOURCE, COMMENTS)
    assert (reading.headline, texts(reading)) == (headline, [FIRST])


@pytest.mark.parametrize("line", ["HomeFigureThe last ferry leaves the island…", "The last ferry leaves the island"])
def test_a_breadcrumb_glued_to_the_headline_or_its_repetition_goes(line: str) -> None:
    headline = (
        "The last ferry leaves the island" if line.startswith("The") else "The last ferry leaves the island at dawn"
    )
    reading = read(SITE, line, headline, BYLINE, FIRST, SOURCE, COMMENTS)
    assert (reading.headline, texts(reading)) == (headline, [FIRST])


def test_a_lead_that_begins_like_the_headline_stays() -> None:
    lead = "The last ferry leaves the island at dawn, and nobody knows when the next one will come."
    reading = read(SITE, "The last ferry leaves the island", lead, BYLINE, FIRST, SOURCE, COMMENTS)
    assert (reading.headline, texts(reading)) == ("The last ferry leaves the island", [lead, FIRST])


def test_all_that_follows_the_comments_line_goes() -> None:
    tail = [*CHROME, "A reader wrote that this was the best ferry in the world.", "Source: Reuters", "Like (3)"] * 20
    assert texts(read(SITE, "A headline", BYLINE, FIRST, SOURCE, "", COMMENTS, *tail)) == [FIRST]


def test_a_source_line_alone_is_the_end_near_the_end_of_a_titled_document() -> None:
    reading = read(SITE, "A headline", BYLINE, FIRST, SOURCE, *CHROME)
    assert (reading.source is not None, texts(reading)) == (True, [FIRST])
    reading = read(SITE, "A headline", BYLINE, FIRST, SOURCE, SECOND)
    assert (reading.source, texts(reading)) == (None, [FIRST, SOURCE, SECOND])


def test_a_comments_line_alone_is_the_end_where_only_chrome_follows() -> None:
    assert texts(read(SITE, "A headline", BYLINE, FIRST, COMMENTS, *CHROME)) == [FIRST]
    assert texts(read(SITE, "A headline", BYLINE, FIRST, "Comment (2)", SECOND)) == [FIRST, "Comment (2)", SECOND]
    assert texts(read(FIRST, COMMENTS)) == [FIRST, COMMENTS]


def test_of_several_source_lines_the_one_above_the_comments_line_counts() -> None:
    other = "Details: https://example.org/figures"
    reading = read(FIRST, other, SECOND, "Source: https://a.vn/b-1.html", COMMENTS)
    assert reading.source == SourceCredit("https://a.vn/b-1.html", None, linked=False)
    assert texts(reading) == [FIRST, other, SECOND]


def test_of_several_ends_the_first_without_comments_counts_else_the_last() -> None:
    quoted = ["Source: https://example.org/figures", "Chart (2)"]
    assert texts(read(FIRST, *quoted, SECOND, SOURCE, COMMENTS)) == [FIRST, *quoted, SECOND]
    assert texts(read(FIRST, *quoted, SECOND, SOURCE, "Comment (7)")) == [FIRST, *quoted, SECOND]
    reading = read(FIRST, SOURCE, COMMENTS, "Source: https://evil.example/x-1.html", "Reply (1)")
    assert reading.source is not None
    assert reading.source.url == ADDRESS


def test_a_source_and_a_number_above_more_text_are_no_end() -> None:
    quoted = ["Source: https://example.org/figures", "Chart (2)"]
    assert texts(read(FIRST, *quoted, SECOND)) == [FIRST, *quoted, SECOND]
    assert texts(read(SITE, "A headline", BYLINE, FIRST, *quoted, SECOND, THIRD)) == [FIRST, *quoted, SECOND, THIRD]
    assert texts(read(FIRST, SECOND, *quoted)) == [FIRST, SECOND]
    assert texts(read(FIRST, quoted[0], "Komentar (2)", SECOND)) == [FIRST]
    assert texts(read(FIRST, *quoted, "No data", "No data", SECOND)) == [FIRST]
    assert texts(read(SITE, "A headline", BYLINE, FIRST, "Map (2)")) == [FIRST, "Map (2)"]


def test_a_quoted_ending_is_no_end_where_text_and_the_end_follow() -> None:
    quoted = ["Source: https://example.org/figures", COMMENTS]
    reading = read(SITE, "A headline", BYLINE, FIRST, *quoted, SECOND, THIRD, SOURCE, COMMENTS, *CHROME)
    assert texts(reading) == [FIRST, *quoted, SECOND, THIRD]
    assert reading.source is not None
    assert reading.source.url == ADDRESS


def test_a_word_with_a_name_is_a_source_line_at_the_end_of_a_titled_document() -> None:
    reading = read(SITE, "A headline", BYLINE, FIRST, "HA KIENQuelle", *CHROME)
    assert (reading.authors, texts(reading)) == (("HA KIEN",), [FIRST])


def test_thai_paragraphs_are_text_though_they_have_no_full_stop() -> None:
    thai = "กลุ่มช่างทอสี่สิบคนบนเนินเขาทางเหนือได้ฟื้นสีครามที่ไม่ได้ผลิตมาสามทศวรรษ" * 2
    assert texts(read(SITE, "สีคราม", BYLINE, thai, "ที่มา", thai)) == [thai, "ที่มา", thai]


def test_an_address_without_scheme_or_on_its_own_line_counts_above_the_comments_line() -> None:
    assert read(FIRST, "Source: thanhnien.vn/tin-185250117194334368.htm", COMMENTS).source == SourceCredit(
        "https://thanhnien.vn/tin-185250117194334368.htm", None, linked=False
    )
    assert read(FIRST, "Source:", ADDRESS, COMMENTS).source == SourceCredit(ADDRESS, None, linked=False)


def test_without_title_line_or_end_a_document_is_plain() -> None:
    reading = read("The last ferry", "", FIRST, BYLINE, "[ad_2]", "x_1.jpeg", SOURCE, SECOND)
    assert (reading.rule, reading.publisher_id, reading.source) == ("text/plain", None, None)
    assert texts(reading) == [FIRST, BYLINE, "[ad_2]", "x_1.jpeg", SOURCE, SECOND]


def test_provenance_names_the_fields_that_are_given() -> None:
    reading = read(SITE, "A headline", BYLINE, "ferry_1.jpeg", FIRST, f"HA KIEN{SOURCE}", COMMENTS)
    assert {said.source for said in reading.dates_published} == {Provenance.TEXT}
    named = {"headline", "body", "images", "origin", "publisher", "authors"}
    assert reading.provenance == dict.fromkeys(named, Provenance.TEXT)
    assert read(FIRST).provenance == {"body": Provenance.TEXT}


# -------------------------------------------------------------------------------------------------------- plain texts


def test_a_plain_headline_is_short_ends_no_sentence_and_stands_apart() -> None:
    assert read("The last ferry", "", FIRST).headline == "The last ferry"
    assert read("The last ferry", FIRST).headline is None
    assert read("The last ferry.", "", FIRST).headline is None
    assert read("ferry " * 40, "", FIRST).headline is None
    assert texts(read("The last ferry")) == ["The last ferry"]


def test_text_wrapped_by_hand_is_joined_and_other_lines_are_not() -> None:
    wrapped = [
        "The ferry left the island at dawn with forty passengers and a cargo",
        "of dried squid, and the harbour master wrote the hour into his book",
        "as he had done for thirty years.",
    ]
    verse = ["The ferry left at dawn", "and nobody was there", "to wave it off", ""]
    assert texts(read(*wrapped, "", *wrapped)) == [" ".join(wrapped)] * 2
    assert texts(read(*wrapped)) == wrapped
    assert texts(read(*verse, *verse)) == [line for line in verse * 2 if line]
    assert texts(read(FIRST, SECOND, "", THIRD, FIRST)) == [FIRST, SECOND, THIRD, FIRST]


# --------------------------------------------------------------------------------------------------------- properties

LIKELY = [
    *(SITE, BYLINE, SOURCE, COMMENTS, FIRST, SECOND, THIRD, "The last ferry", "[ad_2]", "[広告1]", "[ad 2]", "***", ""),
    *("Tautan sumber", "HA KIENQuelle", "Komentar (3)", "Báo Dân trí", "17/01/2025", "Chuyến phà cuối cùng - Ảnh 1."),
    *("z6326215607360_1 x.jpeg", "No data", "Details: https://example.org/a", "Source: Reuters", "[1]", "Comment (2)"),
    *(
        "HomeNewsThe last ferry leaves…",
        "The last ferry leaves the island",
        "\u200b",
        "Chuyến phà cuối cùng rời đảo - 1",
    ),
]
LINES = st.one_of(st.sampled_from(LIKELY), st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60))
DOCUMENTS = st.lists(LINES, max_size=30).map("\n".join)
Outcome = Reading | RejectionReason


def outcome(body: bytes) -> Outcome:
    try:
        return read_text(body)
    except RejectPage as error:
        return error.reason


@settings(derandomize=True, max_examples=300)
@given(st.one_of(st.binary(max_size=400), DOCUMENTS.map(str.encode)))
@example(b"\xff\xfe\x00\xd8")
@example(b"\xe1\xbb")
def test_any_bytes_are_a_reading_or_a_rejection(body: bytes) -> None:
    result = outcome(body)
    assert outcome(body) == result
    if isinstance(result, Reading):
        assert result.blocks
        assert all(block.text and block.text == block.text.strip() for block in result.blocks)
        "".join(block.text for block in result.blocks).encode()
    else:
        assert result in (RejectionReason.EMPTY_BODY, RejectionReason.UNSUPPORTED_CONTENT)


@settings(derandomize=True, max_examples=300)
@given(st.lists(LINES, max_size=40))
def test_paragraphs_and_pictures_are_lines_of_the_document_in_its_order(lines: list[str]) -> None:
    result = outcome("\n\n".join(lines).encode())
    if isinstance(result, Reading):
        for found in ([block.text for block in result.blocks], [image.alt or "" for image in result.images]):
            remaining = iter([part.strip() for part in "\n".join(lines).splitlines()])
            assert all(text in remaining for text in found)


@settings(derandomize=True, max_examples=500)
@given(DOCUMENTS)
def test_every_line_is_in_a_field_or_of_a_kind_that_is_dropped_by_name(document: str) -> None:
    result = outcome(document.encode())
    if not isinstance(result, Reading):
        return
    lines = visible_lines(document, 1000)
    kept = {block.text for block in result.blocks} | {image.alt for image in result.images} | {result.headline}
    if result.rule == "text/plain":
        assert all(line.text in kept or is_rule(line) or line.text in "".join(texts(result)) for line in lines)
        return
    ending = find_ending(lines, titled=any(map(is_site_line, lines[:5])))
    above = lines[: ending.start] if ending else lines
    dropped = (is_rule, is_site_line, lambda line: ad_marker(line.key) is not None)
    assert all(
        line.text in kept or any(kind(line) for kind in dropped) or is_head(line, result, above) for line in above
    )


def is_head(line: Line, reading: Reading, lines: list[Line]) -> bool:
    """Part of a byline, or a line that only says the headline after a breadcrumb."""
    dates = [at for at, each in enumerate(lines) if each.key == printed_date(reading)]
    names = {each.key for at in dates for each in lines[max(at - 4, 0) : at] if len(each.key) <= 120}
    in_byline = find_byline([line]) is not None or line.key in (*names, printed_date(reading))
    headline = look(reading.headline or "")
    says_headline = bool(headline) and headline[:15] in line.key
    return (in_byline and printed_date(reading) is not None) or says_headline


@settings(derandomize=True, max_examples=200)
@given(
    st.lists(
        st.sampled_from([FIRST, SECOND, THIRD, "Is it so?", "1. A heading", "Photo: Duy Khoa"]), min_size=1, unique=True
    )
)
def test_reading_a_body_again_changes_nothing(paragraphs: list[str]) -> None:
    wrappers: list[Callable[[list[str]], list[str]]] = [
        lambda body: body,
        lambda body: [SITE, "A headline", BYLINE, *body, SOURCE, COMMENTS, *CHROME],
        lambda body: ["A headline", BYLINE, *body, "[ad_2]", SOURCE, COMMENTS],
    ]
    first: Any = None
    for wrapped in wrappers:
        body = texts(read(*wrapped(paragraphs)))
        first = first or body
        assert body == first
        assert texts(read(*wrapped(body))) == body


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b"a " * 500_000,
        b"\n" * 500_000,
        f"{SITE}\n{'[(' * 200_000}".encode(),
        (f"{SITE}\n" + f"{SOURCE}\n{COMMENTS}\n" * 8_000).encode(),
        (f"{SITE}\nSource: https://a.b" + ")" * 1_900 + "\nComment (1)\n").encode() * 200,
        (f"{SITE}\n" + ("a" + "\u0301\u0316" * 140 + "\n") * 500).encode(),
        ("a" + "\u0301\u0316" * 200_000).encode(),
        (f"{SITE}\n" + ("1/" * 100 + "\n" + "- " * 140 + "Ảnh\n" + "a_ " * 80 + ".jpeg\n") * 1_000).encode(),
    ],
)
def test_hostile_documents_are_read_to_their_end(body: bytes) -> None:
    """Within the test's time limit; a quadratic step would take hours on some of these."""
    assert outcome(body) is not None


def test_a_picture_name_is_not_looked_for_in_long_lines() -> None:
    line = Line("a" * 3000 + ".jpeg", look("a" * 3000 + ".jpeg"), blank_before=False)
    assert not is_picture_name(line)
