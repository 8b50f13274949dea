"""vietnam.vn: articles of the press, republished and translated by machine.

Only the container and the order of the parts are known: headline, byline and source line are found by their form.
"""

from processors.publishers.rule import BodyRule, PublisherRule, Template, Treatment

BODY = BodyRule(
    types={"photo": Treatment.IMAGE},
    objects=None,
    classes={
        **dict.fromkeys(("VCObjectBoxRelatedNewsItemSapo", "VideoCMS_Caption", "VideoCMS_Author"), Treatment.DROP),
        "imagefull": Treatment.IMAGE,
    },
    caption=frozenset({"PhotoCMS_Caption", "wp-caption-text"}),
    credit=frozenset({"PhotoCMS_Author"}),
    signed=True,
)

VIETNAM = PublisherRule(
    publisher_id="vietnam.vn",
    templates=(
        Template(
            name="republication",
            container=(".post-detail-body",),
            body=BODY,
            headline=("h1",),
            section=(".breadcrumb a",),
            keywords=("a[href*='/tag/']",),
            is_republication=True,
        ),
    ),
)
