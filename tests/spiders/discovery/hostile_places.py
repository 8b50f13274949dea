"""Gives a reader of places 4 MB of each hostile shape, with little memory. `python hostile_places.py feed`."""

import gzip
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from dongtin.errors import UnreadablePlace
from spiders import discovery

NOW = datetime(2026, 7, 8, tzinfo=UTC)
PLACE = "https://thanhnien.vn/rss/home.rss"
SIZE = 4_000_000
MEMORY_BYTES = 700_000_000
ROOTS = ("<rss><channel><item>", "<urlset><url>", "<feed>", "<html><head>", "<div class=box-category-item>")
REPEATED = (
    "<", "<a", "<a ", "<a>", "</a>", "<a/>", "<a b", "<a b=", "<a b='", '<a b="', "<a b='\"'", "='", '="', "= ", "<!", "<!--", "<![CDATA[",
    "<!DOCTYPE a [", "<!ENTITY a '", "<!ENTITY a 'b'>", "<?", "<?a?>", "&", "&amp;", "&amp;amp;", "&a;", "&#", "&#38;", "&#x0", "]]>", "-->",
    "<item>", "<item><link>", "<item><link>http://a/</item>", "<item><link/>", "<link>", "<link href='http://a/x'/>", "<entry><link href=/",
    "<url><loc>http://a/</url>", "<url><loc>", "<loc>x", "<a xml:base='a/'>", "<script>", "</script", "<script></script>", "<title>",
    "<a href=/a-185{n}.htm>", "<a href=/rss/{n}.rss>", "<a{n}>", "<a{n}></a{n}>", "a{n} ", "<url><loc>http://a/{n}</loc></url>",
    "<item><link>http://a/{n}</link><pubDate>17 Jan 2025</pubDate></item>", "<div class=box-category-item><a href=/x-185{n}.htm>",
    "http://a/{n}\n", "\n", " \n", " ", "\0", "é", "<link rel=alternate hreflang=en href='{n}'>", "<meta content='", "<base href='a{n}/'>",
)  # fmt: skip
LAUGHS = "<!DOCTYPE a [<!ENTITY l0 'ha'>" + "".join(
    f"<!ENTITY l{each} '{f'&l{each - 1};' * 10}'>" for each in range(1, 20)
)


def shapes() -> Iterator[tuple[str, bytes]]:
    """Names and bodies."""
    for repeated in REPEATED:
        numbered = "".join(repeated.replace("{n}", str(each)) for each in range(SIZE // len(repeated) + 1))[:SIZE]
        yield repeated, numbered.encode()[:SIZE]
        for root in ROOTS:
            yield root + repeated, (root + numbered).encode()[:SIZE]
    for root in ROOTS:
        yield f"laughs {root}", f"{LAUGHS}]>{root}<link>&l19;</link><loc>&l19;</loc></item></url>".encode()
        yield f"quadratic {root}", f"<!DOCTYPE a [<!ENTITY a '{'a' * 99_999}'>]>{root}<link>{'&a;' * 999_999}".encode()
        yield f"external {root}", f"<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>{root}<link>&a;".encode()
        yield f"attribute {root}", f"{root}<link href='{'a' * SIZE}'/><a href='{'a' * SIZE}'>".encode()
        yield f"mirrored {root}", root.encode() + b"<a>" * (SIZE // 7) + b"</a>" * (SIZE // 7)
        yield f"names {root}", root.encode() + b"<a" + b"a" * SIZE
        yield f"wide {root}", (root + "<item>" * (SIZE // 12)).encode("utf-16")
    yield "bomb", gzip.compress(b" " * 1_000_000_000, 9)
    yield "bomb of entries", gzip.compress(b"<urlset>" + b"<url><loc>http://a/</loc></url>" * 1_500_000, 9)
    yield "members", gzip.compress(b"") * (SIZE // 20)


def main(name: str) -> None:
    """Read them all; the slowest on stderr."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    reader = getattr(discovery, name)
    given = (PLACE,) if name == "alternates" else (PLACE, NOW)
    took: list[tuple[float, str]] = []
    for shape, body in shapes():
        started = time.monotonic()
        try:
            reader(body, None, *given)
        except UnreadablePlace:
            pass
        except BaseException:
            print(shape, file=sys.stderr)
            raise
        took.append((time.monotonic() - started, shape))
    print(sorted(took)[-5:], file=sys.stderr)
    print(f"{len(took)} shapes read")


if __name__ == "__main__":
    main(sys.argv[1])
