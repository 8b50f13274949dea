"""Pages of thanhnien.vn in the markup of its CMS: articles of each template, and the frame around everything."""

import json
from collections.abc import Sequence
from html import escape

from tests.site.content import VIETNAM_TIME, Block, Content, Picture, Template
from tests.site.sections import SECTIONS
from tests.site.vietnamese import slug_of
from tests.site.world import Listed

SITE = "https://thanhnien.vn"
THUMB = "https://images2.thanhnien.vn/thumb_w/640/"
ZOOM = "https://images2.thanhnien.vn/zoom/600_315/"
ORIGINAL = "https://images2.thanhnien.vn/"


def article(content: Content, related: Sequence[Listed]) -> str:
    """The page of an article; `related` fills the boxes around it."""
    body = _body(content, related)
    live, column = content.template == Template.LIVE, content.template == Template.PHOTO_STORY
    match content.template:
        case Template.MAGAZINE:
            main = f'<div class="detail__emagazine"><div class="magazine"><div id="contentMagazine" class="sp-body-content"><div class="detail-content contentOuter" data-role="content">{body}</div></div></div></div>'
        case _:
            main = f'<div class="detail-cmain"><div class="detail-content afcbc-body" data-role="content" itemprop="articleBody">{body}</div></div>'
    if column:
        main = f'<div class="detail__col-images">{main}</div>'
    if live:
        main = f'<div id="divRollingNews" class="rolling-news" data-role="content"><div class="loading">Đang tải diễn biến</div></div>{main}'
    player = _player(content) if content.template == Template.VIDEO else ""
    badge = '<span class="live">Live</span>' if live else ""
    inner = f"""<div class="detail__page"><div class="container">
<div class="detail__cmain{" live" if live else ""}"><div class="detail__cmain-flex"><div class="detail__cmain-main">
<div class="detail-top"><div class="detail-cate">{_section_links(content)}</div>
<div class="detail-social"><a href="javascript:;" class="sendsocial" rel="facebook">Facebook</a><a class="copylink" data-link="{content.url}" href="javascript:;">Copy link</a><a href="/print{content.url.removeprefix(SITE)}" rel="nofollow">In</a></div></div>
{player}<h1 class="detail-title article-title">{badge}<span data-role="title">{escape(content.headline)}</span></h1>
<div class="detail-info"><div class="detail-author"><div class="author-info"><div class="author-info-top">{_authors(content)}</div></div></div><div class="detail-time"><div data-role="publishdate">{content.published.astimezone(VIETNAM_TIME):%d/%m/%Y %H:%M} GMT+7</div></div></div>
<h2 class="detail-sapo" data-role="sapo">{escape(content.lead)}</h2>
{main}
<!-- dòng sự kiện detail info= siteid185:thread:id777 -->
<div class="detail-tab" data-role="tags"><div class="title">Khám phá thêm chủ đề</div><ul class="detail-tag-list">{_tags(content)}</ul></div>
<div class="detail__related"><div class="box-category-title">Tin liên quan</div><ul>{"".join(f'<li><a href="{path(each)}" title="{escape(each.content.headline)}" class="box-title-text">{escape(each.content.headline)}</a></li>' for each in related[:4])}</ul></div>
<div class="detail-comment" id="detail_comment"><div class="box-comment"><div class="title-comment">Bình luận (0)</div><button>Gửi bình luận</button></div></div>
</div><div class="detail__cmain-sub"><div class="box-category" data-layout="1"><div class="box-category-top"><h2><span class="box-category-title">Tin đọc nhiều</span></h2></div>{"".join(item(each) for each in related[:5])}</div></div>
</div></div></div></div>"""
    zone = content.section.zone if content.section else "1854"
    return frame(content.headline, _head(content), inner, zone, news_id=content.article_id.partition("/")[2])


def emptied(content: Content) -> str:
    """The page of an article from which everything but the frame was taken."""
    inner = """<div class="detail__page"><div class="container"><div class="detail__cmain"><div class="detail__cmain-main">
<h1 class="detail-title article-title"><span data-role="title"></span></h1>
<div class="detail-cmain"><div class="detail-content afcbc-body" data-role="content" itemprop="articleBody"><div data-check-position="body_start"></div><div data-check-position="body_end"></div></div></div>
</div></div></div></div>"""
    return frame("Báo Thanh Niên", "", inner, content.section.zone if content.section else "1854")


def listing(name: str, zone: str, items: Sequence[Listed], links: str = "") -> str:
    """A category's page; it names its zone, by which the next items are asked for."""
    stream = "".join(item(each) for each in items)
    inner = f'<div class="list__listing"><div class="container">{links}<div class="list__stream-flex" data-layout="1"><div class="box-category-middle" id="list__stream">{stream}</div><a class="list__viewmore" href="javascript:;">Xem thêm</a></div></div></div>'
    return frame(
        name, f'<meta property="og:type" content="website"/><link rel="canonical" href="{SITE}/"/>', inner, zone
    )


