"""What a set-up's policy makes of an article whose page reserves its rights."""

from dataclasses import replace

from dongtin.events import Article, Body, Flag, RejectionReason
from dongtin.rights import RightsPolicy, reserved
from processors.changes import Absent, Shows
from processors.pipeline import Look

WITHHELD = ("body", "description", "images")
OF_THE_TEXT = frozenset({Flag.SHORT_BODY, Flag.LOW_COVERAGE, Flag.UNKNOWN_BLOCK})
"""Flags that speak of a body."""


def respecting(policy: RightsPolicy, look: Look) -> Look:
    """A look under a policy: what it shows of a page that reserves its rights is what may be published of it."""
    match policy:
        case RightsPolicy.PUBLISH:
            return look
        case RightsPolicy.METADATA_ONLY:
            return lambda arrival: _metadata_only(look(arrival))
        case RightsPolicy.REJECT:
            return lambda arrival: _rejected(look(arrival))


def _metadata_only(shows: Shows) -> Shows:
    """The article without its text and pictures. Hash, blocks and word count are of what is left: of no text."""
    if not isinstance(shows, Article) or reserved(shows.rights) is None:
        return shows
    flags = {flag for flag in shows.quality.flags if flag not in OF_THE_TEXT} | {Flag.TEXT_WITHHELD}
    return replace(
        shows,
        description=None,
        body=Body("", ()),
        images=(),
        provenance={name: source for name, source in shows.provenance.items() if name not in WITHHELD},
        quality=replace(shows.quality, word_count=0, coverage=None, flags=tuple(sorted(flags))),
    )


def _rejected(shows: Shows) -> Shows:
    signals = reserved(shows.rights) if isinstance(shows, Article) else None
    return Absent(RejectionReason.RIGHTS_RESERVED, signals) if signals else shows
