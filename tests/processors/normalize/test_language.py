"""Languages: the declared one holds unless a long text shows another with confidence, and never between twins."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.normalize.language import bcp47, decide, identify, word_count

GOLDEN = Path(__file__).parents[2] / "golden" / "text"
VIETNAMESE = (
    "Sáng nay, chính quyền thành phố khai trương tuyến xe buýt đường sông đầu tiên chạy bằng điện. Tàu chở được sáu"
    " mươi hành khách và đi từ bến cũ đến chợ trung tâm trong hai mươi lăm phút. Người dân được đi miễn phí trong tuần"
    " đầu tiên, còn học sinh được giảm một nửa giá vé cho đến hết năm học."
)
INDONESIAN = (
    "Pemerintah kota meresmikan jalur bus sungai bertenaga listrik yang pertama pada hari Rabu. Kapal itu dapat"
    " mengangkut enam puluh penumpang dan menempuh perjalanan dari dermaga lama ke pasar pusat dalam dua puluh lima"
    " menit. Warga boleh naik gratis selama minggu pertama, sedangkan pelajar mendapat potongan setengah harga."
)


def articles() -> list[tuple[str, str]]:
    """Language and text of the golden cases."""
    found = []
    for path in sorted(GOLDEN.glob("*/expected.json")):
        article = json.loads(path.read_text()).get("article", {})
        if article.get("language") and article.get("blocks"):
            found.append((article["language"], "\n".join(article["blocks"])))
    return found


@pytest.mark.parametrize(("language", "text"), articles())
def test_a_whole_text_shows_its_language(language: str, text: str) -> None:
    detected = identify(text, language)
    assert detected
    assert detected.language == language


@pytest.mark.parametrize("declared", ["en", "fr", "zh-CN", "ar"])
def test_a_long_text_overrules_what_is_declared(declared: str) -> None:
    language, detected, mismatch = decide(declared, VIETNAMESE)
    assert (language, mismatch) == ("vi", True)
    assert detected
    assert detected.language == "vi"


def test_a_short_text_does_not() -> None:
    assert decide("en", VIETNAMESE[:120])[::2] == ("en", False)


@pytest.mark.parametrize("declared", ["id", "ms"])
def test_between_twins_the_declared_one_holds(declared: str) -> None:
    language, detected, mismatch = decide(declared, INDONESIAN)
    assert detected
    assert (language, detected.language, mismatch) == (declared, declared, False)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Kantor itu ditutup karena hujan deras.", "id"),
        ("Pejabat itu ditutup kerana hujan lebat.", "ms"),
        ("Pembeli dari empat wilayah telah menempah kain, dan bal pertama akan dihantar dengan lori.", "ms"),
        ("Kereta itu menuju stasiun baru pada hari Kamis pagi.", "id"),
    ],
)
def test_words_tell_the_twins_of_a_short_text_apart(text: str, language: str) -> None:
    assert decide(None, text)[0] == language
    assert decide("ms", text)[0] == "ms"


@pytest.mark.parametrize("text", ["ព័ត៌មានថ្មីៗ" * 8, "ຂ່າວໃໝ່ປະຈຳວັນ" * 8, "a" * 60, "இன்று புதிய செய்தி" * 8])
def test_a_language_of_which_too_little_is_shown_is_unknown(text: str) -> None:
    language, detected, mismatch = decide(None, text)
    assert detected
    assert (language, mismatch) == (None, False)


@pytest.mark.parametrize("text", ["", "12 34 56", "Ảnh 1.", "\u200f\u200f", "😀" * 300])
def test_of_nothing_nothing_is_said(text: str) -> None:
    assert decide(None, text) == (None, None, False)
    assert decide("vi", text) == ("vi", None, False)


@pytest.mark.parametrize(
    ("declared", "tag"),
    [
        ("vi-VN", "vi"), ("VI", "vi"), ("en_US", "en"), ("zh-cn", "zh-CN"), ("zh", "zh-CN"), ("zh-Hant", "zh-TW"),
        ("zh_TW", "zh-TW"), ("in", "id"), ("pt-BR", "pt"), ("", None), ("vietnamese", None), ("x", None),
    ],
)  # fmt: skip
def test_a_declared_tag_is_spelled_as_bcp_47_does(declared: str, tag: str | None) -> None:
    assert bcp47(declared) == tag


@pytest.mark.parametrize(
    ("text", "words"),
    [("một hai, ba - bốn", 4), ("", 0), ("— …", 0), ("電動水上バス", 2), ("รถเมล์ไฟฟ้า", 3), ("VTV.vn 2025", 2)],
)
def test_words_are_counted_in_scripts_without_spaces_too(text: str, words: int) -> None:
    assert word_count(text) == words


@given(st.text(), st.none() | st.text(max_size=12))
def test_any_text_has_a_language_or_none(text: str, declared: str | None) -> None:
    decide(bcp47(declared) if declared else None, text)
