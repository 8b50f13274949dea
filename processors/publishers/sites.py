"""The sites of the CMS family whose pages are known: a record each. Of the others only the addresses are.

To add one: docs/adding-a-publisher.md.
"""

from processors.publishers.cnnd import site

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
