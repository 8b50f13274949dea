"""Made-up news in Vietnamese: sentences from lists of words, each a function of the random source that is handed in."""

import re
import unicodedata
from random import Random

WHO = (
    "nông dân", "ngư dân", "nhóm sinh viên", "thầy giáo trẻ", "đội cứu hộ", "hợp tác xã", "bác sĩ tuyến huyện",
    "người thợ già", "câu lạc bộ thiện nguyện", "đoàn thanh niên", "chủ vườn", "kỹ sư cầu đường", "nghệ nhân làng gốm",
    "học sinh vùng cao", "tổ dân phố", "ban quản lý chợ", "nhà nghiên cứu", "đội bóng chuyền", "trạm kiểm lâm",
    "hội phụ nữ", "nhóm kiến trúc sư", "xưởng đóng tàu", "thư viện lưu động", "người trồng muối", "tài xế xe buýt",
)  # fmt: skip
DID = (
    "trồng thêm rừng ngập mặn", "dựng lại cây cầu gỗ", "mở lớp học ban đêm", "giữ nghề đan lưới", "thử nghiệm máy lọc nước",
    "đón mùa thu hoạch sớm", "sửa chữa con đường liên thôn", "thả cá giống về sông", "chế tạo thuyền chạy điện",
    "phục dựng điệu múa cổ", "khám bệnh miễn phí", "lập bản đồ ngập lụt", "tìm lại giống lúa xưa", "xây thêm phòng đọc sách",
    "chuyển sang tưới nhỏ giọt", "thu gom rác ven biển", "đưa hàng lên chợ trực tuyến", "nuôi ong dưới tán rừng",
    "tổ chức ngày hội đọc sách", "khôi phục lò gạch cũ", "lắp đèn năng lượng mặt trời", "mở tuyến xe đêm",
    "dạy bơi cho trẻ nhỏ", "ghi chép chim di cư", "làm phim về làng nghề",
)  # fmt: skip
PLACE = (
    "Cồn Bần", "Hòn Ông", "Bến Thủy", "Hòa Lợi", "Phú Đông", "Đăk Nhoong", "Tam Thanh", "Vồ Dơi", "Trà Nhiên", "Gò Sặt",
    "Mỹ Khê Thượng", "Quảng Hưng", "Bàu Sen", "Suối Lạnh", "Tân Lộc", "Nậm Xây", "Đồng Xoài Cũ", "Rạch Vàm", "Lộc Thiện",
    "An Bình Hạ", "Khe Tre", "Phước Tỉnh", "Làng Chài", "Ba Gác", "Mường Lai", "Cù Lao Dài", "Vĩnh Hậu", "Xuân Đài",
    "Thạch Bàn", "Ninh Diêm",
)  # fmt: skip
WHEN = (
    "sáng sớm thứ hai", "chiều hôm qua", "cuối tuần trước", "từ đầu tháng này", "sau mùa mưa", "trong ba năm qua",
    "vào dịp lễ", "hai tuần trước tết", "ngay sau cơn bão", "đầu năm học mới",
)  # fmt: skip
OPINION = (
    "Chúng tôi làm từng việc nhỏ một, rồi bà con thấy có ích thì cùng làm", "Hồi đầu ai cũng ngại, giờ thì ngày nào cũng có người hỏi thăm",
    "Tiền không nhiều nhưng công sức của mọi người thì không đếm hết", "Nếu trời thương thì sang năm còn làm được nhiều hơn thế",
    "Bọn trẻ thích lắm, đi học về là chạy ra xem", "Cái khó nhất không phải là vốn mà là giữ được người ở lại",
)  # fmt: skip
FIRST = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Hồ", "Lâm")
MIDDLE = ("Thị", "Văn", "Minh", "Ngọc", "Hữu", "Thanh", "Mộc", "Bảo")
LAST = ("Lượm", "Hạnh", "Khoa", "Liên", "Thắng", "Dung", "Nhiên", "Tấn", "Cúc", "Phúc", "Vy", "Sơn")


class Writer:
    """Writes articles; the same source of random numbers gives the same text."""

    def __init__(self, random: Random, written: set[str]) -> None:
        """`written` holds the slugs of all headlines that this writer and others have given."""
        self._random = random
        self._written = written

    def headline(self) -> str:
        """A headline whose slug nobody has written before."""
        while True:
            number = self._random.randint(2, 99)
            form = self._random.choice(
                ("{who} {did} ở {place}", "{place}: {who} {did}", "{who} {place} {did} sau {n} năm")
            )
            text = capital(form.format(who=self._one(WHO), did=self._one(DID), place=self._one(PLACE), n=number))
            if slug_of(text) not in self._written:
                self._written.add(slug_of(text))
                return text

    def lead(self) -> str:
        return f"{capital(self._one(WHEN))}, {self._one(WHO)} ở {self._one(PLACE)} bắt tay {self._one(DID)} với sự góp sức của {self._number()} hộ dân."

    def paragraph(self) -> str:
        """Two or three sentences, 150 to 400 characters."""
        return " ".join(self._sentence() for _ in range(self._random.randint(2, 3)))

    def heading(self) -> str:
        return capital(f"{self._one(DID)} ở {self._one(PLACE)}")

    def caption(self) -> str:
        return capital(f"{self._one(WHO)} {self._one(DID)}, ảnh chụp {self._one(WHEN)} tại {self._one(PLACE)}")

    def person(self) -> str:
        return f"{self._one(FIRST)} {self._one(MIDDLE)} {self._one(LAST)}"

    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self._one(PLACE).lower(), self._one(WHO), self._one(DID))))

    def _sentence(self) -> str:
        form = self._random.choice(
            (
                "{When}, {who} ở {place} {did}, tính ra mất gần {n} ngày công.",
                "Theo {person}, người đứng đầu nhóm, {who} đã {did} nhờ {n} triệu đồng quyên góp.",
                "“{opinion}”, {person} nói khi {who} {did}.",
                "{Who} cho biết {when} sẽ {did} ở {place}, sớm hơn kế hoạch {n} ngày.",
                "Cả vùng {place} hiện có {n} hộ tham gia, nhiều nhà còn cùng nhau {did}.",
                "Nhiều người từ {place} tìm đến để xem {who} {did}.",
            )
        )
        who, when = self._one(WHO), self._one(WHEN)
        return form.format(
            who=who, Who=capital(who), when=when, When=capital(when), did=self._one(DID), place=self._one(PLACE),
            n=self._number(), person=self.person(), opinion=self._one(OPINION),
        )  # fmt: skip

    def _number(self) -> int:
        return self._random.randint(12, 980)

    def _one(self, words: tuple[str, ...]) -> str:
        return self._random.choice(words)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def slug_of(text: str) -> str:
    """A headline as both sites write it into an address: `nong-dan-trong-them-rung`."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", "".join(each for each in plain if not unicodedata.combining(each))).strip("-")
