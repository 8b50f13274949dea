"""What a page shows of its article: read, and put in the contract's words."""

from dongtin.errors import RejectPage
from dongtin.events import RejectionReason
from dongtin.publishers import identify
from processors.arrival import PERMANENT_REDIRECT, Arrival
from processors.changes import GONE, Absent, Moved, Shows
from processors.normalize.article import normalize
from processors.read import read


def look(arrival: Arrival) -> Shows:
    """The article that a page shows as if it were new, or what it shows instead. What reading fails on, it raises."""
    page = arrival.page
    if page.status in GONE:
        return Absent(RejectionReason.NOT_AN_ARTICLE, f"status {page.status}")
    address = identify(page.final_url) if page.final_url is not None else None
    if page.status in PERMANENT_REDIRECT and address and address.article_id not in (None, arrival.key):
        return Moved(str(address.article_id))
    if address and address.article_id is None:
        return Absent(RejectionReason.NOT_AN_ARTICLE, f"by its address: {address.kind}")
    if page.status not in (None, 200):
        return Absent(RejectionReason.UNSUPPORTED_CONTENT, f"status {page.status}")
    try:
        return normalize(read(page, address), page, arrival.key, arrival.facts, address)
    except RejectPage as error:
        return Absent(error.reason, error.detail)
