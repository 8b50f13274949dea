"""Text repair: what linked terms and editors leave behind goes, and nothing else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.normalize.text import SUSPECTED, _repaired, clean_block, clean_line, clean_table, repair_spaces


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  a\u00a0\u3000b\t c \u2009d  ", "a b c d"),
        ("Vie\u0323\u0302t", "Việt"),
        ("a\x00b\x07c\x7fd\x9fe", "abcde"),
        ("\ufeffco\u00adop\u2060er", "cooper"),
        ("a\u200bb \u200c\u200dc", "ab c"),
        ("ไทย\u200bแลนด์", "ไทย\u200bแลนด์"),
        ("ไทย\u200b abc", "ไทย abc"),
        ("ไทย\u200b\u200b\u200bแลนด์ a\u200b\u200bb", "ไทย\u200bแลนด์ ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("\ud800x", "\ufffdx"),
        ("tail \u200b", "tail"),
        ("line\u2028end\x85more", "line end more"),
    ],
)
def test_a_line_is_clean(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


@pytest.mark.parametrize(
    ("language", "raw", "repaired"),
    [
        ("id", "bidang seperti militer , antiterorisme", "bidang seperti militer, antiterorisme"),
        ("en", "the Politburo : yes", "the Politburo: yes"),
        ("en", "Can Tho , Hue .", "Can Tho, Hue."),
        ("en", "( see below )", "(see below)"),
        ("en", "he said ; then ? yes ! [ sic ]", "he said; then? yes! [sic]"),
        ("en", 'the "Dragon" , he said', 'the "Dragon", he said'),
        ("en", "in 2025 , the", "in 2025, the"),
        ("ar", "الرئيس ، قال ؟", "الرئيس، قال؟"),
        ("ur", "صدر ، کہا ۔", "صدر، کہا۔"),
        ("hi", "राष्ट्रपति , ने कहा ।", "राष्ट्रपति, ने कहा।"),
        ("ja", " タインホア省 の 人々 。", "タインホア省の人々。"),
        ("zh-CN", "河内 市 ， 2025 年", "河内市， 2025 年"),
        ("ko", "하노이 시 , 그리고 ( 짜 빈성)", "하노이 시, 그리고 (짜 빈성)"),
        ("fr", "qu' il s’ agit d' un pont , voilà", "qu'il s’agit d'un pont, voilà"),
        ("fr", "Il dit : « Oui ! »", "Il dit : « Oui ! »"),
        ("vi", "Bộ Chính trị : họp", "Bộ Chính trị: họp"),
        ("es", "¿ Qué pasa ?", "¿Qué pasa?"),
        ("en", "Who ?! Nobody !!", "Who?! Nobody!!"),
        ("en", "he said :“yes” ,(no) ,maybe", "he said:“yes”,(no),maybe"),
        ("en", "The score : 3 points", "The score: 3 points"),
        ("hi", "वह गया ।फिर", "वह गया।फिर"),
        ("fr", "aujourd' hui, quelqu' un d’ autre", "aujourd'hui, quelqu'un d’autre"),
        ("pt", "um copo d' água", "um copo d'água"),
    ],
)
def test_stray_spaces_go(language: str, raw: str, repaired: str) -> None:
    assert repair_spaces(clean_line(raw), language) == repaired


@pytest.mark.parametrize(
    "text",
    [
        "the score was 3 : 2 today",
        "at 10 : 30",
        "about .5 percent, .vn domains and .NET",
        "see https://a.vn/b : it works",
        "smile :) and :-D ;)",
        "wait ...",
        "the end …",
        "rock 'n' roll - and more",
        "5 – 6",
        "하노이 시 사람들",
        "user @ host",
        "ok ;-)",
        "dogs' tails and the boys' toys",
        "sad :( and :-( and ;( today",
        "10 ,5 and 1 ,000",
    ],
)
def test_what_is_meant_stays(text: str) -> None:
    assert repair_spaces(text, "en") == text


def test_a_quoted_letter_is_no_elision() -> None:
    assert repair_spaces("le rock 'n' roll", "fr") == "le rock 'n' roll"


@given(st.text())
def test_cleaning_is_idempotent_and_leaves_nothing_invisible(text: str) -> None:
    clean = clean_line(text)
    assert clean_line(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in clean)
    assert clean == clean.strip()


SPACED = st.text(alphabet="ab1 ,.:;!?()[]«»'’\"。、「」中ア한。:)", max_size=40)


@given(SPACED, st.sampled_from(["en", "fr", "ja", "ko", "ar", None]))
def test_repair_takes_spaces_alone_and_is_idempotent(text: str, language: str | None) -> None:
    line = clean_line(text)
    repaired = repair_spaces(line, language)
    assert repaired.replace(" ", "") == line.replace(" ", "")
    assert repair_spaces(repaired, language) == repaired


def test_a_pile_of_marks_is_no_trap() -> None:
    """NFC sorts a run of marks by the square of its length: 100,000 would take seconds, and 4 MB hours."""
    assert len(clean_line("a" + "\u0301\u0323" * 1_000_000)) < 40


def test_lines_and_cells_stay_apart() -> None:
    assert clean_block(" a  b \n\n c ") == "a b\nc"
    assert clean_table("a \t b\n c\t") == "a\tb\nc\t"


@given(
    st.text(alphabet=" a1,.:;!?()[]{}'’“”«»،؛؟۔。、！（）「」日本ก", max_size=40), st.sampled_from([None, "fr", "vi"])
)
def test_a_line_that_is_not_suspected_has_nothing_to_repair(text: str, language: str | None) -> None:
    assert SUSPECTED.search(text) or _repaired(text, language) == text
