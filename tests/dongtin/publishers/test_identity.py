"""Identity: all spellings of one address are one article, and no input raises."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dongtin.publishers import AddressKind, identify, page_key, strip_tracking, vietnamese_original

HANOI = timezone(timedelta(hours=7))
SLUG = "nga-iran-ky-hiep-uoc"
ID = "185250117194334368"


@pytest.mark.parametrize(
    ("url", "article_id", "canonical"),
    [
        (f"https://thanhnien.vn/{SLUG}-{ID}.htm", f"thanhnien.vn/{ID}", f"https://thanhnien.vn/{SLUG}-{ID}.htm"),
        ("https://thanhnien.vn/a-b-18542574.htm", "thanhnien.vn/18542574", "https://thanhnien.vn/a-b-18542574.htm"),
        ("https://thanhnien.vn/a-1851543741.htm", "thanhnien.vn/1851543741", "https://thanhnien.vn/a-1851543741.htm"),
        ("https://thanhnien.vn/a-post1408317.html", "thanhnien.vn/1851408317", "https://thanhnien.vn/a-1851408317.htm"),
        ("https://thanhnien.vn/thoi-su/a-1156009.html", "thanhnien.vn/1851156009", "https://thanhnien.vn/a-1851156009.htm"),
        ("https://thanhnien.vn/cong-nghe/x/a-418775.html", "thanhnien.vn/185418775", "https://thanhnien.vn/a-185418775.htm"),
        ("https://thethao.thanhnien.vn/bong-da/a-1156009.html", "thanhnien.vn/1851156009", "https://thanhnien.vn/a-1851156009.htm"),
        (f"https://thanhnien.vn/print/a-{ID}.htm", f"thanhnien.vn/{ID}", f"https://thanhnien.vn/a-{ID}.htm"),
        ("https://www.vietnam.vn/mot-bai-viet", "vietnam.vn/vi/mot-bai-viet", "https://www.vietnam.vn/mot-bai-viet"),
        ("https://www.vietnam.vn/vi/mot-bai-viet", "vietnam.vn/vi/mot-bai-viet", "https://www.vietnam.vn/mot-bai-viet"),
        ("https://www.vietnam.vn/ca-phe", "vietnam.vn/vi/ca-phe", "https://www.vietnam.vn/ca-phe"),
        ("https://www.vietnam.vn/en/ca-phe", "vietnam.vn/en/ca-phe", "https://www.vietnam.vn/en/ca-phe"),
        ("https://vietnam.vn/ZH-CN/mot-bai/", "vietnam.vn/zh-cn/mot-bai", "https://www.vietnam.vn/zh-cn/mot-bai"),
        ("https://vrviet.vn/de/mot-bai", "vietnam.vn/de/mot-bai", "https://www.vietnam.vn/de/mot-bai"),
        ("https://tuoitre.vn/a-20250117194334368.htm", "tuoitre.vn/20250117194334368", "https://tuoitre.vn/a-20250117194334368.htm"),
        ("https://nld.com.vn/a-196250521091519265.htm", "nld.com.vn/196250521091519265", "https://nld.com.vn/a-196250521091519265.htm"),
        ("https://cafef.vn/a-188250521091519265.chn", "cafef.vn/188250521091519265", "https://cafef.vn/a-188250521091519265.chn"),
        ("https://tuoitre.vn/video/A-203229.htm", "tuoitre.vn/video/203229", "https://tuoitre.vn/video/a-203229.htm"),
        ("https://tuoitre.vn/a-203229.htm", "tuoitre.vn/203229", "https://tuoitre.vn/a-203229.htm"),
        ("https://tuoitre.vn/a-2025011719433436.htm", "tuoitre.vn/2025011719433436", "https://tuoitre.vn/a-2025011719433436.htm"),
        ("https://CafeF.vn/A-188250521091519265.CHN", "cafef.vn/188250521091519265", "https://cafef.vn/a-188250521091519265.chn"),
        ("https://vietnam.vn/en/mot-bai-viet/amp/", "vietnam.vn/en/mot-bai-viet", "https://www.vietnam.vn/en/mot-bai-viet"),
        ("https://vietnam.vn/amp/mot-bai-viet", "vietnam.vn/vi/mot-bai-viet", "https://www.vietnam.vn/mot-bai-viet"),
        ("https://thanhnien.vn/video/phong-su/A-154921V.HTML", "thanhnien.vn/154921v", "https://thanhnien.vn/video/phong-su/a-154921v.html"),
        ("http://[::1]:80/a", "[::1]/a", "https://[::1]/a"),
        ("https://www.vnexpress.net/a-123.html?x=1", "vnexpress.net/a-123.html", None),
        ("https://example.org/a|b", "example.org/a%7Cb", None),
    ],
)  # fmt: skip
def test_an_article_has_one_id_and_one_main_address(url: str, article_id: str, canonical: str | None) -> None:
    address = identify(url)
    assert (address.kind, address.article_id) == (AddressKind.ARTICLE, article_id)
    if canonical:
        assert address.canonical_url == canonical


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "home"),
        ("/", "home"),
        ("/chinh-tri.htm", "listing"),
        ("/kinh-te/chung-khoan.htm", "listing"),
        ("/chinh-tri/trang-2.htm", "listing"),
        ("/timelinelist/1854/2.htm", "listing"),
        ("/da-lat.html", "tag"),
        ("/CHINH-TRI.HTM", "listing"),
        ("/dong-su-kien/xung-dot-nga-ukraine-165.htm", "event"),
        ("/dong-su-kien/xung-dot-nga-ukraine-185123456.htm", "event"),
        ("/tac-gia/mai-ha-185123456.htm", "author"),
        ("/author/mai-ha-185123456.htm", "author"),
        ("/tim-kiem.htm?keywords=x", "search"),
        ("/rss.html", "feed"),
        ("/rss/kinh-te/chung-khoan.rss", "feed"),
        ("/sitemap.xml", "sitemap"),
        ("/sitemaps/sitemaps-2025-1-16-20.xml", "sitemap"),
    ],
)
def test_what_is_no_article_of_thanhnien_by_its_address(path: str, kind: str) -> None:
    address = identify("https://thanhnien.vn" + path)
    assert (address.kind, address.article_id) == (kind, None)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "home"),
        ("/en", "home"),
        ("/zh-cn/", "home"),
        ("/tag/du-lich", "tag"),
        ("/en/tag/du-lich", "tag"),
        ("/category/kinh-te", "listing"),
        ("/authors/nguyen-van-a", "author"),
        ("/sitemap/sitemap-post/2025-01-17.xml", "sitemap"),
        ("/en/a/b-c", "other"),
        ("/aİ/b-c", "other"),
    ],
)
def test_what_is_no_article_of_vietnam_by_its_address(path: str, kind: str) -> None:
    address = identify("https://www.vietnam.vn" + path)
    assert (address.kind, address.article_id) == (kind, None)


@pytest.mark.parametrize(
    "host", ["vjs.vietnam.vn", "thongtin.vietnam.vn", "id.vietnam.vn", "en.vietnam.vn", "vrviet.vn"]
)
def test_a_mirror_shows_the_same_article_and_says_that_it_is_one(host: str) -> None:
    mirror, main = identify(f"https://{host}/ar/mot-bai"), identify("https://vietnam.vn/ar/mot-bai")
    assert mirror.article_id == main.article_id
    assert (mirror.is_mirror, main.is_mirror) == (True, False)


def test_another_site_of_a_like_name_is_another_site() -> None:
    assert identify("https://vietnam.vnanet.vn/x-y").article_id == "vietnam.vnanet.vn/x-y"
    assert identify("https://notthanhnien.vn/a-185250117194334368.htm").article_id != f"thanhnien.vn/{ID}"


@given(st.datetimes(datetime(2023, 2, 1), datetime(2068, 12, 31)))  # noqa: DTZ001  # the zone is added below
def test_the_time_in_an_id_comes_back(moment: datetime) -> None:
    """Milliseconds without trailing zeros, as .NET's FFF writes them."""
    digits = moment.strftime("%y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}".rstrip("0")
    created = identify(f"https://thanhnien.vn/a-185{digits}.htm").date_created
    assert created == moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=HANOI)


