from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.errors import UnreadablePlace
from spiders.discovery import Finding, Findings, feed

NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)
PLACE = "https://thanhnien.vn/rss/home.rss"
ARTICLE = "https://thanhnien.vn/tin-moi-185250117194334368.htm"
OTHER = "https://thanhnien.vn/tin-khac-18542574.htm"
PUBLISHED = datetime(2025, 1, 17, 12, 58, tzinfo=UTC)
ITEM = (
    "<item><title><![CDATA[Nga - Iran]]></title><link>{}</link>"
    '<description><![CDATA[<a href="https://thanhnien.vn/khac-1851.htm"><img src="x"></a> Sapo]]></description>'
    "<pubDate>Fri, 17 Jan 2025 19:58:00 +07</pubDate></item>"
)


def read(text: str, url: str = PLACE) -> Findings:
    return feed(text.encode(), "application/rss+xml", url, NOW)


def rss(inside: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{inside}</channel></rss>'


def item(inside: str) -> Findings:
    return read(rss(f"<item>{inside}</item>"))


def addresses(findings: Findings) -> list[str]:
    return [each.url for each in findings.articles]


def test_the_feed_of_the_cms() -> None:
    links = '<atom:link href="https://thanhnien.vn/rss/home.rss" rel="self"/>' * 2
    text = rss(f"<title>TN</title><link>https://thanhnien.vn</link>{links}<ttl>15</ttl>{ITEM.format(ARTICLE)}")
    assert read(text) == Findings((Finding(ARTICLE, published=PUBLISHED),), ttl_s=900)


def test_rss_1_0_with_dublin_core_and_syndication() -> None:
    text = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        "<channel><link>https://thanhnien.vn</link><sy:updatePeriod> hourly </sy:updatePeriod>"
        f"<sy:updateFrequency>2</sy:updateFrequency><items><rdf:Seq><rdf:li resource='{ARTICLE}'/></rdf:Seq></items>"
        f"</channel><item rdf:about='{ARTICLE}'><link>{ARTICLE}</link><dc:date>2025-01-17T19:58+07:00</dc:date></item>"
        f"<item rdf:about='{OTHER}'><title>Tin</title></item></rdf:RDF>"
    )
    assert read(text) == Findings((Finding(ARTICLE, published=PUBLISHED), Finding(OTHER)), ttl_s=1800)


@pytest.mark.parametrize("prefix", ["", "atom:"])
def test_atom(prefix: str) -> None:
    text = f"""<?xml version="1.0"?>
    <feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="{PLACE}"/><updated>2026-01-01T00:00:00Z</updated>
    <entry><id>tag:thanhnien.vn,2025:1</id><link rel="enclosure" href="https://thanhnien.vn/anh-dep-1852.jpg"/>
      <link rel="self" href="/x.atom"/><link href="{ARTICLE}#top"/><published>2025-01-17T12:58:00Z</published>
      <updated>2025-01-18T12:58:00.5Z</updated><source><link href="https://example.com/"/></source></entry>
    <entry><link rel="alternate" href="{OTHER}"/></entry></feed>"""
    text = text.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}").replace(f"<{prefix}?", "<?")
    modified = datetime(2025, 1, 18, 12, 58, 0, 500_000, tzinfo=UTC)
    assert read(text) == Findings((Finding(ARTICLE, modified, PUBLISHED), Finding(OTHER)))


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("", "/tin-khac-18542574.htm"),
        ("", "//thanhnien.vn/tin-khac-18542574.htm"),
        ("", "../tin-khac-18542574.htm"),
        (' xml:base="https://thanhnien.vn/the-gioi/"', "../tin-khac-18542574.htm"),
        (' xml:base="/the-gioi/"', "../tin-khac-18542574.htm"),
    ],
)
def test_relative_links(base: str, link: str) -> None:
    assert addresses(read(f"<feed{base}><entry><link href='{link}'/></entry></feed>")) == [OTHER]
    assert addresses(read(f"<feed><entry{base}><link href='{link}'/></entry></feed>")) == [OTHER]
    assert addresses(read(f"<feed><entry><link{base} href='{link}'/></entry></feed>")) == [OTHER]
    assert addresses(read(f"<rss><channel{base}><item><link> {link}\n</link></item></channel></rss>")) == [OTHER]


def test_bases_within_bases() -> None:
    entry = '<entry xml:base="the-gioi/"><link xml:base="nga/" href="a-1851.htm"/></entry>'
    text = f'<feed xml:base="https://thanhnien.vn/tin/">{entry}<entry><link href="b-1852.htm"/></entry></feed>'
    assert addresses(read(text)) == [
        "https://thanhnien.vn/tin/the-gioi/nga/a-1851.htm",
        "https://thanhnien.vn/tin/b-1852.htm",
    ]


def test_a_base_outside_of_the_web_gives_no_address() -> None:
    with pytest.raises(UnreadablePlace, match="no addresses"):
        read("<feed xml:base='file:///etc/'><entry><link href='passwd'/></entry></feed>")


