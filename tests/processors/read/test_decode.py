"""From any bytes to UTF-8."""

import codecs
import encodings.aliases
import gzip
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongtin.errors import RejectPage
from processors.read.decode import decode

TEXT = "<p>Chính phủ Việt Nam đã ký hiệp ước mới, người dân vui mừng đón chào năm 2025.</p>" * 3
PLAIN = "<p>Le café crème à Besançon où l'été dernier tout était fermé, même le marché.</p>" * 3


def page(text: str, charset: str | None = None) -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    return f"<!DOCTYPE html><html><head>{meta}</head><body>{text}</body></html>"


def read(body: bytes, charset: str | None = None) -> str:
    return decode(body, f"text/html; charset={charset}" if charset else "text/html").markup.decode()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("declared", [None, "iso-8859-1", "no-such-charset"])
def test_a_byte_order_mark_counts_first(encoding: str, declared: str | None) -> None:
    assert read(page(TEXT, declared).encode(encoding), declared) == page(TEXT, declared)


@pytest.mark.parametrize("declared", [None, "iso-8859-1", "windows-1258", "gb2312", "no-such-charset", "base64"])
@pytest.mark.parametrize("in_meta", [True, False])
def test_utf8_is_utf8_whatever_is_declared(declared: str | None, in_meta: bool) -> None:
    whole = page(TEXT, declared if in_meta else None)
    assert read(whole.encode(), None if in_meta else declared) == whole


@pytest.mark.parametrize("place", range(1, 4))
def test_utf8_cut_in_a_character(place: int) -> None:
    whole = page(TEXT + "ế").encode()
    cut = whole[: whole.rindex("ế".encode()) + 3 - place]
    assert read(cut, "iso-8859-1").rstrip("\ufffd") == cut.decode(errors="ignore")


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "windows-1258", "shift_jis", "euc-kr", "gb18030"])
@pytest.mark.parametrize("in_meta", [True, False])
def test_the_declared_charset(encoding: str, in_meta: bool) -> None:
    text = {"shift_jis": "日本語の記事です。", "euc-kr": "한국어 기사입니다.", "gb18030": "中文文章。"}.get(
        encoding, "déjà vu"
    )
    whole = page(text * 5, encoding if in_meta else None)
    assert read(whole.encode(encoding), None if in_meta else encoding) == whole


def test_the_header_counts_before_the_page() -> None:
    whole = page("ДОБРЫЙ ДЕНЬ", "koi8-r")
    assert read(whole.encode("windows-1251"), "windows-1251") == whole


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_mark(encoding: str) -> None:
    whole = page("A long English text in two bytes each. " * 9)
    assert read(whole.encode(encoding)) == whole
    assert read(whole.encode(encoding), "utf-8") == whole
    assert read(page(TEXT).encode(encoding), "utf-16") == page(TEXT)


def test_vietnamese_of_windows_with_combining_marks() -> None:
    decomposed = "Vi\u1ec7t".replace("\u1ec7", "\u00ea\u0323")
    assert decomposed in read(page(decomposed, "windows-1258").encode("windows-1258"))


@pytest.mark.parametrize(
    "declared", ["no-such-charset", "base64", "hex", "rot13", "zlib", "idna", "punycode", "undefined", "unicode_escape",
                 "raw_unicode_escape", "mbcs", "utf-7", "", "\x00", "ü", "x" * 5000, "viscii", "tcvn", "tcvn5712"]
)  # fmt: skip
def test_a_charset_that_is_none_is_guessed(declared: str) -> None:
    body = page(PLAIN).encode("windows-1252")
    for header, whole in ((declared, body), (None, page(PLAIN, declared).encode("windows-1252", "replace"))):
        assert "Besan" in read(whole, header)


@pytest.mark.parametrize("encoding", sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "undefined"}))
def test_every_codec_of_the_language_gives_text(encoding: str) -> None:
    for body in (page(PLAIN).encode("windows-1252"), page("plain").encode(), b"\xff\x81<p>\x1b$B~{"):
        codecs.decode(decode(body, f"text/html; charset={encoding}").markup, "utf-8")


def test_gzip_is_unpacked_once() -> None:
    packed = gzip.compress(page(TEXT).encode())
    assert read(packed) == page(TEXT)
    assert read(packed[:-12]).startswith("<!DOCTYPE html>")
    with pytest.raises(RejectPage):
        decode(gzip.compress(packed), None)
    with pytest.raises(RejectPage):
        decode(b"\x1f\x8b" + bytes(50), None)
    with pytest.raises(RejectPage):
        decode(gzip.compress(b"<p>" + b" " * 10_000_000), None)


@given(st.binary(), st.text() | st.none())
def test_any_bytes_give_text_or_a_rejection(body: bytes, content_type: str | None) -> None:
    for whole in (body, b"<meta charset=utf-16>" + body, b"\x1f\x8b" + body):
        with suppress(RejectPage):
            decode(whole, content_type).markup.decode()


def test_utf16_that_the_bytes_disprove() -> None:
    for declared in ("utf-16", "utf-16le", "utf-32", "utf-8"):
        assert "Besan" in read(page(PLAIN, declared).encode("windows-1252"), declared)