def item(listed: Listed) -> str:
    """An article in a listing, and in a fragment of one."""
    content, address, title = listed.content, path(listed), escape(listed.content.headline)
    id_ = content.article_id.partition("/")[2]
    kind = "13" if content.template == Template.VIDEO else "0"
    picture = (
        f'<img data-type="avatar" src="{content.pictures[0].url.replace(ORIGINAL, "https://images2.thanhnien.vn/zoom/300_188/")}" alt="{title}" class="box-category-avatar" loading="lazy">'
        if content.pictures
        else ""
    )
    section = content.section
    category = (
        f'<a class="box-category-category" href="/{section.slug}.htm" title="{section.name}">{section.name}</a>'
        if section
        else ""
    )
    time = f"{content.published.astimezone(VIETNAM_TIME):%Y-%m-%dT%H:%M:%S}"
    return f"""<div class="box-category-item" data-id="{id_}"><a class="box-category-link-with-avatar img-resize" href="{address}" title="{title}" data-type="{kind}" data-newstype="0">{picture}</a>
<div class="box-category-content"><h3><a data-type="title" data-linktype="newsdetail" data-id="{id_}" class="box-category-link-title box-title-text" href="{address}" title="{title}">{title}</a></h3>
<div class="box-category-info">{category}<span class="box-category-time time-ago" title="{time}"></span></div><p class="box-category-sapo" data-type="sapo" data-trimline="3">{escape(content.lead)}</p></div></div>
"""


def path(listed: Listed) -> str:
    return listed.content.url.removeprefix(SITE)


def frame(title: str, head: str, inner: str, zone: str, news_id: str = "") -> str:
    """What stands around every page: menu, footer, hidden inputs."""
    menu = "".join(
        f'<li><a class="nav-link" href="/{each.slug}.htm" title="{each.name}">{each.name}</a></li>'
        for each in SECTIONS
        if not each.parent
    )
    news = f'<input type="hidden" name="hdNewsId" id="hdNewsId" value="{news_id}" />' if news_id else ""
    return f"""<!DOCTYPE html>
<html lang="vi">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>{escape(title)}</title>
<meta content="index,follow,all" name="robots"/><meta content="vi" name="Language"/><meta name="author" content="Báo Thanh Niên" /><meta content="{SITE}" name="GENERATOR" />
{head}
<link rel="alternate" type="application/rss+xml" href="{SITE}/rss/home.rss" title="Báo Thanh Niên - Trang chủ">
<script type="text/javascript">var pageSettings = {{ Domain: "{SITE}", SiteId: "185", imageDomain: "https://images2.thanhnien.vn", zoneId: "{zone}" }};</script>
</head>
<body>
<div class="header" id="header-sticky"><div class="container"><a class="header__logo" href="/" title="Báo Thanh Niên"><img src="https://static.mediacdn.vn/thanhnien.vn/image/logo.svg" alt="Báo Thanh Niên"></a><a href="/rss.html">RSS</a><ul class="menu-nav">{menu}<li><a class="nav-link" href="/video.htm" title="Video">Video</a></li></ul></div></div>
<div class="main">{inner}</div>
<div class="footer"><div class="container"><div class="footer__info"><p>Báo Thanh Niên - Bản quyền thuộc về tòa soạn</p><p>Ghi rõ nguồn khi phát hành lại thông tin từ website này.</p></div></div></div>
<input type="hidden" name="hdZoneId" id="hdZoneId" value="{zone}" />{news}<input type="hidden" name="hdType" id="hdType" value="0" />
</body>
</html>
"""


def _head(content: Content) -> str:
    """Meta elements, and JSON-LD whose strings are escaped as HTML."""
    lead, title = escape(content.lead), escape(content.headline)
    published, modified = (each.astimezone(VIETNAM_TIME) for each in (content.published, content.modified))
    image = content.pictures[0].url.replace(ORIGINAL, ZOOM) if content.pictures else ""
    tags = escape(", ".join(content.tags))
    news = {
        "@context": "http://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": content.url},
        "headline": title,
        "description": lead,
        **({"image": {"@type": "ImageObject", "url": image, "width": 600, "height": 315}} if image else {}),
        "datePublished": published.isoformat(timespec="seconds"),
        "dateModified": modified.isoformat(timespec="seconds"),
        "author": {"@type": "Person", "name": " - ".join(content.authors)},
        "publisher": {"@type": "Organization", "name": SITE},
    }
    picture = (
        f'<meta property="og:image" content="{image}" /><meta content="600" property="og:image:width" />'
        if image
        else ""
    )
    return f"""<meta property="og:url" content="{content.url}"><meta property="og:type" content="article"/><meta property="og:title" content="{title}"/><meta property="og:description" content="{lead}"/>{picture}
<meta name="description" content="{lead}" /><meta name="keywords" content="{tags}"><meta name="news_keywords" content="{tags}" />
<meta property="article:published_time" content="{published:%Y-%m-%dT%H:%M:%S}" /><meta content="{escape(" - ".join(content.authors))}" property="article:author"/>
<link href="{content.url}" rel="canonical" />
<script type="application/ld+json">
{json.dumps(news, ensure_ascii=False, indent=4)}
</script>"""


