"""What a spider is told to do: `scrapy crawl NAME -a …`, and `dongtin crawl` in the same words."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dongtin.errors import ConfigurationError
from dongtin.events import Lane
from spiders.addresses import readable_file, split


@dataclass(frozen=True)
class Arguments:
    """Either addresses are given, or what to look for is told."""

    urls: tuple[str, ...] = ()
    """Addresses to fetch, and nothing else."""
    file: Path | None = None
    """A file of them, one a line."""
    lane: Lane = Lane.LIVE
    """Of the given addresses."""
    window: str | None = None
    """Fetch what was published in these days, and end: `2025-01-01/2025-01-31`."""
    is_one_pass: bool = False
    """Look in every place once, fetch what is due, and end; otherwise for ever."""

    @property
    def are_given(self) -> bool:
        """Whether it is about given addresses."""
        return bool(self.urls) or self.file is not None


def parse(
    url: str = "",
    file: str = "",
    lane: str = Lane.LIVE,
    since: str = "",
    until: str = "",
    once: str = "",
    **unknown: object,
) -> Arguments:
    """`url`: addresses parted by white space or commas; `file`: one a line; `lane`: live or backfill; `since` and
    `until`: days, 2025-01-31; `once`: yes. Raises ConfigurationError for anything else.
    """
    if unknown:
        names = ", ".join(sorted(unknown))
        raise ConfigurationError(f"a spider takes url, file, lane, since, until and once, and not {names}")
    if lane not in (Lane.LIVE, Lane.BACKFILL):
        raise ConfigurationError(f"lane is live or backfill, and not {lane[:40]!r}")
    if once.lower() not in ("", "yes", "1", "true"):
        raise ConfigurationError(f"once is yes, and not {once[:40]!r}")
    urls = tuple(split(url))
    window = _window(since, until)
    if (urls or file) and (window or once):
        raise ConfigurationError(
            "addresses are given by url and file, or looked for by since, until and once: not both"
        )
    path = readable_file(file) if file else None
    return Arguments(urls, path, Lane(lane), window, bool(once) or window is not None)


def _window(since: str, until: str) -> str | None:
    if not since and not until:
        return None
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError as error:
        raise ConfigurationError("since and until are two days, as 2025-01-31") from error
    if last < first:
        raise ConfigurationError(f"until {until} lies before since {since}")
    return f"{first.isoformat()}/{last.isoformat()}"
