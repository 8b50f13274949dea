"""Discovery: what the places say where a publisher shows its articles. Pure: bytes go in, findings come out.

Each reader takes `(body, content_type, url, now)`, `body` after content decoding, and gives `Findings`, or raises
`dongtin.errors.UnreadablePlace` with one line that says what the place holds instead; it never raises anything else.
All take time and memory by the size of their input, whatever is in it, and fetch nothing.
"""

from spiders.discovery.directories import feed_directory
from spiders.discovery.feeds import feed
from spiders.discovery.finding import Finding, Findings
from spiders.discovery.listings import listing
from spiders.discovery.shards import require_days, shard_window
from spiders.discovery.sitemaps import sitemap
from spiders.discovery.translations import alternates

__all__ = [
    "Finding",
    "Findings",
    "alternates",
    "feed",
    "feed_directory",
    "listing",
    "require_days",
    "shard_window",
    "sitemap",
]
