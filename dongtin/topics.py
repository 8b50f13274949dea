"""The topics: the only spelling of their names, with what they hold and how long."""

from dataclasses import dataclass, field
from functools import lru_cache

DAY_MS = 24 * 60 * 60 * 1000
PAGE_BYTES = 4_000_000
"""The most that the body of a page may have."""
RECORD_BYTES = 4_500_000
"""The most that a record may have: a page with its headers."""
PARTITIONS = 12
"""By default: the ceiling for the number of workers."""


@dataclass(frozen=True)
class Topic:
    """A topic without its prefix. Its hash and equality are those of its name."""

    name: str
    """`articles.v1`; the full name has the prefix before it."""
    holds: str = field(compare=False)
    """One line for a person."""
    key: str = field(compare=False)
    """What the record's key is."""
    partition_by: str = field(compare=False)
    """What chooses the partition: murmur2 of it, sign bit off, modulo the count."""
    configuration: dict[str, str] = field(compare=False)
    """Every setting that differs from the broker's default."""

    @property
    def short_name(self) -> str:
        """The name without its version, as commands take it: `articles`."""
        return self.name.rsplit(".", 1)[0]

    @property
    def max_bytes(self) -> int:
        """The largest record that it takes."""
        return int(self.configuration["max.message.bytes"])

    def full_name(self, prefix: str) -> str:
        """The name on the cluster."""
        return prefix + self.name


def _kept(days: int, max_bytes: int = RECORD_BYTES) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(days * DAY_MS),
        "max.message.bytes": str(max_bytes),
        # CreateTime, the default, would let the broker delete pages that were fetched years ago on arrival.
        "message.timestamp.type": "LogAppendTime",
    }


def _compacted() -> dict[str, str]:
    return {
        "cleanup.policy": "compact",
        "delete.retention.ms": str(7 * DAY_MS),
        "max.message.bytes": str(RECORD_BYTES),
        "message.timestamp.type": "LogAppendTime",
        "min.cleanable.dirty.ratio": "0.2",
        "segment.ms": str(DAY_MS),
    }


PAGES = Topic("pages.v1", "pages as they were fetched", "article id of the final address", "key", _kept(7))
PAGES_BACKFILL = Topic(
    "pages-backfill.v1", "pages of the past and saved documents", "article id of the final address", "key", _kept(7)
)
ARTICLES = Topic("articles.v1", "the press as it stands", "article id", "key", _compacted())
REVISIONS = Topic(
    "revisions.v1", "every revision of every article", "<article_id>@<revision>", "article id", _compacted()
)
ARTICLE_STATE = Topic("article-state.v1", "revision and hashes of each article", "article id", "key", _compacted())
MEMBERS = Topic("members.v1", "what a story says of each member", "<story_id>|<article_id>", "story id", _compacted())
STORIES = Topic("stories.v1", "each original with all its translations", "story id", "key", _compacted())
REJECTED = Topic("rejected.v1", "understood, and not an article", "as the page", "key", _kept(14))
QUARANTINE = Topic(
    "quarantine.v1", "messages that we failed on, kept whole", "as the page", "key", _kept(14, RECORD_BYTES + 500_000)
)

TOPICS = (PAGES, PAGES_BACKFILL, ARTICLES, REVISIONS, ARTICLE_STATE, MEMBERS, STORIES, REJECTED, QUARANTINE)

SAME_PARTITION_COUNT = ((PAGES, PAGES_BACKFILL, ARTICLE_STATE), (MEMBERS, STORIES))
"""A worker owns the same partition of each topic of a group: their counts must agree."""


def find(name: str) -> Topic:
    """The topic of a name, with or without its version. Raises KeyError."""
    for topic in TOPICS:
        if name in (topic.name, topic.short_name):
            return topic
    raise KeyError(name)


@lru_cache(maxsize=1024)  # the records of a page have the same id
def partition(key: bytes, count: int) -> int:
    """The partition of an id's UTF-8 bytes among `count`, as Kafka's Java client has it."""
    return (murmur2(key) & 0x7FFFFFFF) % count


def murmur2(data: bytes) -> int:
    """MurmurHash2, 32 bits, unsigned, with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2)."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    value = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        value = (value * multiplier & mask) ^ word
    if rest := data[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * multiplier & mask
    value = (value ^ value >> 13) * multiplier & mask
    return value ^ value >> 15
