from datetime import UTC, datetime

import pytest

from dongtin.errors import UnreadablePlace
from spiders.discovery import Findings, feed_directory

NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
PLACE = "https://thanhnien.vn/rss.html"


def read(text: str) -> Findings:
    return feed_directory(text.encode(), "text/html", PLACE, NOW)


def test_the_links_that_lead_to_feeds() -> None:
    page = """<html><head><link rel="alternate" type="application/rss+xml" href="/trang-chu"><link rel=icon href=/a.ico>
    <a href="/rss.html">RSS</a> <a href="https://www.thanhnien.vn/rss.html#x">RSS</a> <a href="/">Home</a>
    <ul class="cate-content"><li class="item"><a href="/rss/home.rss">Trang chủ</a></li>
    <li class="item"><a href="https://thanhnien.vn/rss/the-gioi/nga.rss#a">Nga</a>
    <li><a href="/rss/home.rss">Lại</a></ul>
    <a href="https://tuoitre.vn/rss/the-gioi.rss?x=1">Tuổi Trẻ</a> <a href=/rss/video>V</a>
    <a href="/tin-18542574.htm">T</a>
    <a href="javascript:x('.rss')">J</a><!-- <a href="/rss/cu.rss">Cũ</a> -->
    <p data-html='<a href="/rss/an.rss">Ẩn</a>'>"""
    assert [each.url for each in read(page).places] == [
        "https://thanhnien.vn/trang-chu",
        "https://thanhnien.vn/rss/home.rss",
        "https://thanhnien.vn/rss/the-gioi/nga.rss",
        "https://tuoitre.vn/rss/the-gioi.rss?x=1",
        "https://thanhnien.vn/rss/video",
    ]


@pytest.mark.parametrize("text", ["", "<html><body>502 Bad Gateway", '<a href="/rss.html">RSS</a>', "{}"])
def test_a_page_without_feeds_is_no_directory(text: str) -> None:
    with pytest.raises(UnreadablePlace, match="without any feed"):
        read(text)
