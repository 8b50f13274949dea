"""A picture of an article: its address at original size, caption, credit and alternative text."""

import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from processors.publishers.rule import BodyRule
from processors.read.reading import ReadImage
from processors.read.select import text_of

PICTURE_FILE = re.compile(r"[^?#]+\.(?:jpe?g|jfif|png|webp|gif|avif|heic)(?:[?#].*)?", re.IGNORECASE)
ADDRESSES = ("data-original", "data-src", "data-lazy-src", "src")
"""Attributes that hold the address; where loading is delayed, `src` is only a placeholder."""
CREDIT_WORDS = (
    "ảnh", "hình", "nguồn ảnh", "photo", "photos", "foto", "fotos", "image", "imagen", "imagem", "bild", "фото",
    "사진", "写真", "図", "图片", "图", "照片", "ภาพ", "ภาพถ่าย", "फोटो", "चित्र", "ছবি", "تصویر", "عکس", "الصورة",
    "صورة", "تصوير", "φωτογραφία", "φωτο", "gambar", "credit", "nguồn", "source",
)  # fmt: skip
ANY_CREDIT_WORD = "|".join(sorted(CREDIT_WORDS, key=len, reverse=True))
CREDIT_LINE = re.compile(
    rf"[(（]?\s*-?\s*(?:{ANY_CREDIT_WORD})\s*[:：]\s*(?P<name>.{{1,100}}?)\s*[)）]?",
    re.IGNORECASE,
)
"""A line under a picture that only says who made it."""
LABEL = re.compile(r"[^\W\d_][^:：\d]{0,20}[:：]\s*")


def read_picture(element: HtmlElement, rule: BodyRule) -> ReadImage | None:
    """What a figure, or an image alone, shows; None where there is no image, or one that only counts readers."""
    image = element if element.tag == "img" else next(element.iter("img"), None)
    if image is None or image.get("width") == "1" or image.get("height") == "1":
        return None
    url = _address(image, element)
    caption, credit = _said(element, rule)
    alt = image.get("alt")
    if url is None and not (caption or alt):
        return None
    if url and rule.resized:
        url = rule.resized.sub("", url)
    return ReadImage(url, caption, credit, alt or None)


def _address(image: HtmlElement, figure: HtmlElement) -> str | None:
    if figure is not image:
        for link in figure.iter("a"):
            href = (link.get("href") or "").strip()
            if "lightbox" in (link.get("class") or "") and PICTURE_FILE.fullmatch(href):
                return href
    for name in ADDRESSES:
        address = (image.get(name) or "").strip()
        if address and not address.lower().startswith(("data:", "javascript:", "about:", "blob:")):
            return address
    first, _, _ = (image.get("srcset") or "").partition(",")
    return first.split()[0] if first.split() else None


def _said(figure: HtmlElement, rule: BodyRule) -> tuple[str | None, str | None]:
    """Caption and credit."""
    captions, signed = [], []
    for element in figure.iter():
        classes = set((element.get("class") or "").split()) if element.attrib else set()
        if not rule.credit.isdisjoint(classes):
            signed.append(element)
        elif element.tag == "figcaption" or not rule.caption.isdisjoint(classes):
            captions.append(element)
    lines = [line for element in _outermost(captions) for line in _lines(element, signed)]
    credit = next((LABEL.sub("", text, count=1) for each in _outermost(signed) if (text := text_of(each))), None)
    if credit is None and lines and (found := CREDIT_LINE.fullmatch(lines[-1])):
        lines, credit = lines[:-1], found["name"]
    return "\n".join(lines) or None, credit or None


def _outermost(elements: Sequence[HtmlElement]) -> list[HtmlElement]:
    return [each for each in elements if not any(above in elements for above in each.iterancestors())]


def _lines(element: HtmlElement, without: Sequence[HtmlElement]) -> Iterator[str]:
    """The text of a caption, a line for each of its paragraphs, without the elements that are its credit."""
    parts: list[str] = []
    if element.text:
        parts.append(element.text)
    for child in element:
        if child not in without:
            is_line = child.tag in ("p", "div", "br", "li")
            if is_line:
                yield from _joined(parts)
                parts = []
                yield from _lines(child, without)
            else:
                parts.append(text_of(child))
        if child.tail:
            parts.append(child.tail)
    yield from _joined(parts)


def _joined(parts: Sequence[str]) -> Iterator[str]:
    text = " ".join("".join(parts).split())
    if text:
        yield text