def _body(content: Content, related: Sequence[Listed]) -> str:
    """The children of the container: text among pictures, advertisements and boxes of other articles."""
    parts = ['<div data-check-position="body_start"></div>']
    pictures = [_figure(each, wide=content.template != Template.NORMAL) for each in content.pictures]
    if pictures:
        parts.append(pictures.pop(0))
    if content.template == Template.VIDEO:
        parts.append(_player(content))
    for place, block in enumerate(content.blocks):
        parts.append(_block(block, content))
        if place == 2:
            parts.append(
                '<div id="zone-l2srqb40"><script>if(typeof(arfAsync)!="undefined"){arfAsync.push("l2srqb40");}</script></div>'
            )
            if related:
                parts.append(_related_box(related[0]))
        if pictures and place % 2:
            parts.append(pictures.pop(0))
    parts += pictures
    parts.append(f"<!--{content.modified:%a %b %d %Y %H:%M:%S} GMT+0700 (Indochina Time)-->")
    parts.append('<div data-check-position="body_end"></div>')
    return "\n".join(parts)


def _block(block: Block, content: Content) -> str:
    text = escape(block.text, quote=False)
    if block.kind == "heading":
        return f"<h2>{text}</h2>"
    for tag in content.tags[1:]:
        linked = f'<a class="seo-suggest-link link-inline-content" data-rel="follow" href="/{slug_of(tag)}.html" title="{tag}">{tag}</a>'
        text = text.replace(tag, linked, 1)
    return f"<p>{text}</p>"


def _figure(picture: Picture, *, wide: bool) -> str:
    address, alt, caption = picture.url, escape(picture.alt), escape(picture.caption)
    return f"""<figure class="VCSortableInPreviewMode{" alignCenterOverflow" if wide else ""}" type="Photo"><div><a href="{address}" title="{caption}" data-fancybox="img-lightbox" target="_blank" class="detail-img-lightbox"><img src="{address.replace(ORIGINAL, THUMB)}" alt="{alt}" title="{alt}" data-original="{address}" w="1200" h="800" class="lightbox-content" loading="lazy"></a></div><figcaption class="PhotoCMS_Caption"><p data-placeholder="Nhập chú thích ảnh">{caption}</p></figcaption><div class="PhotoCMS_Author"><p data-placeholder="Nhập tác giả">ẢNH: {escape(picture.credit)}</p></div></figure>"""


def _related_box(listed: Listed) -> str:
    address, title = path(listed), escape(listed.content.headline)
    return f'<div class="VCSortableInPreviewMode" type="RelatedOneNews" data-style="align-center-slarge"><div><a href="{address}" title="{title}" class="VCObjectBoxRelatedNewsItemAvatar" target="_blank"></a><div class="VCObjectBoxRelatedNewsItemConent"><a target="_blank" href="{address}" title="{title}" class="VCObjectBoxRelatedNewsItemTitle OneNewsTitle">{title}</a><p class="VCObjectBoxRelatedNewsItemSapo" data-placeholder="Nhập sapo">{escape(listed.content.lead)}</p></div></div></div>'


def _player(content: Content) -> str:
    id_ = content.article_id[-8:]
    return f'<div class="VCSortableInPreviewMode" type="VideoStream" embed-type="4" data-width="640px" data-height="360px" vid="{id_}" data-vid="thanhnien/{id_}.mp4" data-info="{id_}"><div class="VideoCMS_Caption"><p data-placeholder="[nhập chú thích]">{escape(content.headline)}</p></div></div>'


def _section_links(content: Content) -> str:
    section = content.section
    ways = [section.parent, section] if section and section.parent else [section] if section else []
    return "".join(
        f'<a href="/{each.slug}.htm" title="{each.name}" data-role="cate-name">{each.name}</a>' for each in ways if each
    )


def _authors(content: Content) -> str:
    return "".join(
        f'<a class="name" href="/tac-gia/{slug_of(each)}-185444.htm" title="{each}">{each}</a><span class="email">{slug_of(each).replace("-", "")}.tn@thanhnien.vn</span>'
        for each in content.authors
    )


def _tags(content: Content) -> str:
    return "".join(
        f'<li class="item"><a href="/{slug_of(each)}.html" title="{each}">{each}</a></li>' for each in content.tags
    )
