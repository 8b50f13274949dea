"""What tags of XML and HTML have in common: attributes, and text with the few entities that are read."""

import re

ATTRIBUTE = re.compile(rb"([^\s=/]++)\s*+(?:=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]*+)))?+")
ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#0*+(\d{1,7})|#[xX]0*+([0-9a-fA-F]{1,6}));", re.ASCII)
PREDEFINED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
REPLACEMENT = "\ufffd"


def attributes(raw: bytes, *wanted: str) -> dict[str, str]:
    """The wanted attributes of a tag, whose names are given in lower case; the first of a name stands."""
    found: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(raw):
        name = match[1].decode("latin-1").lower()
        if name in wanted and name not in found:
            value = match[2] or match[3] or match[4] or b""
            found[name] = unescaped(value.decode("utf-8", "replace"))
            if len(found) == len(wanted):
                break
    return found


def unescaped(text: str) -> str:
    """A text with the five entities of XML and references to characters resolved, once; others stay as they are."""
    return ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return PREDEFINED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else REPLACEMENT
