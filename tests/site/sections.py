"""The sections of thanhnien.vn that the twin has. Four zone numbers are the real ones."""

from tests.site.content import Section

_TOP = (
    ("thoi-su", "Thời sự", "1854", (("phap-luat", "Pháp luật", "1855"), ("dan-sinh", "Dân sinh", "1856"))),
    ("the-gioi", "Thế giới", "18566", ()),
    ("kinh-te", "Kinh tế", "18549", (("chung-khoan", "Chứng khoán", "185121"),)),
    ("chinh-tri", "Chính trị", "185227", ()),
    ("doi-song", "Đời sống", "185117", ()),
    ("suc-khoe", "Sức khỏe", "185131", ()),
    ("gioi-tre", "Giới trẻ", "185132", ()),
    ("tieu-dung-thong-minh", "Tiêu dùng thông minh", "185133", ()),
    ("giao-duc", "Giáo dục", "18526", (("tuyen-sinh", "Tuyển sinh", "185128"),)),
    ("du-lich", "Du lịch", "185134", ()),
    ("van-hoa", "Văn hóa", "185135", ()),
    ("giai-tri", "Giải trí", "185136", ()),
    ("xe", "Xe", "185137", ()),
    ("thoi-trang-tre", "Thời trang trẻ", "185138", ()),
    ("the-thao", "Thể thao", "185318", ()),
    ("cong-nghe", "Công nghệ", "185315", (("blockchain", "Blockchain", "185316"),)),
)  # fmt: skip


def _all() -> tuple[Section, ...]:
    found = []
    for slug, name, zone, parts in _TOP:
        top = Section(slug, name, zone)
        found += [top, *(Section(f"{slug}/{each}", part, number, top) for each, part, number in parts)]
    return tuple(found)


SECTIONS: tuple[Section, ...] = _all()
VIDEO = Section("video", "Video", "185301")
MAGAZINE = Section("magazine", "Magazine", "185302")
EVERY_SECTION = (*SECTIONS, VIDEO, MAGAZINE)
