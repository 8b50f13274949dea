"""What a world is made from. The same settings give the same world, byte for byte."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tests.site.content import VIETNAM_TIME


@dataclass(frozen=True)
class WorldSettings:
    seed: int = 1
    articles: int = 200
    """Of thanhnien.vn; those of vietnam.vn follow from the shares."""
    origin: datetime = datetime(2026, 3, 2, 6, 0, tzinfo=VIETNAM_TIME)
    """When the time of the twin begins."""
    span_h: float = 24.0
    """New articles come for so long."""
    history: float = 0.3
    """Share of the articles that stand there already when time begins."""
    history_days: float = 12.0
    archive: int = 3
    """Articles of former years, with ids from before 2023."""
    quiet_night: bool = True
    """Whether few articles come from midnight to five."""
    whole_minutes: bool = True
    """Whether they come at whole minutes, as on thanhnien.vn."""

    languages: tuple[str, ...] = ("en", "ja", "fr")
    """Translations of each page of vietnam.vn."""
    republished: float = 0.5
    """Share of the articles with text that vietnam.vn republishes."""
    foreign: float = 0.15
    """Pages of vietnam.vn with originals of other papers, for each article of thanhnien.vn."""
    own: float = 0.05
    """The same, with originals of its own."""
    hreflang: float = 0.5
    """Share of the pages of vietnam.vn that link to their other languages."""
    translated_after_min: tuple[float, float] = (3, 20)

    corrected: float = 0.25
    corrected_after_min: tuple[float, float] = (20, 1200)
    withdrawn: float = 0.12
    withdrawn_after_min: tuple[float, float] = (150, 1800)
    returned: float = 0.4
    """Share of the withdrawn that come back."""
    returned_after_min: tuple[float, float] = (20, 1440)
    moved: float = 0.04
    """Share of the articles that move for good to another one."""

    validators: bool = True
    """Whether the sites send ETag and Last-Modified and answer 304."""
    noise: bool = False
    """Whether no two answers of a page are the same bytes, though they say the same."""
    ttl_min: int = 15
    """Of the feeds."""
    max_age_s: int | None = None
    """Cache-Control of feeds, sitemaps and listings."""
    shard_lag_min: float = 0.0
    """How long after its publication an article comes into the dated sitemaps, about; news sitemaps have it at once."""
    spellings: bool = False
    """Whether places write addresses in different ways: with parameters that track, with a slash, as http."""
    page_bytes: int = 0
    """The least size of an article's page: menus and scripts fill it. Real ones have 150,000."""
    https_only: bool = False
    """Whether http answers with 301 to https."""
    robots: tuple[tuple[str, str], ...] = ()
    """Host → robots.txt, in the place of the twin's own."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers of articles: `("tdm-reservation", "1")`."""

    extra: tuple[tuple[float, str, str], ...] = ()
    """What a test adds to the script: minutes after `origin`, article id, and what: one of `script.EDITS` corrects the
    article, a `content.Form` takes it away, `return` brings it back, `move <article id>` moves it. Whatever else
    would have happened to it after that does not; other articles do not follow.
    """

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "origin": self.origin.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> "WorldSettings":
        said: dict[str, Any] = json.loads(text)
        own = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
        pairs = {name: tuple(map(tuple, said[name])) for name in ("robots", "headers", "extra")}
        return cls(**{**own, **pairs, "origin": datetime.fromisoformat(said["origin"])})