@pytest.mark.parametrize(
    "guid",
    [
        f"<guid>{OTHER}</guid>",
        f'<guid isPermaLink="true"><![CDATA[ {OTHER} ]]></guid>',
        f"<link/><guid isPermaLink='TRUE'>{OTHER}</guid>",
        f"<guid isPermaLink='1'>{OTHER}</guid><link>javascript:void(0)</link>",
        f'<guid isPermaLink="false">1</guid><atom:link href="{OTHER}"/>',
    ],
)
def test_the_guid_is_the_link_where_there_is_none(guid: str) -> None:
    assert addresses(item(guid)) == [OTHER]


@pytest.mark.parametrize(
    "guid",
    [f'<guid isPermaLink="false">{OTHER}</guid>', "<guid>18542574</guid>", "<guid>/a-1851.htm</guid>", "<guid/>"],
)
def test_a_guid_that_is_no_link(guid: str) -> None:
    with pytest.raises(UnreadablePlace, match="no addresses"):
        item(guid)


def test_the_link_goes_before_the_guid_and_other_namespaces() -> None:
    assert addresses(item(f"<guid>{OTHER}</guid><media:link>{OTHER}</media:link><link>{ARTICLE}</link>")) == [ARTICLE]
    assert addresses(item(f"<image><link>{OTHER}</link></image><link>{ARTICLE}</link>")) == [ARTICLE]


@pytest.mark.parametrize(
    "shown",
    [
        "https://a.vn/?x=1&b=2&amp_=3",
        "https://a.vn/?x=1&amp;b=2&amp;amp_=3",
        "https://a.vn/?x=1&amp;amp;b=2&amp;amp;amp_=3",
        "<![CDATA[https://a.vn/?x=1&b=2&amp_=3]]>",
        "<![CDATA[https://a.vn/?x=1&amp;b=2&amp;amp_=3]]>",
        "&lt;![CDATA[https://a.vn/?x=1&amp;b=2&amp;amp_=3]]&gt;",
        "https:&#x2F;&#47;a.vn/&#x00003f;x=1&#38;b=2&amp;amp_=3",
        "\n https://a.vn/?x=1<!-- <link> -->&amp;b=2&<![CDATA[amp_=3]]> \t",
        "https://a.vn/?x=1&amp;b=2\n&amp;amp_=3\u200b",
    ],
)
def test_an_address_is_without_entities_and_cdata(shown: str) -> None:
    assert addresses(item(f"<link>{shown}</link>")) == ["https://a.vn/?x=1&b=2&amp_=3"]


def test_other_entities_stay_as_they_are() -> None:
    text = f'<!DOCTYPE rss [<!ENTITY tin "moi"> <!ENTITY x "<item><link>{ARTICLE}</link></item>">]>'
    assert addresses(read(text + rss("<item><link>https://a.vn/&tin;&copy;&#xD800;</link></item>&x;"))) == [
        "https://a.vn/&tin;&copy;\ufffd"
    ]


def test_titles_that_are_escaped_twice_decomposed_or_broken_hide_nothing() -> None:
    titles = (
        "<title>&amp;quot;Nga&amp;quot; &amp;lt;b&amp;gt;</title><title>Tha\u0300nh</title><title>A & B < C <3</title>"
    )
    html = "<description>Sapo <p class=x>a<br>b<img src='a.jpg'> <b></description>"
    assert addresses(item(f"{titles}{html}<link>{ARTICLE}</link>")) == [ARTICLE]


def test_letters_that_join_are_part_of_an_address() -> None:
    assert addresses(item("<link>https://a.vn/\u0645\u06cc\u200c\u06a9\u0646\u062f</link>")) == [
        "https://a.vn/\u0645\u06cc\u200c\u06a9\u0646\u062f"
    ]


def test_each_address_once_in_the_feeds_order() -> None:
    items = [f"<item><link>{url}</link></item>" for url in (OTHER, ARTICLE, f"{OTHER}#binh-luan", ARTICLE)]
    assert addresses(read(rss("".join(items)))) == [OTHER, ARTICLE]


@pytest.mark.parametrize(
    "link", ["", "mailto:a@b.vn", "ftp://a.vn/x", "http://", "http://[", "http://a.vn:x/", "file:///etc/"]
)
def test_what_is_no_address_of_the_web_is_passed_over(link: str) -> None:
    with pytest.raises(UnreadablePlace, match="no addresses"):
        item(f"<link>{link}</link>")


def test_the_us_style_dates_of_the_family_are_vietnams_time() -> None:
    (found,) = item(f"<link>{ARTICLE}</link><pubDate>10/5/2026 3:42:00 PM</pubDate>").articles
    assert found.published == datetime(2026, 10, 5, 8, 42, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "gestern", "Fri, 32 Jan 2025 19:58:00 +07", "Wed, 07 Oct 2026 19:01:00 +0700"])
def test_dates_that_cannot_be_are_none(date: str) -> None:
    assert item(f"<link>{ARTICLE}</link><pubDate>{date}</pubDate>").articles == (Finding(ARTICLE),)


