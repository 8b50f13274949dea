from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.discovery import shard_window

FIVE_DAYS = r"/sitemaps-(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<first>\d{1,2})-(?P<last>\d{1,2})\.xml$"
DAILY = r"/sitemap/sitemap-post/(?P<year>\d+)-(?P<month>\d+)-(?P<day>\d+)\.xml$"
MONTHLY = r"/sitemaps-(?P<year>\d+)-(?P<month>\d+)\.xml$"


@pytest.mark.parametrize(
    ("shard", "first", "last"),
    [
        ("2025-1-16-20", date(2025, 1, 16), date(2025, 1, 20)),
        ("2025-01-06-10", date(2025, 1, 6), date(2025, 1, 10)),
        ("2025-2-26-28", date(2025, 2, 26), date(2025, 2, 28)),
        ("2025-2-26-31", date(2025, 2, 26), date(2025, 2, 28)),
        ("2024-2-26-30", date(2024, 2, 26), date(2024, 2, 29)),
        ("2025-12-26-99", date(2025, 12, 26), date(2025, 12, 31)),
        ("2025-1-5-5", date(2025, 1, 5), date(2025, 1, 5)),
    ],
)
def test_windows_of_days(shard: str, first: date, last: date) -> None:
    assert shard_window(f"https://thanhnien.vn/sitemaps/sitemaps-{shard}.xml", FIVE_DAYS) == (first, last)


@pytest.mark.parametrize(
    "shard", ["2025-13-1-5", "2025-0-1-5", "2025-1-6-5", "2025-1-0-5", "2025-2-30-31", "0000-1-1-5", "2025-1-1"]
)
def test_what_is_no_window(shard: str) -> None:
    assert shard_window(f"https://thanhnien.vn/sitemaps/sitemaps-{shard}.xml", FIVE_DAYS) is None


def test_days_and_months() -> None:
    day = date(2026, 7, 8)
    assert shard_window("https://www.vietnam.vn/sitemap/sitemap-post/2026-07-08.xml", DAILY) == (day, day)
    assert shard_window("https://www.vietnam.vn/sitemap/sitemap-post/2026-06-31.xml", DAILY) is None
    assert shard_window("https://www.vietnam.vn/sitemap/sitemap-tag/220001.xml", DAILY) is None
    assert shard_window("https://a.vn/sitemaps-2024-2.xml", MONTHLY) == (date(2024, 2, 1), date(2024, 2, 29))


@given(st.integers(0, 10**6), st.integers(0, 99), st.integers(0, 10**6))
def test_no_numbers_raise(year: int, month: int, day: int) -> None:
    found = shard_window(f"https://a.vn/sitemap/sitemap-post/{year}-{month}-{day}.xml", DAILY)
    assert found is None or (found[0].year, found[0].month, found[1].day) == (year, month, day)
