"""The pages that reading is measured on: the golden pages of the tests, filled to the size of real ones.

What fills them is what fills real pages: menus, scripts, styles, lists of other articles and a footer, around the
page's own article. A real page of the family that thanhnien.vn belongs to has 149 KB, 2.2 thousand elements, and 45 scripts.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dongtin.documents import find_documents
from dongtin.events import Page

GOLDEN = Path(__file__).parent.parent / "tests" / "golden"
SIZE = 150_000
"""Bytes; the least that a page is filled to."""


@dataclass(frozen=True)
class BenchPage:
    """A page, what it is keyed by, and the text that its writer says it holds."""

    name: str
    key: str
    page: Page
    truth: str
    """The blocks of its article, joined by blank lines."""


@cache
def pages(publishers: tuple[str, ...], size: int = SIZE) -> tuple[BenchPage, ...]:
    """The published golden pages of some folders, filled to a size, in the order of their names."""
    found = []
    for case in sorted(path.parent for name in publishers for path in (GOLDEN / name).glob("*/expected.json")):
        said = json.loads((case / "expected.json").read_text())
        blocks = said.get("article", {}).get("blocks") or [text for _, text in said.get("article", {}).get("kinds", ())]
        documents = find_documents([case], None).documents
        if said["fate"] != "published" or not blocks or len(documents) != 1:
            continue
        key, page = documents[0].load()
        if b"</body>" in page.body:
            filled = Page(**{**vars(page), "body": fill(page.body, size)})
            found.append(BenchPage(f"{case.parent.name}/{case.name}", key, filled, "\n\n".join(blocks)))
    return tuple(found)


def fill(body: bytes, size: int) -> bytes:
    """A page with chrome around what it has, of at least so many bytes."""
    head, mark, rest = body.partition(b"</head>")
    main, end, tail = rest.rpartition(b"</body>")
    if not mark or not end:
        return body
    parts: list[str] = []
    missing = size - len(body)
    while missing > 0:
        part = _filler(len(parts))
        parts.append(part)
        missing -= len(part.encode())
    half = len(parts) // 3
    return b"".join(
        (
            head,
            "".join(parts[:half:2]).encode(),
            mark,
            main,
            "".join((*parts[1:half:2], *parts[half:])).encode(),
            end,
            tail,
        )
    )


def _filler(number: int) -> str:
    """A piece of chrome of 1 to 4 KB, of five kinds in turn."""
    match number % 5:
        case 0:
            settings = ",".join(f'"zone_{number}_{at}":{{"size":"300x250","refresh":{at * 5}}}' for at in range(30))
            return (
                f"<script>window.adSlots=window.adSlots||[];adSlots.push({{{settings}}});runInit(adSlots);</script>\n"
            )
        case 1:
            rules = "".join(f".box-{number}-{at}>.item{{margin:{at}px 0;color:#{at:03x}}}" for at in range(40))
            return f"<style>{rules}</style>\n"
        case 2:
            items = "".join(f'<li class="nav-item"><a class="nav-link" href="/muc-{number}-{at}.htm" title="Mục {at}">Mục {at}</a></li>' for at in range(12))  # fmt: skip
            return f'<div class="menu-box"><ul class="menu-nav">{items}</ul></div>\n'
        case 3:
            return "".join(
                f'<div class="box-category-item" data-id="{number}{at}"><a class="box-category-link-with-avatar" href="/tin-{number}-{at}.htm">'
                f'<img class="box-category-avatar" src="https://images.example/zoom/260_163/{number}/{at}.jpg" alt="Tin {at}"></a>'
                f'<div class="box-category-content"><h3><a class="box-category-link-title" href="/tin-{number}-{at}.htm">Tin khác số {at}</a></h3>'
                f'<span class="box-category-time time-ago" title="2025-01-17T0{at}:00:00">{at} giờ trước</span></div></div>\n'
                for at in range(5)
            )
        case _:
            return (
                f'<script async src="https://static.example/{number}.js"></script><div id="zone-{number}" class="ads"></div>\n'
                * 8
            )