def test_a_second_date_counts_where_the_first_cannot_be_read() -> None:
    dates = "<pubDate>-</pubDate><dc:date>2025-01-17T12:58:00Z</dc:date><a10:updated>2025-01-17T12:58:00Z</a10:updated>"
    assert item(f"<link>{ARTICLE}</link>{dates}").articles == (Finding(ARTICLE, PUBLISHED, PUBLISHED),)


@pytest.mark.parametrize(
    ("said", "ttl_s"),
    [
        ("<ttl>15</ttl>", 900),
        ("<ttl> 0.5 </ttl>", 30),
        ("<ttl>99999999</ttl>", 86_400),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>1e9</ttl>", None),
        (f"<ttl>{'9' * 5000}</ttl>", None),
        ("<ttl/>", None),
        ("<image><ttl>3</ttl></image>", None),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>24</sy:updateFrequency>", 3600),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", 86_400),
        ("<sy:updateFrequency>4</sy:updateFrequency>", 21_600),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", None),
        ("<sy:updatePeriod>never</sy:updatePeriod>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><ttl>15</ttl>", 900),
    ],
)
def test_how_long_a_feed_asks_to_be_left_alone(said: str, ttl_s: float | None) -> None:
    assert read(rss(said)) == Findings(ttl_s=ttl_s)


def test_an_empty_feed_is_no_error() -> None:
    assert read(rss("<title>TN</title>")) == Findings()
    assert read("<feed/>") == Findings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing where a feed was expected"),
        (" \n", "nothing where a feed was expected"),
        ('{"error": 1}', "no XML where a feed was expected"),
        ("<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>", "HTML where a feed was expected"),
        ("<HTML><HEAD><link rel=alternate href=/></HEAD></HTML>", "HTML where a feed was expected"),
        ("<!doctype html>\n<title>Lỗi</title><item><link>https://a.vn</link></item>", "HTML where a feed was expected"),
        (
            "<urlset><url><loc>https://a.vn</loc></url></urlset>",
            "a document of the root 'urlset' where a feed was expected",
        ),
        (rss(ITEM.format(ARTICLE)).partition("</item>")[0], "a feed that is cut before the end of its first entry"),
        ("<rss", "no XML where a feed was expected"),
        ("<!DOCTYPE rss [<!ENTITY a 'b", "no XML where a feed was expected"),
        ("<a\u2028b\x85/>", "a document of the root 'a\\u2028b\\x85' where a feed was expected"),
    ],
)
def test_what_is_no_feed_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(UnreadablePlace) as caught:
        read(text)
    assert str(caught.value) == said


def test_pictures_are_told_of_too() -> None:
    with pytest.raises(UnreadablePlace, match="a picture where text was expected"):
        feed(b"\x89PNG\r\n\x1a\n", "application/rss+xml", PLACE, NOW)


def test_an_entry_without_an_end_ends_where_the_next_thing_does() -> None:
    assert addresses(read(rss(f"<item><link>{ARTICLE}</link>"))) == [ARTICLE]
    assert addresses(read(rss(f"<item><link>{ARTICLE}<pubDate>x</pubDate></item>"))) == [ARTICLE]


@pytest.mark.parametrize(
    "after", ["<!-- made in 0.1 s -->", "<img src=a>", "<script>a = '<b>'", "<", "<!-- ", "</rss>", "\0"]
)
def test_what_stands_behind_a_feed_is_no_part_of_it(after: str) -> None:
    assert not read(rss(ITEM.format(ARTICLE)) + after).is_cut


WHOLE = rss("".join(ITEM.format(f"https://thanhnien.vn/tin-{number}-{18_542_000 + number}.htm") for number in range(9)))


@settings(derandomize=True)
@given(st.integers(0, len(WHOLE.encode()) - 1))
def test_of_a_cut_feed_the_entries_before_the_cut_count(cut: int) -> None:
    part = WHOLE.encode()[:cut]
    ended = part.count(b"</item>")
    if ended:
        found = feed(part, None, PLACE, NOW)
        assert found.articles == read(WHOLE).articles[:ended]
        assert found.is_cut
    else:
        with pytest.raises(UnreadablePlace):
            feed(part, None, PLACE, NOW)
    assert not read(WHOLE).is_cut


@settings(derandomize=True)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="#\\?"), max_size=20)
    ),
    st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")),
    st.booleans(),
)
def test_whatever_the_addresses_and_the_encoding_they_come_back(names: list[str], encoding: str, cdata: bool) -> None:
    urls = list(dict.fromkeys(f"https://a.vn/x{name.replace('&', '')}" for name in names))
    shown = [f"<![CDATA[{url}]]>" if cdata and "]]>" not in url else escape(url) for url in urls]
    text = rss("".join(f"<item><link>{each}</link></item>" for each in shown))
    assert [each.url for each in feed(text.encode(encoding), "text/xml; charset=big5", PLACE, NOW).articles] == urls


def test_times_may_lie_a_day_ahead() -> None:
    ahead = NOW + timedelta(hours=23)
    assert item(f"<link>{ARTICLE}</link><pubDate>{ahead:%d %b %Y %H:%M} GMT</pubDate>").articles[0].published == ahead
