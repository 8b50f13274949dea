from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongtin.events import Lane
from spiders.schedule import (
    CONFIRM_S,
    DAY,
    HOUR,
    LONGEST_RETRY_S,
    MINUTE,
    RETRY_S,
    SHOWN_AGAIN_S,
    SOONEST_S,
    Known,
    Rank,
    is_conditional,
    is_settled,
    next_visit,
    rank,
    retry,
    shown_again,
)

SEEN = 1_000_000.0
ORIGINAL = Known(Lane.LIVE, is_translation=False, base=SEEN)
READ = replace(ORIGINAL, last_fetched=SEEN + 5, http_status=200, content_hash="a")
TRANSLATION = replace(ORIGINAL, is_translation=True)

moments = st.floats(SEEN - 30 * DAY, SEEN + 30 * DAY)
knowns = st.builds(
    Known,
    lane=st.sampled_from([Lane.LIVE, Lane.BACKFILL]),
    is_translation=st.booleans(),
    base=moments,
    last_fetched=st.none() | moments,
    http_status=st.sampled_from([None, 200, 301, 302, 404, 410]),
    content_hash=st.sampled_from([None, "a"]),
    pending_since=st.none() | moments,
    wanted=st.none() | moments,
)


def visits(known: Known, days: float) -> list[float]:
    """When an address is looked at in the days to come, where each look is taken at once and shows the same."""
    times: list[float] = []
    while (due := next_visit(known)) is not None and due <= SEEN + days * DAY:
        times.append(due)
        known = replace(known, last_fetched=due + 0.5, http_status=known.http_status or 200)
    return times


def test_an_original_is_looked_at_at_once_then_after_an_hour_a_day_and_a_week() -> None:
    assert visits(ORIGINAL, 365) == [SEEN, SEEN + HOUR, SEEN + DAY, SEEN + 7 * DAY]


def test_a_change_begins_the_visits_anew() -> None:
    changed = replace(READ, base=SEEN + DAY, last_fetched=SEEN + DAY + 5)
    assert visits(changed, 365) == [SEEN + DAY + after for after in (HOUR, DAY, 7 * DAY)]


def test_visits_that_were_missed_are_made_good_by_one() -> None:
    late = replace(READ, last_fetched=SEEN + 5)
    assert next_visit(late) == SEEN + HOUR
    assert next_visit(replace(late, last_fetched=SEEN + 3 * DAY)) == SEEN + 7 * DAY


def test_a_translation_is_looked_at_once() -> None:
    assert visits(replace(TRANSLATION, wanted=SEEN + 600), 365) == [SEEN + 600]


def test_a_translation_is_looked_at_again_when_its_original_has_changed() -> None:
    read = replace(TRANSLATION, last_fetched=SEEN + 5, http_status=200, content_hash="a", wanted=SEEN + DAY)
    assert visits(read, 365) == [SEEN + DAY]


@pytest.mark.parametrize("status", [302, 404, 410])
def test_a_translation_that_is_not_there_yet_is_looked_for_as_an_original_is(status: int) -> None:
    missing = replace(TRANSLATION, last_fetched=SEEN + 5, http_status=status)
    assert visits(missing, 365) == [SEEN + HOUR, SEEN + DAY, SEEN + 7 * DAY]


def test_a_translation_that_went_is_not_looked_for_again() -> None:
    gone = replace(TRANSLATION, last_fetched=SEEN + 5, http_status=404, content_hash="a")
    assert next_visit(gone) is None


@pytest.mark.parametrize("known", [READ, replace(READ, is_translation=True), replace(READ, lane=Lane.BACKFILL)])
def test_a_loss_is_looked_at_again_after_65_minutes_outright(known: Known) -> None:
    lost = replace(known, base=SEEN - 30 * DAY, last_fetched=SEEN + 1, pending_since=SEEN, http_status=404)
    assert next_visit(lost) == SEEN + 65 * MINUTE == SEEN + CONFIRM_S
    assert not is_conditional(lost)


