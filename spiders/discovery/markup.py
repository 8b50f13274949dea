"""What tags of XML and HTML have in common: attributes, and text with the few entities that are read."""

import re
from collections.abc import Iterable

ATTRIBUTE = re.compile(rb"([^\s=/]++)\s*+(?:=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]*+)))?+")
ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#0*+(\d{1,7})|#[xX]0*+([0-9a-fA-F]{1,6}));", re.ASCII)
PREDEFINED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
SHORT = 2_000
"""Bytes of the attributes of a usual tag."""
REPLACEMENT = "\ufffd"


def attributes(raw: bytes, *wanted: str) -> dict[str, str]:
    """The wanted attributes of a tag, whose names are given in lower case; the first of a name stands."""
    found: dict[str, str] = {}
    for name, *values in _attributes(raw):
        key = name.decode("latin-1").lower()
        if key in wanted and key not in found:
            found[key] = unescaped(b"".join(values).decode("utf-8", "replace"))
            if len(found) == len(wanted):
                break
    return found


def _attributes(raw: bytes) -> Iterable[tuple[bytes, ...]]:
    """Name, and the value in the place of its quotes. All at once is quicker, and takes memory."""
    if len(raw) <= SHORT:
        return ATTRIBUTE.findall(raw)
    return (match.groups(b"") for match in ATTRIBUTE.finditer(raw))


def unescaped(text: str) -> str:
    """A text with the five entities of XML and references to characters resolved, once; others stay as they are."""
    return ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return PREDEFINED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else REPLACEMENT
