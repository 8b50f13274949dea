from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.errors import ConfigurationError
from spiders.addresses import as_asked, by_publisher, of_file, own_address, readable_file, split

ARTICLE = "https://thanhnien.vn/tin-moi-185250117194334368.htm"
TRANSLATION = "https://www.vietnam.vn/en/tin-moi-trong-ngay"


def test_addresses_are_parted_by_white_space_and_by_commas_before_http() -> None:
    assert split(f" {ARTICLE},{TRANSLATION}\n{ARTICLE}?a=1,2\t") == [ARTICLE, TRANSLATION, f"{ARTICLE}?a=1,2"]
    assert split(" \n") == []


def test_a_file_has_one_address_a_line(tmp_path: Path) -> None:
    file = tmp_path / "addresses.txt"
    file.write_bytes(b"\xef\xbb\xbf# mine\r\n\r\n  " + ARTICLE.encode() + b" \r\n\xff\xfe\n" + TRANSLATION.encode())
    assert list(of_file(readable_file(str(file)))) == [ARTICLE, "\ufffd\ufffd", TRANSLATION]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Is a directory"):
        readable_file(str(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        ARTICLE,
        "http://thanhnien.vn/tin-moi-185250117194334368.htm",
        "https://www.thanhnien.vn:443/tin-moi-185250117194334368.htm",
        "https://thanhnien.vn/",
    ],
)
def test_own_addresses_on_the_usual_ports_may_be_asked_for(url: str) -> None:
    address = own_address(url, "thanhnien.vn")
    assert address is not None
    assert own_address(url, "vietnam.vn") is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "thanhnien.vn/tin-moi-185250117194334368.htm",
        "ftp://thanhnien.vn/tin-moi-185250117194334368.htm",
        "https://thanhnien.vn:8080/tin-moi-185250117194334368.htm",
        "https://thanhnien.vn:99999/tin-moi-185250117194334368.htm",
        "https://reader@thanhnien.vn/tin-moi-185250117194334368.htm",
        "https://thanhnien.vn@example.org/tin-moi-185250117194334368.htm",
        "https://thanhnien.vn.example.org/tin-moi-185250117194334368.htm",
        "https://thanhnien.vn/" + "a" * 2083 + "-185250117194334368.htm",
        "https://[::1",
    ],
)
def test_no_other_address_may(url: str) -> None:
    assert own_address(url, "thanhnien.vn") is None


@settings(derandomize=True)
@given(st.text() | st.builds("https://thanhnien.vn{}".format, st.text()))
def test_no_text_makes_it_fail(url: str) -> None:
    own_address(url, "thanhnien.vn")
    as_asked(url)
    split(url)


def test_addresses_go_to_their_publishers_and_unknown_ones_to_none() -> None:
    given_ = [ARTICLE + "#comments", TRANSLATION, "https://example.org/"]
    shares, foreign = by_publisher(given_, ["vietnam.vn", "thanhnien.vn"])
    assert shares == {"vietnam.vn": [TRANSLATION], "thanhnien.vn": [ARTICLE + "#comments"]}
    assert foreign == ["https://example.org/"]


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://a.vn/x.htm#y", "https://a.vn/x.htm"),
        ("https://a.vn/a/../b/x.htm?c=/../d", "https://a.vn/b/x.htm?c=/../d"),
        ("https://a.vn/%2e%2E/b/./%2e/x.htm", "https://a.vn/b/x.htm"),
        ("https://a.vn/../../x.htm", "https://a.vn/x.htm"),
        ("https://a.vn/b/..", "https://a.vn/"),
        ("https://a.vn/b/c/.", "https://a.vn/b/c/"),
        ("https://a.vn//c.vn/../x.htm", "https://a.vn//x.htm"),
        ("https://a.vn/a..b/.c/...", "https://a.vn/a..b/.c/..."),
        ("https://a.vn/a%2Eb?", "https://a.vn/a%2Eb?"),
        ("https://a.vn", "https://a.vn"),
    ],
)
def test_an_address_is_asked_for_as_the_server_takes_it(url: str, asked: str) -> None:
    assert as_asked(url) == asked
