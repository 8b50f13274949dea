"""Gives a reader of places each hostile shape, with little memory. `python hostile_places.py feed`."""

import gzip
import resource
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from dongtin.errors import UnreadablePlace
from spiders import discovery

NOW = datetime(2026, 7, 8, tzinfo=UTC)
PLACE = "https://thanhnien.vn/rss/home.rss"
SIZE = 4_000_000
MEMORY_BYTES = 700_000_000
OPENING = {
    "feed": "<rss><channel><item>",
    "sitemap": "<urlset><url>",
    "listing": "<div class=box-category-item>",
    "feed_directory": "<html><body>",
    "alternates": "<html><head>",
}
NEVER_CLOSED = (
    "<", "<a", "<a ", "<a b=", "<a b='", '<a b="', '<a b=\'"\'', "='", '="', "= ", "<!", "<!--", "<![CDATA[",
    "<!DOCTYPE a [", "<!ENTITY a '", "<?", "&", "&#", "&#x0", "<script>", "</script", "<title>",
    "<meta content='", "\n", " ", "\x00", "é",
)  # fmt: skip
"""Cheap where each is looked at once, and a day's work where each is looked for up to the end."""
REPEATED = (
    "<a>", "</a>", "<a/>", "<a b", "<a{n}>", "<a{n}></a{n}>", "a{n} ", "<!ENTITY a 'b'>", "<?a?>", "&amp;",
    "&amp;amp;", "&a;", "&#38;", "]]>", "-->", "<item>", "<item><link>", "<item><link>http://a/</item>",
    "<link>", "<entry><link href=/", "<link href='http://a/{n}'/>", "<url><loc>http://a/</url>", "<url><loc>",
    "<loc>x", "<a xml:base='a/'>", " \n", "<script></script>", "<a href=/a-185{n}.htm>",
    "<a href=/rss/{n}.rss>", "<url><loc>http://a/{n}</loc></url>",
    "<item><link>http://a/{n}</link><pubDate>17 Jan 2025</pubDate></item>", "http://a/{n}\n",
    "<base href='a{n}/'>", "<div class=box-category-item><a href=/x-185{n}.htm>",
    "<link rel=alternate hreflang=en href='{n}'>",
)  # fmt: skip
"""Made much of by each reader that knows them."""
LAUGHS = "".join(f"<!ENTITY l{each} '{f'&l{each - 1};' * 10}'>" for each in range(1, 20))


def shapes(opening: str) -> Iterator[tuple[str, bytes]]:
    """Names and bodies."""
    yield from ((each, (opening + each * SIZE).encode()[:SIZE]) for each in NEVER_CLOSED)
    for each in REPEATED:
        size = SIZE // 16
        numbered = "".join(each.replace("{n}", str(number)) for number in range(size // len(each)))
        yield each, (opening + numbered).encode()[:size]
    entities = (
        f"<!DOCTYPE a [<!ENTITY l0 'ha'>{LAUGHS}<!ENTITY a '{'a' * 99_999}'><!ENTITY b SYSTEM 'file:///etc/passwd'>]>"
    )
    for each in ("&l19;", "&a;" * 999_999, "&b;"):
        yield each[:9], f"{entities}{opening}<link>{each}</link><loc>{each}</loc>".encode()
    yield "long attributes", f"{opening}<link href='{'a' * SIZE}'/><a href='{'a' * SIZE}'>".encode()
    yield "deep", opening.encode() + b"<a>" * (SIZE // 7) + b"</a>" * (SIZE // 7)
    yield "wide letters", (opening + "<item>" * (SIZE // 12)).encode("utf-16")
    yield "bomb", bomb(b" ")
    yield "bomb of tags", bomb(b"<a>")
    yield "gzip members", gzip.compress(b"") * (SIZE // 20)


def bomb(piece: bytes) -> bytes:
    """Less than 4 MB that become 60 MB or more."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(piece * 1_000_000) for _ in range(60)) + packer.flush()


def main(name: str) -> None:
    """Read them all."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    reader = getattr(discovery, name)
    place = (PLACE,) if name == "alternates" else (PLACE, NOW)
    for shape, body in shapes(OPENING[name]):
        try:
            reader(body, None, *place)
        except UnreadablePlace:
            pass
        except BaseException:
            sys.stderr.write(f"{shape}\n")
            raise


if __name__ == "__main__":
    main(sys.argv[1])
