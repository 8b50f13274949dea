"""Content codings of answers: what is asked for, and the whole of what is sent, or a failure.

In the place of Scrapy's own, which gives the part of a body that arrived for the body.
"""

from scrapy import Request
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from dongtin.content_coding import ContentError, decoded, listed
from spiders.headers import values_of

ACCEPTED = "gzip, deflate, br, zstd"


class DecodingMiddleware:
    """Raises ContentError of a success whose body cannot be had."""

    def process_request(self, request: Request) -> None:
        """Say what is read."""
        request.headers["Accept-Encoding"] = ACCEPTED

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002  # Scrapy's
        """The answer as it was before it was encoded."""
        named = values_of(response, "Content-Encoding")
        if not named:
            return response
        try:
            body = response.body
            for coding in reversed(listed(named)):
                body = decoded(body, coding)
        except ContentError:
            if response.status < 300:
                raise
            # Its status says it all.
            body = b""
        headers = response.headers.copy()
        del headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        # Scrapy would keep what it took for the encoding of the text.
        text = {"encoding": None} if issubclass(kind, TextResponse) else {}
        return response.replace(cls=kind, headers=headers, body=body, **text)
