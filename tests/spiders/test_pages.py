from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import Response

from dongtin.codec import decode_parts, page_record
from dongtin.errors import ConfigurationError
from dongtin.events import Lane, Page
from spiders.base import user_agent
from spiders.pages import Lead, fetched_page, moved_page, timestamp

NOON = datetime(2025, 1, 17, 19, 43, 34, 368_999, timezone(timedelta(hours=7)))
ARTICLE = "https://thanhnien.vn/tin-moi-185250117194334368.htm"
OTHER = "https://thanhnien.vn/tin-khac-18542574.htm"
LEAD = Lead("thanhnien.vn", Lane.BACKFILL, "given")
NAMES = ("Content-Type", "ETag", "Last-Modified", "X-Robots-Tag", "TDM-Reservation", "TDM-Policy")


def test_times_are_utc_with_milliseconds() -> None:
    assert timestamp(NOON) == "2025-01-17T12:43:34.368Z"
    assert timestamp(NOON.replace(microsecond=0)) == "2025-01-17T12:43:34.000Z"


def test_what_is_not_sent_is_null() -> None:
    fetched = fetched_page(Response(ARTICLE, body=b"text"), ARTICLE, LEAD, NOON)
    assert fetched.key == "thanhnien.vn/185250117194334368"
    assert fetched.page == Page(
        body=b"text",
        requested_url=ARTICLE,
        final_url=ARTICLE,
        status=200,
        date_fetched="2025-01-17T12:43:34.368Z",
        publisher="thanhnien.vn",
        discovery="given",
        lane=Lane.BACKFILL,
    )


def test_the_key_is_of_the_final_address_unless_the_article_moved_there() -> None:
    assert fetched_page(Response(OTHER), ARTICLE, LEAD, NOON).key == "thanhnien.vn/18542574"
    assert fetched_page(Response("https://thanhnien.vn/"), ARTICLE, LEAD, NOON).key == "thanhnien.vn/185250117194334368"
    moved = moved_page(Response(ARTICLE, status=308, body=b"moved"), ARTICLE, OTHER, LEAD, NOON)
    assert moved.key == "thanhnien.vn/185250117194334368"
    assert (moved.page.status, moved.page.body, moved.page.final_url) == (301, b"", OTHER)


def test_a_body_is_in_no_log() -> None:
    assert "secret" not in repr(fetched_page(Response(ARTICLE, body=b"secret"), ARTICLE, LEAD, NOON))


@settings(derandomize=True)
@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.binary(max_size=50), max_size=3)), st.binary(max_size=100))
def test_any_header_and_body_give_a_record_that_decodes_to_the_page(
    headers: dict[str, list[bytes]], body: bytes
) -> None:
    fetched = fetched_page(Response(ARTICLE, headers=headers, body=body), ARTICLE, LEAD, NOON)
    record = page_record(fetched.page, fetched.key, "/test/spiders")
    assert decode_parts(record.value, record.headers).data == fetched.page


@pytest.mark.parametrize("contact", [None, "", "foo", "me\r\nX-Header: 1", "báo@example.org"])
def test_a_user_agent_needs_a_contact_that_a_header_can_carry(contact: str | None) -> None:
    with pytest.raises(ConfigurationError, match="DONGTIN_CONTACT"):
        user_agent(contact)
