"""Pages of vietnam.vn: an article of the press in Vietnamese, or its translation by machine."""

from collections.abc import Sequence
from hashlib import md5
from html import escape

from tests.site.content import VIETNAM_TIME, Block, Content, Picture
from tests.site.translations import word
from tests.site.world import Listed

SITE = "https://www.vietnam.vn"
TITLE = "Vietnam.vn - Nền tảng quảng bá Việt Nam"


def article(content: Content, related: Sequence[Listed]) -> str:
    """The page of an article in its language."""
    title, lead, day = escape(content.headline), escape(content.lead), content.published.astimezone(VIETNAM_TIME)
    slug = content.url.rpartition("/")[2]
    alternates = "".join(
        f'<link rel="alternate" hreflang="{tag}" href="{SITE}/{way}{slug}"/>\n'
        for tag, way in (("vi", ""), *((_tag(each), f"{each}/") for each in content.hreflang), ("x-default", ""))
    )
    head = f"""<title>{title} - Vietnam.vn</title>
<meta name="description" content="{lead}"/><meta property="og:description" content="{lead}"/><meta property="og:title" content="{title}"/>
<meta property="og:type" content="article"/><meta property="og:url" content="{content.url}"/><meta property="og:site_name" content="Vietnam.vn"/><meta name="author" content="Vietnam.vn"/>
<link rel="canonical" href="{content.url}"/>
{alternates if content.hreflang else ""}"""
    pictures = [_figure(each) for each in content.pictures]
    parts = [pictures.pop(0)] if pictures else []
    for place, block in enumerate(content.blocks):
        parts.append(_block(block))
        if pictures and place % 2:
            parts.append(pictures.pop(0))
    source = (
        f'<p>{word("source", content.language)} <a href="{content.source_url}" target="_blank" rel="nofollow noopener">{content.source_url}</a></p>'
        if content.source_url
        else ""
    )
    logo = f'<img src="https://vstatic.vietnam.vn/vietnam/resource/ORGANIZATION/{md5(content.paper.encode(), usedforsecurity=False).hexdigest()}" alt="{content.paper}" width="32" height="32"/>'
    body = "\n".join([*parts, *pictures])
    inner = f"""<article class="post-detail">
<h1 class="post-title">{title}</h1>
<div class="flex items-center gap-2"><a href="/authors/to-bao">{logo}<span class="font-medium">{content.paper}</span></a><span class="text-gray-500">{day:%d/%m/%Y}</span></div>
<p class="post-description">{lead}</p>
<div class="post-detail-body">
{body}
{source}
</div>
<div class="comments"><h3>{word("comments", content.language)}</h3><p>{word("no_data", content.language)}</p></div>
</article>
<aside><p>{word("no_data", content.language)}</p>
<ul class="trending">{"".join(f'<li><a href="{each.content.url.removeprefix(SITE)}">{escape(each.content.headline)}</a></li>' for each in related[:5])}</ul></aside>"""
    return frame(content.language, head, inner)


def emptied(language: str) -> str:
    """What the site says with status 200 of a page that it no longer has."""
    inner = '<h1>404</h1><h2>Không tìm thấy trang</h2><p>Trang bạn tìm không tồn tại hoặc đã bị gỡ.</p><a href="/">Trang chủ</a>'
    return frame(language, f"<title>404 - {TITLE}</title>", inner)


def front(language: str, items: Sequence[Listed]) -> str:
    links = "".join(
        f'<li><a href="{each.content.url.removeprefix(SITE)}">{escape(each.content.headline)}</a></li>'
        for each in items
    )
    return frame(
        language,
        f'<title>{TITLE}</title><meta property="og:type" content="website"/>',
        f'<ul class="news">{links}</ul>',
    )


def frame(language: str, head: str, inner: str) -> str:
    home = "" if language == "vi" else f"/{language}"
    sections = "".join(
        f'<li><a href="{home}/category/muc-{n}">{name}</a></li>'
        for n, name in enumerate(("Di sản", "Nhân vật", "Doanh nghiệp"))
    )
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
{head}
</head>
<body>
<header><a href="{home or "/"}"><img src="https://vstatic.vietnam.vn/logo.svg" alt="Vietnam.vn"/></a><div class="site-title">{TITLE}</div><nav><ul>{sections}</ul></nav></header>
<main>
{inner}
</main>
<footer><p>© Vietnam.vn</p><p>{TITLE}</p></footer>
</body>
</html>
"""


def _block(block: Block) -> str:
    text = escape(block.text, quote=False)
    return f"<h2>{text}</h2>" if block.kind == "heading" else f"<p>{text}</p>"


def _figure(picture: Picture) -> str:
    return f'<figure class="image"><img src="{picture.url}" alt="{escape(picture.alt)}" loading="lazy"/><figcaption><p>{escape(picture.caption)}</p></figcaption></figure>'


def _tag(language: str) -> str:
    name, _, region = language.partition("-")
    return f"{name}-{region.upper()}" if region else name
