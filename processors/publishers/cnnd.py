"""The CMS of CNND/VCCorp, which thanhnien.vn and other papers share: one layout. What differs by site is in sites.py.

Every object that an editor put into the body is a `.VCSortableInPreviewMode` and told apart by its `type` attribute.
"""

import re
from dataclasses import replace

from processors.publishers.rule import BodyRule, PublisherRule, Template, Treatment

RESIZED = re.compile(r"(?<=/)(?:thumb_[wh]/\d{1,5}|zoom/\d{1,5}_\d{1,5}|crop/[\d_]{1,30})/")

CHROME = (
    "link-content-footer", "link-source-wrapper", "link-source-detail", "btn-copy-link-source", "detail-ads",
    "readmore-body-box", "detail__related", "box-comment", "zalo-share-button", "fb-like", "detail-social",
    "VCObjectBoxRelatedNewsItemSapo", "kbwscwl-relatedbox", "OneNewsTitle", "VideoCMS_Caption", "VideoCMS_Author",
    "detail-author-bot", "zone",
)  # fmt: skip
"""Classes of what can lie inside of a body and is not the article's."""
BODY = BodyRule(
    types={
        "photo": Treatment.IMAGE,
        "layoutalbum": Treatment.IMAGE,
        "content": Treatment.KEEP,
        "boxtable": Treatment.KEEP,
        "boxhighlight": Treatment.BOX,
        "block-quote-info": Treatment.QUOTE,
        "beforeafter": Treatment.IMAGE,
        "videostream": Treatment.SHELL,
        "video": Treatment.SHELL,
        "relatednewsbox": Treatment.DROP,
        "relatedonenews": Treatment.DROP,
        "insertembedcode": Treatment.DROP,
        "credit": Treatment.DROP,
        "link": Treatment.DROP,
    },
    objects="VCSortableInPreviewMode",
    classes={
        **dict.fromkeys(CHROME, Treatment.DROP),
        "imagefull": Treatment.IMAGE,
        "quotetable": Treatment.QUOTE,
        "LayoutAlbumItem": Treatment.IMAGE,
        **dict.fromkeys(("PhotoCMS_Caption", "imgcaption", "PhotoCMS_Author"), Treatment.CAPTION),
        "video": Treatment.DROP,
    },
    drop_ids=("zone-", "admzone"),
    drop_classes=("admzone",),
    drop_tags=frozenset({"zone"}),
    caption=frozenset({"PhotoCMS_Caption", "imgcaption"}),
    credit=frozenset({"PhotoCMS_Author", "source"}),
    speaker=frozenset({"q-name", "quote-author-info"}),
    resized=RESIZED,
    signed=True,
)  # fmt: skip

ARTICLE = Template(
    name="article",
    container=("[data-role=content].afcbc-body", ".detail-content.afcbc-body"),
    body=BODY,
    headline=("h1 [data-role=title]", "h1[data-role=title]", "[data-role=title]", "h1.detail-title", "h1"),
    headline_without=(".badge", ".live", ".icon-live", ".badge-live"),
    description=("[data-role=sapo]", ".detail-sapo", "h2.sapo"),
    date_published=("[data-role=publishdate]",),
    authors=(
        ".mauthor-title a::attr(title)", ".detail-author a.name", ".detail-author .author-info-top a",
        "[data-role=author]", ".detail-author .author-info-top .name", ".detail-author .author-info-top",
    ),
    section=(".detail-cate a", "a[data-role=cate-name]"),
    keywords=("[data-role=tags] a", ".detail-tab a::attr(title)", ".detail-tag-list a"),
    cover=("img[data-role=cover]", "[data-role=cover] img"),
    media=(
        ".detail__cmain.live", "#divRollingNews", ".detail__col-images", "#interview-content-place", ".detail__quiz",
        ".VCSortableInPreviewMode[type=VideoStream]", "[data-role=cover] video",
    ),
)  # fmt: skip
MAGAZINE = replace(
    ARTICLE, name="magazine", container=("#contentMagazine [data-role=content]", "[data-role=content].contentOuter")
)
OTHER = replace(
    ARTICLE, name="other", container=("[data-role=content]:not(#divRollingNews)", ".detail-cmain .detail-content")
)
"""A container with the family's role and none of its classes."""

FAMILY = PublisherRule(
    publisher_id="",
    templates=(ARTICLE, MAGAZINE, OTHER),
    listing=(".box-category-item",),
)
"""What a site's record is made from, with `site`."""


def site(
    publisher_id: str, brands: tuple[str, ...] = (), drop: tuple[str, ...] = (), **differences: tuple[str, ...]
) -> PublisherRule:
    """A site of the family.

    `drop`: what else can lie inside a body there and is not the article's, as `.class` or `#beginning-of-an-id`.
    `differences`: selectors of a field that are tried before the family's own.
    """
    templates = tuple(
        replace(
            template,
            body=_dropping(template.body, drop),
            **{field: own + getattr(template, field) for field, own in differences.items()},
        )
        for template in FAMILY.templates
    )
    return replace(FAMILY, publisher_id=publisher_id, brands=brands, templates=templates)


def _dropping(body: BodyRule, names: tuple[str, ...]) -> BodyRule:
    if wrong := [name for name in names if name[:1] not in (".", "#")]:
        raise ValueError(f"neither .class nor #id: {wrong[0]!r}")
    classes = {name[1:]: Treatment.DROP for name in names if name.startswith(".")}
    ids = tuple(name[1:] for name in names if name.startswith("#"))
    return replace(body, classes={**body.classes, **classes}, drop_ids=body.drop_ids + ids)
