"""The order of saved documents: a function of what they say, never of a name."""

from hashlib import sha256

from dongtin.codec import canonical
from dongtin.documents.times import sortable
from dongtin.events import Page

Order = tuple[str, str, str, str, str]
"""When it came; where it stood on Kafka, or nothing; sha256, key, and what else tells two of them apart."""


def order(key: str, page: Page, digest: str) -> Order:
    """The place of a page whose body has this sha256, hex. Pages that share it are equal in all they say."""
    return sortable(page.date_fetched), "", digest, key, facts_digest(page)


def facts_digest(page: Page) -> str:
    """Of all that a page is but its body."""
    facts = [value for name, value in sorted(vars(page).items()) if name != "body"]
    return sha256(canonical(facts)).hexdigest()[:16]
