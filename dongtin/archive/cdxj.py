"""The index of a WARC file as CDXJ, sorted by address: what pywb and its kin look pages up in.

A line is `<SURT of the address> <14 digits of the time> <JSON>`. Beside the usual fields the JSON has the `sha256` of
the body, and the article id that is the page's `key`.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dongtin.codec import canonical, load_json
from dongtin.errors import DecodeError

WWW = re.compile(r"www[0-9]*\.")
ADDRESS_OF_NUMBERS = re.compile(r"[0-9.]+|.*:.*")
PORTS = {"http": 80, "https": 443}
VALUE_CHARACTERS = 8_000
INDEX_BYTES = 500_000_000
"""What is read of an index; a larger one is made anew."""


@dataclass(frozen=True)
class Line:
    """A page of a file."""

    key: str
    """SURT of the address, and the time."""
    facts: Mapping[str, str]
    """All but the place."""

    @classmethod
    def of(cls, head: Mapping[str, str], said: Mapping[str, Any]) -> "Line":
        """From the fields of a record, by their names in lower case, and what its metadata record says."""
        url, date = head.get("warc-target-uri", ""), head.get("warc-date", "")
        media_type = str(said.get("content_type") or "").partition(";")[0].strip().lower()
        facts = {
            "url": url,
            "mime": media_type or "unk",
            "status": str(said.get("status") or "-"),
            "digest": head.get("warc-payload-digest"),
            "sha256": said.get("sha256"),
            "key": said.get("key"),
        }
        digits = "".join(char for char in date if char.isdigit())[:14]
        told = {name: str(value)[:VALUE_CHARACTERS] for name, value in facts.items() if value is not None}
        return cls(f"{surt(url)} {digits}", told)

    def placed(self, name: str, offset: int, length: int) -> bytes:
        """The line of a record that lies at an offset of a file, without its newline."""
        place = {"filename": name, "offset": str(offset), "length": str(length)}
        return self.key.encode() + b" " + canonical(dict(self.facts) | place)


def surt(url: str) -> str:
    """An address so that those of a host and of its path sort together: `com,example)/path?a=1&b=2`."""
    try:
        parts = urlsplit(url.lower())
        host, port = parts.hostname, parts.port
    except ValueError:
        return url
    if not host:
        return url
    host = WWW.sub("", host, count=1) if WWW.match(host) else host
    named = host if ADDRESS_OF_NUMBERS.fullmatch(host) else ",".join(reversed(host.split(".")))
    ported = f":{port}" if port and port != PORTS.get(parts.scheme) else ""
    query = "?" + "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{named}{ported}){parts.path or '/'}{query}"


def offset_of(line: bytes) -> int:
    """Where the record of a line begins. Raises DecodeError."""
    try:
        _, _, place = line.split(b" ", 2)
        return int(load_json(place)["offset"])
    except (TypeError, KeyError, ValueError) as error:
        raise DecodeError("not a line of an index of ours") from error


def read_index(path: Path) -> list[bytes] | None:
    """Its lines by their offsets; None where there is no index, or another's."""
    try:
        if path.stat().st_size > INDEX_BYTES:
            return None
        return sorted(path.read_bytes().splitlines(), key=offset_of)
    except (OSError, DecodeError):
        return None


def write_index(path: Path, lines: Sequence[bytes]) -> None:
    """Put an index in its place, whole. Raises OSError."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.writelines(line + b"\n" for line in sorted(lines))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
