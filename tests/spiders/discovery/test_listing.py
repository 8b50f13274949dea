from datetime import UTC, datetime

import pytest

from dongtin.errors import UnreadablePlace
from spiders.discovery import Finding, Findings, listing

NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
PLACE = "https://thanhnien.vn/chinh-tri.htm"
PUBLISHED = datetime(2025, 1, 17, 12, 58, tzinfo=UTC)


def read(text: str) -> Findings:
    return listing(text.encode(), "text/html; charset=utf-8", PLACE, NOW)


def entry(number: int, time: str = "2025-01-17T19:58:00", element: str = "div") -> str:
    href = f"/tin-so-{number}-{18_542_000 + number}.htm"
    return f"""<{element} class="box-category-item clearfix" data-id="{18_542_000 + number}">
      <a class="box-category-link-with-avatar" href="{href}" title="a > b <c>"><img src="/a-18511111.htm"></a>
      <div class="box-category-content"><h3><a class="box-category-link-title" href="{href}">Tin</a></h3>
      <div class="box-category-info"><a class="box-category-category" href="/chinh-tri.htm">Chính trị</a>
      <span class="box-category-time time-ago" title="{time}">1 giờ</span></div>
      <div class="box-category-sapo">Sapo</div></div></{element}>"""


def address(number: int) -> str:
    return f"https://thanhnien.vn/tin-so-{number}-{18_542_000 + number}.htm"


AROUND = '<div><a href="/noi-bat-18599999.htm">Nổi bật</a>{}</div><a href="/xem-nhieu-18588888.htm">Xem nhiều</a>'


@pytest.mark.parametrize("element", ["div", "article", "li"])
def test_a_category_page(element: str) -> None:
    zone = '<input type="hidden" value="185227" id="hdZoneId" />'
    entries = entry(1, element=element) + entry(2, element=element)
    assert read(f"<!DOCTYPE html><html><body>{zone}{AROUND.format(entries)}</body></html>") == Findings(
        (Finding(address(1), published=PUBLISHED), Finding(address(2), published=PUBLISHED)), zone="185227"
    )


def test_a_fragment() -> None:
    assert [each.url for each in read("\n".join(map(entry, range(15)))).articles] == [
        address(each) for each in range(15)
    ]


@pytest.mark.parametrize(
    "text", ["", " \r\n", "<div></div>", "<!-- past the end -->", '<div class="box-category-item"></div>']
)
def test_an_empty_fragment_shows_nothing(text: str) -> None:
    assert read(text) == Findings()


def test_without_entries_each_link_to_an_article_of_the_page_counts() -> None:
    assert [
        each.url for each in read(AROUND.format('<a href="/chinh-tri.htm">x</a><a href="#top">y</a><a>z</a>')).articles
    ] == [
        "https://thanhnien.vn/noi-bat-18599999.htm",
        "https://thanhnien.vn/xem-nhieu-18588888.htm",
    ]


def test_the_time_is_that_of_the_entrys_own_link() -> None:
    related = '<a href="/lien-quan-18577777.htm">Liên quan</a><span class="time-ago"'
    found = read(entry(1).replace('<span class="box-category-time time-ago"', related)).articles
    assert found == (Finding(address(1), published=PUBLISHED), Finding("https://thanhnien.vn/lien-quan-18577777.htm"))


@pytest.mark.parametrize("time", ["", "1 giờ trước", "2026-07-10T00:00:00Z", "2025-02-30T00:00:00"])
def test_times_that_cannot_be_are_none(time: str) -> None:
    assert read(entry(1, time)).articles == (Finding(address(1)),)


def test_the_time_element_counts_too() -> None:
    page = (
        f'<li class=box-category-item><a href="{address(1)}">x</a><time datetime="2025-01-17T12:58Z">1 giờ</time></li>'
    )
    assert read(page).articles == (Finding(address(1), published=PUBLISHED),)


def test_scripts_comments_and_attributes_hold_no_links() -> None:
    hidden = entry(1).replace("'", "")
    page = f"<script>x = `{hidden}`</script><!-- {hidden} --><style>{hidden}</style><textarea>{hidden}</textarea>"
    assert read(f"{page}<p data-html='{hidden}'>{AROUND.format(entry(2))}").articles == (
        Finding(address(2), published=PUBLISHED),
    )


def test_entries_that_are_not_closed() -> None:
    found = read("".join(entry(number).replace("</div></div>", "") for number in range(3))).articles
    assert [each.url for each in found] == [address(each) for each in range(3)]


def test_links_are_relative_to_the_base_that_is_declared() -> None:
    page = '<head><base href="https://thanhnien.vn/"><base href="https://a.vn/"></head><a href="tin-18542001.htm">x</a>'
    assert [each.url for each in read(page).articles] == ["https://thanhnien.vn/tin-18542001.htm"]
    assert [each.url for each in read(page.replace("https://thanhnien.vn/", "data:x", 1)).articles] == [
        "https://thanhnien.vn/tin-18542001.htm"
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "<INPUT ID=hdZoneId VALUE=1854>",
        "<input value=' 1854 ' id='hdZoneId'/>",
        "<input id=hdZoneId value='../..'><input id=hdZoneId value=1854><input id=hdZoneId value=1855>",
        "<p>a < b</p><input type=hidden id=hdZoneId value=1854",
    ],
)
def test_the_zone(markup: str) -> None:
    assert read(f"{markup}\n><a href=/>x</a>").zone == "1854"


@pytest.mark.parametrize(
    "markup", ["<input id=hdzoneid value=1>", "<p id=hdZoneId value=1>", "<input id=hdZoneId value=>", ""]
)
def test_no_zone(markup: str) -> None:
    assert read(markup).zone is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1258"])
def test_encodings(encoding: str) -> None:
    body = entry(1).replace("Sapo", "Đô").encode(encoding, "replace")
    assert listing(body, "text/html; charset=windows-1258", PLACE, NOW).articles[0].url == address(1)


def test_what_is_no_text_is_told() -> None:
    with pytest.raises(UnreadablePlace, match="a PDF document where text was expected"):
        listing(b"%PDF-1.7", "text/html", PLACE, NOW)


def test_a_page_of_endless_links_shows_the_first() -> None:
    assert (
        len(read("".join(f"<a href='/tin-{18_500_000 + number}.htm'>" for number in range(12_000))).articles) == 10_000
    )
