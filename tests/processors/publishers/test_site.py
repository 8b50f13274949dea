"""A site of the family: the family's layout, with what its record says otherwise."""

import pytest
from lxml.html import HtmlElement, fragment_fromstring

from processors.publishers import BodyRule
from processors.publishers.cnnd import BODY, FAMILY, site
from processors.publishers.sites import SITES
from processors.read.cut import cut

MARKUP = """<div><p>Giá tôm tăng.</p><div class="box tindnd"><p>Tin doanh nghiệp</p></div>
<div id="reactRelate2"><p>Bài khác</p></div><div class="detail-ads"><p>Quảng cáo</p></div></div>"""


def blocks(body: BodyRule) -> list[str]:
    container = fragment_fromstring(MARKUP)
    assert isinstance(container, HtmlElement)
    return [item.text for item in cut(container, body).items]


def test_a_site_drops_more_than_its_family() -> None:
    rule = site("moi.vn", drop=(".tindnd", "#reactRelate"))
    assert [template.name for template in rule.templates] == [template.name for template in FAMILY.templates]
    for template in rule.templates:
        assert blocks(template.body) == ["Giá tôm tăng."]
    assert blocks(BODY) == ["Giá tôm tăng.", "Tin doanh nghiệp", "Bài khác"]


def test_a_site_s_own_selectors_come_first() -> None:
    (first, *_) = site("moi.vn", headline=("h1.title",)).templates
    assert first.headline == ("h1.title", *FAMILY.templates[0].headline)


def test_a_record_that_names_neither_class_nor_id_nor_field_is_refused() -> None:
    with pytest.raises(ValueError, match=r"neither \.class nor #id: 'tindnd'"):
        site("moi.vn", drop=("tindnd",))
    with pytest.raises(AttributeError, match="sapo"):
        site("moi.vn", sapo=(".sapo",))


def test_each_site_has_one_record() -> None:
    ids = [rule.publisher_id for rule in SITES]
    assert len(ids) == len(set(ids))