def test_the_time_in_an_id_of_the_family_has_its_milliseconds_cut_too() -> None:
    created = identify("https://tuoitre.vn/a-202501171943343.htm").date_created
    assert created == datetime(2025, 1, 17, 19, 43, 34, 300_000, tzinfo=HANOI)


def test_an_impossible_time_is_an_id_without_a_time() -> None:
    address = identify("https://thanhnien.vn/a-185259917194334368.htm")
    assert (address.article_id, address.date_created) == ("thanhnien.vn/185259917194334368", None)


SPELLINGS = st.tuples(
    st.sampled_from(["https://", "http://", "HTTPS://"]),
    st.sampled_from(["", "user:secret@"]),
    st.sampled_from(["", "www.", "m.", "amp.", "WWW."]),
    st.sampled_from(["thanhnien.vn", "ThanhNien.VN", "thanhnien.vn."]),
    st.sampled_from(["", ":443", ":80"]),
    st.sampled_from(["/", "//", "/./", "/x/../", "/print/", "/amp/", "\\"]),
    st.sampled_from([SLUG, "mot-tieu-de-cu", "%E0%B8%9A%E0%B8%99-cung", "บน-cung", SLUG.upper()]),
    st.sampled_from([".htm", ".HTM", ".html", ".amp", "%2Ehtm"]),
    st.sampled_from(["", "/", "/amp", "/AMP/", "%20", "%0A", ";jsessionid=1", "&utm_source=rss"]),
    st.sampled_from(["", "?utm_source=rss&utm_medium=x", "?"]),
    st.sampled_from(["", "#comments", "#:~:text=Nga"]),
)


