import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.discovery import alternates

PAGE = "https://www.vietnam.vn/nga-iran-ky-hiep-uoc"
ENGLISH = "https://www.vietnam.vn/en/nga-iran-ky-hiep-uoc"


def read(text: str) -> dict[str, str]:
    return alternates(text.encode(), "text/html; charset=utf-8", PAGE)


def link(language: str, href: str = ENGLISH) -> str:
    return f'<link rel="alternate" hreflang="{language}" href="{href}">'


def test_the_translations_in_the_head_in_their_order() -> None:
    page = f"""<!DOCTYPE html><html lang=vi><head><meta charset=utf-8><title>Nga {link("tr")}</title>
    <script>{link("es")}</script><!-- {link("fr")} --><meta name=description content='{link("de")}'>
    <link rel="canonical" href="{PAGE}"><link rel=stylesheet href=/a.css>{link("vi", PAGE)}{link("en")}
    <LINK HREF="/zh-cn/nga-iran-ky-hiep-uoc?a=1&amp;b=2#x" HREFLANG="zh-cn" REL="nofollow Alternate"/>
    {link("zh_hans", "//www.vietnam.vn/zh/x-y")}{link("x-default", PAGE)}{link("en", "/en/other-one")}{link("")}
    {link("ja", "javascript:x")}{link("../..")}<link rel=alternate type=application/rss+xml href=/rss>
    </head><body>{link("ko")}</body>"""
    assert read(page) == {
        "vi": PAGE,
        "en": ENGLISH,
        "zh-CN": "https://www.vietnam.vn/zh-cn/nga-iran-ky-hiep-uoc?a=1&b=2",
        "zh-Hans": "https://www.vietnam.vn/zh/x-y",
    }


def test_the_head_ends_with_the_body_too() -> None:
    assert read(f"<html>{link('en')}<BODY class=x>{link('ko')}") == {"en": ENGLISH}


def test_what_stands_far_down_is_not_looked_at() -> None:
    assert read("<p>" * 100_000 + link("en")) == {}


def test_the_base_of_the_page() -> None:
    assert read(f"<base href='https://vjs.vietnam.vn/x/'>{link('en', '/en/a-b')}") == {
        "en": "https://vjs.vietnam.vn/en/a-b"
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1258"])
def test_encodings(encoding: str) -> None:
    body = f"<title>Đô</title>{link('en')}".encode(encoding)
    assert alternates(body, None, PAGE) == {"en": ENGLISH}
    assert alternates(gzip.compress(body), None, PAGE) == {"en": ENGLISH}


@settings(derandomize=True)
@given(st.binary() | st.lists(st.sampled_from(("<link ", "hreflang=en", '"', " rel=alternate", " href=/", ">"))).map(
    lambda parts: "".join(parts).encode()
))  # fmt: skip
def test_no_page_raises(body: bytes) -> None:
    assert all(url.startswith("http") for url in alternates(body, None, PAGE).values())
