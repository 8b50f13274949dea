"""Pages that reserve their rights: which signals count, and what a set-up does with such a page.

A page reserves its rights where it says, in a header or in the document,

- `tdm-reservation: 1` (TDMRep), or
- `noai` or `noimageai` among its robots directives, to every crawler or to dongtin by name.

Nothing else counts: `noindex` and its like speak of search, a licence and a TDM policy alone reserve nothing. What a
page declares is read by `processors.normalize.rights`.
"""

from enum import StrEnum

from dongtin.events import Rights

NO_AI = frozenset({"noai", "noimageai"})
TO_US = "dongtin:"
"""Before a directive that is for this crawler alone."""


class RightsPolicy(StrEnum):
    """What becomes of a page that reserves its rights."""

    PUBLISH = "publish"
    """As any other; the article says what is reserved."""
    METADATA_ONLY = "metadata_only"
    """Without description, body and images."""
    REJECT = "reject"
    """`rights_reserved`, and what is known of the article stays as it is."""


def reserved(rights: Rights) -> str | None:
    """By which signals rights are reserved, for a person: `tdm-reservation, noai`; None where they are not."""
    to_us = {each.removeprefix(TO_US).strip() for each in rights.robots if each.startswith(TO_US)}
    signals = ["tdm-reservation"] if rights.tdm_reservation else []
    signals += sorted(NO_AI & {*rights.robots, *to_us})
    return ", ".join(signals) or None
