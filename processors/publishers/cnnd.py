"""The CMS of CNND/VCCorp, which thanhnien.vn and other papers share: one layout, with what differs by site.

Every object that an editor put into the body is a `.VCSortableInPreviewMode` and told apart by its `type` attribute.
To add a site: docs/adding-a-publisher.md.
"""

import re
from dataclasses import replace

from processors.publishers.rule import BodyRule, PublisherRule, Template, Treatment

RESIZED = re.compile(r"(?<=/)(?:thumb_[wh]/\d{1,5}|zoom/\d{1,5}_\d{1,5}|crop/[\d_]{1,30})/")

CHROME = (
    "link-content-footer", "link-source-wrapper", "link-source-detail", "btn-copy-link-source", "detail-ads",
    "readmore-body-box", "detail__related", "box-comment", "zalo-share-button", "fb-like", "detail-social",
    "VCObjectBoxRelatedNewsItemSapo", "VideoCMS_Caption", "VideoCMS_Author", "detail-author-bot",
)  # fmt: skip
"""Classes of what can lie inside of a body and is not the article's."""
BODY = BodyRule(
    types={
        "photo": Treatment.IMAGE,
        "layoutalbum": Treatment.ALBUM,
        "content": Treatment.KEEP,
        "boxhighlight": Treatment.BOX,
        "block-quote-info": Treatment.QUOTE,
        "videostream": Treatment.DROP,
        "relatednewsbox": Treatment.DROP,
        "relatedonenews": Treatment.DROP,
        "insertembedcode": Treatment.DROP,
        "credit": Treatment.DROP,
        "link": Treatment.DROP,
        "quiz": Treatment.SHELL,
    },
    objects="VCSortableInPreviewMode",
    classes={
        **dict.fromkeys(CHROME, Treatment.DROP),
        "imagefull": Treatment.IMAGE,
        "quotetable": Treatment.QUOTE,
        "LayoutAlbumItem": Treatment.IMAGE,
    },
    drop_ids=("zone-", "admzone"),
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
    headline_without=(".badge", ".live", ".icon-live"),
    description=("[data-role=sapo]", ".detail-sapo"),
    date_published=("[data-role=publishdate]",),
    authors=(
        ".mauthor-title a::attr(title)", ".detail-author a.name", ".detail-author .author-info-top a",
        "[data-role=author]",
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


def site(publisher_id: str, brands: tuple[str, ...] = (), **differences: tuple[str, ...]) -> PublisherRule:
    """A site of the family. `differences` are selectors of a field that are tried before the family's own."""
    templates = tuple(
        replace(template, **{field: own + getattr(template, field) for field, own in differences.items()})
        for template in FAMILY.templates
    )
    return replace(FAMILY, publisher_id=publisher_id, brands=brands, templates=templates)


SITES = (
    site("thanhnien.vn", brands=("Thanh Niên", "Báo Thanh Niên", "TNO")),
    site("tuoitre.vn", brands=("Tuổi Trẻ Online", "Tuổi Trẻ", "TTO"), authors=(".author-item-name a.name",)),
    site(
        "vtv.vn",
        brands=("VTV", "Báo điện tử VTV", "VTV Online"),
        headline=("h1.title",),
        description=("p.sapo",),
        date_published=("p.days::attr(datetime)", "p.days"),
        authors=("span.name[data-role=author]",),
    ),
)
"""Those whose pages are known. Of the others of the family only the addresses are."""