def test_a_page_that_is_shorter_than_before_is_asked_for_outright() -> None:
    assert is_conditional(READ)
    assert not is_conditional(replace(READ, pending_since=SEEN))


@pytest.mark.parametrize("status", [301, 302, 404, 410])
def test_what_is_not_there_is_asked_for_outright(status: int) -> None:
    assert not is_conditional(replace(READ, http_status=status))


def test_the_past_is_looked_at_once() -> None:
    assert visits(replace(ORIGINAL, lane=Lane.BACKFILL), 365) == [SEEN]


def test_new_articles_come_before_visits_again_then_translations_then_the_past() -> None:
    past = replace(ORIGINAL, lane=Lane.BACKFILL)
    assert [rank(known) for known in (ORIGINAL, READ, TRANSLATION, past)] == [
        Rank.NEW, Rank.AGAIN, Rank.TRANSLATION, Rank.BACKFILL,
    ]  # fmt: skip
    assert list(Rank) == sorted(Rank)


def test_a_confirmation_does_not_wait_behind_translations() -> None:
    lost = replace(TRANSLATION, last_fetched=SEEN, http_status=404, content_hash="a", pending_since=SEEN)
    assert rank(lost) < Rank.TRANSLATION


def test_what_a_place_says_to_have_changed_is_looked_at_but_not_too_often() -> None:
    now = SEEN + HOUR
    assert shown_again(READ, modified=SEEN + HOUR - 1, now=now) == now
    just = replace(READ, last_fetched=now - 1)
    assert shown_again(just, modified=now, now=now) == now - 1 + SOONEST_S


def test_a_place_for_which_all_has_just_changed_is_believed_ever_less() -> None:
    known, now, looks = READ, SEEN + MINUTE, []
    while now < SEEN + 7 * DAY:
        wanted = shown_again(known, modified=now + 7 * HOUR, now=now)
        assert wanted is not None
        known = replace(known, wanted=wanted)
        if wanted <= now:
            looks.append(now - SEEN)
            known = replace(known, last_fetched=now)
        now += 5 * MINUTE
    assert looks[0] < 15 * MINUTE
    assert len(looks) < 30
    # Where it was right, it is believed at once.
    changed = replace(known, base=now, last_fetched=now, wanted=now)
    assert shown_again(changed, now + 1, now + SOONEST_S) == now + SOONEST_S


def test_a_look_that_is_planned_is_not_put_off() -> None:
    wanted = replace(READ, wanted=SEEN + HOUR)
    assert shown_again(wanted, modified=SEEN + HOUR, now=SEEN + 2 * HOUR) == SEEN + HOUR


def test_what_a_place_shows_unchanged_is_left_alone_for_a_week() -> None:
    assert shown_again(READ, modified=SEEN, now=SEEN + HOUR) is None
    assert shown_again(READ, modified=None, now=SEEN + HOUR) is None
    long_after = SEEN + SHOWN_AGAIN_S + HOUR
    assert shown_again(READ, modified=None, now=long_after) == long_after


def test_failures_are_tried_again_ever_more_seldom() -> None:
    waits = [retry(failures, SEEN) - SEEN for failures in range(1, 40)]
    assert waits[:4] == [RETRY_S, 2 * RETRY_S, 4 * RETRY_S, 8 * RETRY_S]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_RETRY_S


def test_a_week_after_it_was_last_seen_an_article_has_had_its_visits() -> None:
    assert not is_settled(SEEN, SEEN + 7 * DAY)
    assert is_settled(SEEN, SEEN + 7 * DAY + 1)


@given(knowns)
def test_whatever_is_known_the_next_visit_is_after_the_last(known: Known) -> None:
    due = next_visit(known)
    if known.last_fetched is None:
        assert due is not None
    elif due is not None:
        assert due > known.last_fetched


@given(knowns)
def test_whatever_is_known_the_visits_come_to_an_end(known: Known) -> None:
    looked = 0
    while (due := next_visit(known)) is not None:
        known = replace(known, last_fetched=due)
        looked += 1
    assert looked <= 6
