from pathlib import Path

import pytest

from dongtin.errors import ConfigurationError
from dongtin.events import Lane
from spiders.arguments import Arguments, parse
from spiders.publishers.thanhnien import ThanhnienSpider

URL = "https://thanhnien.vn/tin-moi-185260708113000368.htm"


def test_without_arguments_a_spider_goes_on_for_ever() -> None:
    assert parse() == Arguments()
    assert not parse().are_given


def test_addresses_are_parted_by_white_space_and_commas() -> None:
    assert parse(url=f"{URL},{URL}a\n{URL}b", lane="backfill") == Arguments(
        (URL, f"{URL}a", f"{URL}b"), lane=Lane.BACKFILL
    )


def test_a_file_of_addresses_must_be_readable(tmp_path: Path) -> None:
    (tmp_path / "addresses.txt").write_text(URL)
    assert parse(file=str(tmp_path / "addresses.txt")).are_given
    with pytest.raises(ConfigurationError, match="No such file"):
        parse(file=str(tmp_path / "none.txt"))


def test_a_window_of_days_is_a_pass_that_ends() -> None:
    arguments = parse(since="2025-01-01", until="2025-01-31")
    assert (arguments.window, arguments.is_one_pass) == ("2025-01-01/2025-01-31", True)
    assert parse(since="2025-01-01", until="2025-01-01").window == "2025-01-01/2025-01-01"


@pytest.mark.parametrize("word", ["yes", "1", "true", "YES"])
def test_once_is_a_pass_that_ends(word: str) -> None:
    assert parse(once=word) == Arguments(is_one_pass=True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"urls": URL}, "and not urls"),
        ({"lane": "fast"}, "'fast'"),
        ({"once": "perhaps"}, "once is yes"),
        ({"since": "2025-01-01"}, "two days"),
        ({"until": "2025-01-01"}, "two days"),
        ({"since": "yesterday", "until": "2025-01-01"}, "two days"),
        ({"since": "2025-02-30", "until": "2025-03-01"}, "two days"),
        ({"since": "2025-01-02", "until": "2025-01-01"}, "lies before"),
        ({"url": URL, "since": "2025-01-01", "until": "2025-01-02"}, "not both"),
        ({"url": URL, "once": "yes"}, "not both"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(arguments: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as raised:
        parse(**arguments)
    assert "\n" not in str(raised.value)


def test_a_site_without_sitemaps_by_date_has_no_way_into_the_past() -> None:
    class Undated(ThanhnienSpider):
        discovery = ThanhnienSpider.discovery[:1]

    with pytest.raises(ConfigurationError, match="no way into the past"):
        Undated(since="2025-01-01", until="2025-01-02")
