"""JSON that is broken, as far as it can be read: each value whose name and whose own text are whole.

One pass from left to right, linear in the length. Commas may be missing or too many; objects may run together, be
cut at any place, or stand in a comment or CDATA; strings may hold control characters and unescaped quotes.
"""

import re

from dongtin.codec import load_json
from dongtin.errors import DecodeError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

LONGEST = 500_000
"""Characters that are looked at: the head of an article has 2 to 10 thousand."""
DEEPEST = 40
TOKEN = re.compile(r'[{}\[\],:"]|(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?')
TO_QUOTE = re.compile(r'(?:[^"\\]++|\\.)*+"', re.DOTALL)
"""To the next quote that is not escaped."""
CLOSING = re.compile(r'\s*+(?:[}\]:]|,\s*+(?:["{\[}\]\d-]|true|false|null)|,?\s*+\Z)')
"""What stands behind the quote that ends a string. Others are part of its text."""
NAME = re.compile(r'[@A-Za-z][A-Za-z0-9:_.$-]{0,60}"\s*+:')
"""Behind a quote: the name of the next value, so that the string before was never closed."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
QUOTE = re.compile(r'((?:[^"\\]|\\.)++)|"')
ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')


def lenient_values(text: str) -> list[Json]:
    """The objects and lists at the top of a text, in order."""
    reader = _Reader(text[:LONGEST])
    reader.read()
    return reader.tops


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.tops: list[Json] = []
        self._open: list[tuple[list[Json] | dict[str, Json], str | None]] = []
        """The containers around this place, each with the name that it waits for a value of."""

    def read(self) -> None:
        """See the module."""
        at = 0
        while found := TOKEN.search(self._text, at):
            at = found.end()
            match found[0]:
                case "{":
                    at = self._enter({}, at)
                case "[":
                    at = self._enter([], at)
                case "}" | "]":
                    self._leave(found[0])
                case "," | ":":
                    pass
                case '"':
                    value, at = self._string(at)
                    if value is not None:
                        self._place(value, named=self._text[at : at + 40].lstrip().startswith(":"))
                case word if at < len(self._text):
                    self._plain(word)
                case _:
                    pass  # A number at the end of the text may go on where it was cut.

    def _plain(self, word: str) -> None:
        """A number, or true, false and null. Digits that are no number are no value."""
        try:
            self._place(load_json(word.encode()), named=False)
        except DecodeError:
            self._place(None, named=False)

    def _enter(self, container: list[Json] | dict[str, Json], at: int) -> int:
        if len(self._open) >= DEEPEST:
            return len(self._text)
        self._place(container, named=False)
        self._open.append((container, None))
        return at

    def _leave(self, bracket: str) -> None:
        """Close the nearest container of the kind; those in it that were not closed end too."""
        kind = dict if bracket == "}" else list
        for at in range(len(self._open) - 1, -1, -1):
            if isinstance(self._open[at][0], kind):
                del self._open[at:]
                return

    def _place(self, value: Json, *, named: bool) -> None:
        if not self._open:
            if isinstance(value, list | dict):
                self.tops.append(value)
            return
        container, name = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif named:
            self._open[-1] = (container, value if isinstance(value, str) else None)
        elif name is not None:
            container.setdefault(name, value)
            self._open[-1] = (container, None)

    def _string(self, start: int) -> tuple[str | None, int]:
        """A string and the place behind it; None where it was never closed."""
        at = start
        while found := TO_QUOTE.match(self._text, at):
            at = found.end()
            if CLOSING.match(self._text, at):
                return _unescaped(self._text[start : at - 1]), at
            if NAME.match(self._text, at):
                return None, at - 1
        return None, len(self._text)


def _unescaped(text: str) -> str | None:
    """The text of a string; quotes in it may be bare, and escapes unknown."""
    plain = CONTROL.sub(lambda found: " " if found[0] in "\t\n\r" else "", text)
    if "\\" not in plain:
        return plain
    strict = QUOTE.sub(
        lambda found: found[1] or '\\"', ESCAPE.sub(lambda found: found[0] if found[1] else "\\\\", plain)
    )
    try:
        value = load_json(f'"{strict}"'.encode(errors="replace"))
    except DecodeError:
        return None
    return value if isinstance(value, str) else None
