"""Authors: people and agencies, without addresses, roles and the publisher's own name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongtin.events import Author
from processors.normalize.people import authors

OWN = ("Báo Thanh Niên", "thanhnien.vn")


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("Ngọc Thắng", ["Ngọc Thắng"]),
        ("Khánh An - Bảo Vinh", ["Khánh An", "Bảo Vinh"]),
        ("Khánh An, Bảo Vinh và Minh Phương", ["Khánh An", "Bảo Vinh", "Minh Phương"]),
        ("Khánh An ; Bảo Vinh | Minh Phương", ["Khánh An", "Bảo Vinh", "Minh Phương"]),
        ("Nguyễn Thị Cẩm-Tú", ["Nguyễn Thị Cẩm-Tú"]),
        ("Theo Reuters", ["Reuters"]),
        ("Minh Anh (theo AFP, Reuters)", ["Minh Anh", "AFP", "Reuters"]),
        ("Hoàng Anh (tổng hợp)", ["Hoàng Anh"]),
        ("TB (Zusammenfassung)", ["TB (Zusammenfassung)"]),
        ("Tác giả: Hoàng Anh", ["Hoàng Anh"]),
        ("Bài và ảnh: Hoàng Anh", ["Hoàng Anh"]),
        ("Bài, ảnh: Hoàng Anh - Bảo Vinh", ["Hoàng Anh", "Bảo Vinh"]),
        ("HOÀNG ANH - ẢNH: BẢO VINH", ["HOÀNG ANH"]),
        ("Hoàng Anh, Ảnh: NVCC", ["Hoàng Anh"]),
        ("Ảnh: Bảo Vinh", ["Bảo Vinh"]),
        ("Mai Hà\nmaiha@thanhnien.vn", ["Mai Hà"]),
        ("Mai Hà <maiha.tn@gmail.com>", ["Mai Hà"]),
        ("maiha@thanhnien.vn", []),
        ("https://thanhnien.vn/author/mai-ha-1.htm", []),
        ("Phan Thu Hiền và 2 tác giả khác", ["Phan Thu Hiền"]),
        ("TTXVN/Vietnam+", ["TTXVN/Vietnam+"]),
        ("Báo Thanh Niên", []),
        ("THANH NIÊN ONLINE", []),
        ("Thanh Niên - Mai Hà", ["Mai Hà"]),
        ("Báo Thanh niênBáo Thanh niên", []),
        ("Lan Lan", ["Lan Lan"]),
        ("12345", []),
        ("", []),
    ],
)
def test_names_are_people_and_agencies(printed: str, names: list[str]) -> None:
    assert [author.name for author in authors([printed], OWN, "vi")] == names


def test_a_name_is_given_once_with_all_that_was_printed() -> None:
    found = authors(["Khánh An - Bảo Vinh", "KHÁNH AN"], OWN, "vi")
    assert found == (Author("Khánh An", "Khánh An - Bảo Vinh"), Author("Bảo Vinh", "Khánh An - Bảo Vinh"))


def test_theo_is_a_name_where_the_language_is_not_vietnamese() -> None:
    assert authors(["By Theo Francken"], (), "en")[0].name == "Theo Francken"


@given(st.lists(st.text(max_size=400), max_size=60))
def test_any_text_gives_names(printed: list[str]) -> None:
    for author in authors(printed, OWN, "vi"):
        assert author.name
        assert author.name in author.raw