@given(SPELLINGS)
def test_all_spellings_of_an_address_are_one_article(parts: tuple[str, ...]) -> None:
    scheme, user, prefix, host, port, root, slug, ending, added, query, fragment = parts
    url = f"{scheme}{user}{prefix}{host}{port}{root}{slug}-{ID}{ending}{added}{query}{fragment}"
    assert identify(url).article_id == f"thanhnien.vn/{ID}"


@given(st.sampled_from(["٠١٢٣٤٥٦٧٨٩", "০১২৩৪৫৬৭৮৯", "०१२३४५६७८९", "０１２３４５６７８９"]))
def test_digits_of_another_script_are_the_same_digits(digits: str) -> None:
    number = ID.translate(str.maketrans("0123456789", digits))
    assert identify(f"https://thanhnien.vn/{SLUG}-{number}.htm").article_id == f"thanhnien.vn/{ID}"


HOSTS = ["thanhnien.vn", "www.vietnam.vn", "vrviet.vn", "tuoitre.vn", "cafef.vn", "example.org", "m.example.org"]
PATHS = st.text(alphabet="abc-/.|%20đé中 ?#=185250117194334368", max_size=40)
ENDINGS = st.sampled_from(["", ".htm", ".html", ".chn", "-185250117194334368.htm", "-post1408317.html", "/en/a-b"])


@given(st.sampled_from(HOSTS), PATHS, ENDINGS)
@example("thanhnien.vn", "", "")
def test_the_canonical_of_a_canonical_address_is_itself(host: str, path: str, ending: str) -> None:
    address = identify(f"https://{host}/{path}{ending}")
    if address.canonical_url is not None:
        again = identify(address.canonical_url)
        assert (again.canonical_url, again.article_id, again.kind) == (
            address.canonical_url,
            address.article_id,
            address.kind,
        )


@given(
    st.one_of(
        st.text(max_size=200),
        st.text(max_size=60).map("https://thanhnien.vn/{}".format),
        st.from_regex(r"https?://\S+"),
    )
)
@example("http://[")
@example("https://[::1")
@example("https://a:b@c:99999999/")
@example("https://\ud800.vn/\udfff")
@example("https://xn--.vn/a")
@example("https://thanhnien.vn/" + "a-" * 100_000 + "1.htm")
@example("https://www.vietnam.vn/en/" + "a-" * 3_900 + "a.jpg")
@example("https://www.vietnam.vn/" + "-" * 7_900 + "|")
def test_no_input_raises(url: str) -> None:
    address = identify(url)
    assert (address.article_id is None) == (address.kind != AddressKind.ARTICLE)
    if address.article_id:
        address.article_id.encode()
        assert "|" not in address.article_id


def test_a_translation_knows_its_vietnamese_page() -> None:
    original = vietnamese_original(identify("https://vietnam.vn/ja/mot-bai/"))
    assert original is not None
    assert (original.article_id, original.canonical_url) == ("vietnam.vn/vi/mot-bai", "https://www.vietnam.vn/mot-bai")
    assert vietnamese_original(original) is None
    assert vietnamese_original(identify("https://thanhnien.vn/a-185250117194334368.htm")) is None


def test_the_key_of_a_page_is_the_article_that_answered() -> None:
    article, other = f"https://thanhnien.vn/a-{ID}.htm", "https://thanhnien.vn/b-185250118000000001.htm"
    assert page_key(article, other, 200) == "thanhnien.vn/185250118000000001"
    assert page_key(article, other, 301) == f"thanhnien.vn/{ID}"
    assert page_key(article, "https://thanhnien.vn/", 200) == f"thanhnien.vn/{ID}"
    assert page_key("https://thanhnien.vn/chinh-tri.htm", "https://thanhnien.vn/", 200) == "thanhnien.vn/chinh-tri.htm"


def test_what_follows_readers_around_is_taken_off() -> None:
    assert strip_tracking("https://a.vn/b?id=1&utm_source=x&fbclid=y#z") == "https://a.vn/b?id=1"
    assert strip_tracking("https://a.vn/b?q=a+b") == "https://a.vn/b?q=a+b"
