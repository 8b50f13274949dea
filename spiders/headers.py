"""What the headers of an answer say, and those that a question has. Pure."""

import re

from scrapy.http import Response

VALIDATORS = ("If-None-Match", "If-Modified-Since")
UNKEPT = re.compile(r"(?:^|[,;\s])no-(?:cache|store)\b", re.IGNORECASE)
MAX_AGE = re.compile(r"(?:^|[,;\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)


def values_of(response: Response, name: str) -> list[str]:
    """A header's values, in the order in which they were sent."""
    return [value.decode(errors="replace").strip() for value in response.headers.getlist(name)]


def all_of(response: Response, name: str) -> str | None:
    """A header as it was sent; one that was sent more than once is a list (RFC 9110, 5.3)."""
    return ", ".join(values_of(response, name)) or None


def last_of(response: Response, name: str) -> str | None:
    """A header that is no list: where it was sent twice the last one holds, as in browsers."""
    values = values_of(response, name)
    return (values[-1] or None) if values else None


def max_age_s(cache_control: str | None) -> float | None:
    """How long an answer stays fresh, by its Cache-Control; None where it does not say, or says that it does not."""
    found = None if UNKEPT.search(cache_control or "") else MAX_AGE.search(cache_control or "")
    return float(found[1]) if found else None


def validators(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Of a conditional request."""
    return {name: value for name, value in zip(VALIDATORS, (etag, last_modified), strict=True) if value}


def was_conditional(response: Response) -> bool:
    """Whether validators were sent with the question: else nobody may answer that nothing has changed."""
    request = response.request
    return request is not None and any(name in request.headers for name in VALIDATORS)
