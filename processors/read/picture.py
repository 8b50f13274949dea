"""A picture of an article: its address at original size, caption, credit and alternative text."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from lxml.html import HtmlElement

from processors.publishers.rule import BodyRule
from processors.read.reading import ReadImage
from processors.read.select import text_of

PICTURE_FILE = re.compile(r"[^?#]+\.(?:jpe?g|jfif|png|webp|gif|avif|heic)(?:[?#].*)?", re.IGNORECASE)
ADDRESSES = ("data-original", "data-src", "data-lazy-src", "src")
"""Attributes that hold the address; where loading is delayed, `src` is only a placeholder."""
ADDRESS_LISTS = ("srcset", "data-srcset")
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
CREDIT_AT_END = re.compile(
    r"(?<=[\s.!?…”\"’)(（])(?:Ảnh|ẢNH|Nguồn ảnh|NGUỒN ẢNH|Photo|PHOTO|Foto|FOTO)\s*[:：]"
    r"\s*(?P<name>[^:：]{1,60}?)\s*[)）]?$"
)
"""The end of a caption that says who made the picture."""
LABEL = re.compile(r"[^\W\d_](?:[^\W\d_]|[ \u0300-\u036f]){0,40}?\s?[:：](?!//)\s*")
LONGEST_COMPOSED = 1_000
"""Characters: composing long piles of marks takes time by their square."""
SILENT = ("script", "style", "noscript", "template", "button", "svg", "iframe", "video", "audio", "object")
LINES = ("p", "div", "br", "li", "td", "tr", "tbody", "table", "figcaption", "h2", "h3", "h4", "h5", "h6")


def read_pictures(element: HtmlElement, rule: BodyRule) -> list[ReadImage]:
    """What a figure, an album, or an image alone shows, in order; images that only count readers are none.

    A caption goes to the image that it stands beside, that of several images to the first of them. Words without an
    image are one whose address is unknown.
    """
    images = list(islice(_shown(element), 2))
    if len(images) <= 1:
        picture = _picture(images[0] if images else None, element, rule)
        return [picture] if picture else []
    pictures: list[ReadImage] = []
    beside = []
    for child in element:
        if next(_shown(child), None) is None:
            beside.append(child)
        else:
            pictures += read_pictures(child, rule)
    first = captioned(pictures[0] if pictures else ReadImage(), *said(beside, rule))
    return [each for each in (first, *pictures[1:]) if each.url or each.caption or each.alt]


def read_picture(element: HtmlElement, rule: BodyRule) -> ReadImage | None:
    """The first of them that has an image."""
    return next((each for each in read_pictures(element, rule) if each.url or each.alt), None)


def said(elements: Sequence[HtmlElement], rule: BodyRule) -> tuple[str | None, str | None]:
    """Caption and credit; under a rule that marks captions, all words but the credit are one where none is marked."""
    signed = [each for element in elements for each in _marked(element, rule.credit)]
    captions = [each for element in elements for each in _marked(element, rule.caption, "figcaption")]
    without = frozenset(signed)
    spoken = captions or (elements if rule.caption else ())
    lines = [line for each in spoken if each not in without for line in _lines(each, without)]
    names = [name for each in signed if (name := _unlabelled(text_of(each)))]
    if not names and lines:
        lines[-1:], names = _parted(lines[-1])
    return "\n".join(lines) or None, ", ".join(names) or None


def captioned(image: ReadImage, caption: str | None, credit: str | None) -> ReadImage:
    """An image of which this is said, too."""
    lines = [text for text in (image.caption, caption) if text]
    return replace(image, caption="\n".join(lines) or None, credit=image.credit or credit)


def _shown(element: HtmlElement) -> Iterator[HtmlElement]:
    """The images in an element, or the element itself, without those that stand in for another where no script runs."""
    for each in element.iter("img", "picture"):
        parent = each.getparent()
        if each.tag == "picture":
            if next(each.iter("img"), None) is None:
                yield each
        elif not _counts_readers(each) and (parent is None or parent.tag != "noscript"):
            yield each


def _counts_readers(image: HtmlElement) -> bool:
    return "1" in (image.get("width"), image.get("height"))


def _picture(image: HtmlElement | None, element: HtmlElement, rule: BodyRule) -> ReadImage | None:
    if image is None:
        image = next((each for each in element.iter("img") if not _counts_readers(each)), None)
    url = _address(image, element) if image is not None else None
    caption, credit = (None, None) if element.tag in ("img", "picture") else said([element], rule)
    alt = image.get("alt") if image is not None else None
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
    return next((first for each in (image, *image.iter("source")) if (first := _first_of_list(each))), None)


def _first_of_list(image: HtmlElement) -> str | None:
    """The first address of several sizes."""
    for name in ADDRESS_LISTS:
        first = (image.get(name) or "").partition(",")[0].split()
        if first:
            return first[0]
    return None


def _marked(element: HtmlElement, classes: Collection[str], tag: str | None = None) -> list[HtmlElement]:
    """The outermost elements of these classes, or of a tag, in order."""
    found, pending = [], [element]
    while pending:
        each = pending.pop()
        if each.tag == tag or (each.attrib and any(name in classes for name in (each.get("class") or "").split())):
            found.append(each)
        else:
            pending += reversed(each)
    return found


def _unlabelled(text: str) -> str:
    """A credit without the word before it."""
    label = LABEL.match(text)
    return text[label.end() :] if label else text


def _parted(line: str) -> tuple[list[str], list[str]]:
    """The last line of a caption without the credit that it is or ends with, and that."""
    if len(line) <= LONGEST_COMPOSED:
        line = unicodedata.normalize("NFC", line)
    if whole := CREDIT_LINE.fullmatch(line):
        return [], [whole["name"]]
    if end := CREDIT_AT_END.search(line):
        return [line[: end.start()].rstrip(" (（-–—|/")], [end["name"]]
    return [line], []


def _lines(element: HtmlElement, without: Collection[HtmlElement]) -> Iterator[str]:
    """The text of a caption, a line for each of its paragraphs, without the elements that are its credit."""
    parts: list[str] = []
    if element.text:
        parts.append(element.text)
    for child in element:
        if child not in without and child.tag not in SILENT:
            if child.tag in LINES:
                yield from _joined(parts)
                parts = []
                yield from _lines(child, without)
            else:
                parts.append(text_of(child, without))
        if child.tail:
            parts.append(child.tail)
    yield from _joined(parts)


def _joined(parts: Sequence[str]) -> Iterator[str]:
    text = " ".join("".join(parts).split())
    if text:
        yield text
