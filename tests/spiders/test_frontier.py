from pathlib import Path

import pytest
from crawl_parts import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    Opened,
    answer,
    id_of,
    state,
    thanhnien,
    url_of,
    vietnam,
)

from dongtin.events import ArticleStatus, Lane
from dongtin.publishers import Address, identify
from spiders.frontier import Answer, Fact, Frontier, Learnt, Visit, day_of
from spiders.schedule import Rank

NOW = NOON.timestamp()


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


@pytest.fixture
def frontier(opened: Opened) -> Frontier:
    return opened.frontier


@pytest.fixture
def portal(tmp_path: Path) -> Frontier:
    return Opened(tmp_path, "vietnam.vn").frontier


def only_due(frontier: Frontier, now: float) -> Visit:
    (visit,) = frontier.due(now, 10)
    return visit


def read(frontier: Frontier, address: Address, now: float, status: int = 200, content: str = "a") -> None:
    """Found, fetched and read, all at once."""
    frontier.find(address, "feed", Lane.LIVE, now)
    frontier.answered(visit_of(address), [answer(visit_of(address), status)], now)
    if status == 200:
        frontier.learn(id_of(address), state(address, content, seen=now), now)


def visit_of(address: Address, lane: Lane = Lane.LIVE) -> Visit:
    return Visit(id_of(address), url_of(address), "feed", lane)


def test_an_address_is_known_by_its_article_whatever_its_spelling(frontier: Frontier) -> None:
    first = identify("https://thanhnien.vn/tin-moi-185260708113000368.htm")
    again = identify("http://m.thanhnien.vn/thoi-su/tin-that-moi-185260708113000368.htm?utm_source=rss#a")
    assert frontier.find(first, "feed", Lane.LIVE, NOW)
    assert not frontier.find(again, "sitemap", Lane.LIVE, NOW + 1)
    visit = only_due(frontier, NOW + 1)
    assert visit == Visit("thanhnien.vn/185260708113000368", url_of(again), "feed", Lane.LIVE)


def test_what_is_no_article_is_a_mistake_of_the_caller(frontier: Frontier) -> None:
    with pytest.raises(ValueError, match="listing is no article"):
        frontier.find(identify("https://thanhnien.vn/thoi-su.htm"), "feed", Lane.LIVE, NOW)


def test_a_new_address_is_due_until_it_is_answered_for(opened: Opened) -> None:
    opened.frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
    visit = only_due(opened.frontier, NOW)
    frontier = opened.again().frontier
    assert only_due(frontier, NOW) == visit
    frontier.answered(visit, [answer(visit)], NOW + 1)
    assert frontier.due(NOW + HOUR - 1, 10) == []


def test_visits_again_are_conditional_and_at_their_times(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    for after in (HOUR, DAY, 7 * DAY):
        assert frontier.due(NOW + after - 1, 10) == []
        visit = only_due(frontier, NOW + after)
        assert visit.etag == '"1"'
        frontier.answered(visit, [Answer(visit.article_id, visit.url, 304)], NOW + after + 1)
    assert frontier.next_due() is None


def test_validators_of_a_304_stay(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    visit = only_due(frontier, NOW + HOUR)
    frontier.answered(visit, [Answer(visit.article_id, visit.url, 304)], NOW + HOUR)
    assert only_due(frontier, NOW + DAY).etag == '"1"'


def test_a_changed_article_is_looked_at_from_anew(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    visit = only_due(frontier, NOW + DAY)
    frontier.answered(visit, [answer(visit)], NOW + DAY + 1)
    learnt = frontier.learn(visit.article_id, state(thanhnien(), "b", seen=NOW + DAY), NOW + DAY + 2)
    assert learnt == Learnt(changed=1)
    assert frontier.next_due() == NOW + DAY + HOUR


def test_what_stays_the_same_keeps_its_plan(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    assert frontier.learn(id_of(thanhnien()), state(thanhnien(), "a", seen=NOW), NOW + 2) == Learnt()
    assert frontier.next_due() == NOW + HOUR


def test_a_loss_is_looked_at_again_after_65_minutes_without_validators(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW - 30 * DAY)
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=NOW, pending_since=NOW), NOW + 2)
    frontier.answered(visit_of(thanhnien()), [answer(visit_of(thanhnien()), 404, None)], NOW + 3)
    assert frontier.due(NOW + 65 * MINUTE - 1, 10) == []
    visit = only_due(frontier, NOW + 65 * MINUTE)
    assert (visit.etag, visit.last_modified) == (None, None)


def test_a_translation_s_loss_is_looked_at_again_too(portal: Frontier) -> None:
    translation = vietnam(language="en")
    read(portal, translation, NOW)
    assert portal.next_due() is None
    portal.learn(id_of(translation), state(translation, seen=NOW + DAY, pending_since=NOW + DAY), NOW + DAY)
    visit = only_due(portal, NOW + DAY + 65 * MINUTE)
    assert visit.etag is None


def test_a_loss_that_was_none_is_forgotten(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    lost = NOW + DAY
    frontier.answered(visit_of(thanhnien()), [answer(visit_of(thanhnien()), 404, None)], lost)
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=lost, pending_since=lost), lost)
    assert frontier.next_due() == lost + 65 * MINUTE
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=lost + 5), lost + 6)
    assert frontier.next_due() == NOW + 7 * DAY


def test_a_withdrawal_is_told_once(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    gone = state(thanhnien(), seen=NOW + DAY, status=ArticleStatus.WITHDRAWN)
    assert frontier.learn(id_of(thanhnien()), gone, NOW + DAY) == Learnt(withdrawn=1)
    assert frontier.learn(id_of(thanhnien()), gone, NOW + DAY + 1) == Learnt()


def test_a_translation_is_looked_at_again_with_its_original(portal: Frontier) -> None:
    read(portal, vietnam(), NOW)
    read(portal, vietnam(language="en"), NOW + 600, content="x")
    assert portal.due(NOW + 660, 10) == []
    portal.learn(id_of(vietnam()), state(vietnam(), "b", seen=NOW + HOUR), NOW + HOUR)
    due = {visit.article_id for visit in portal.due(NOW + HOUR + 30 * MINUTE, 10)}
    assert id_of(vietnam(language="en")) in due
    assert id_of(vietnam(language="en")) not in {v.article_id for v in portal.due(NOW + HOUR + 29 * MINUTE, 10)}


def test_a_translation_is_looked_at_again_when_its_original_went(portal: Frontier) -> None:
    read(portal, vietnam(), NOW)
    read(portal, vietnam(language="en"), NOW + 600, content="x")
    gone = state(vietnam(), seen=NOW + DAY, status=ArticleStatus.WITHDRAWN)
    portal.learn(id_of(vietnam()), gone, NOW + DAY)
    due = {visit.article_id for visit in portal.due(NOW + DAY + 30 * MINUTE, 10)}
    assert id_of(vietnam(language="en")) in due


def test_a_change_of_the_original_does_not_put_off_a_translation_that_waits(portal: Frontier) -> None:
    read(portal, vietnam(), NOW)
    portal.find(vietnam(language="en"), "translation", Lane.LIVE, NOW, wanted=NOW + 600)
    portal.learn(id_of(vietnam()), state(vietnam(), "b", seen=NOW + 590), NOW + 590)
    assert only_due(portal, NOW + 600).article_id == id_of(vietnam(language="en"))


def test_a_translation_that_is_not_there_is_looked_for_again(portal: Frontier) -> None:
    read(portal, vietnam(language="en"), NOW, status=404)
    assert only_due(portal, NOW + HOUR).etag is None


def test_failures_are_no_losses_and_wait_ever_longer(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    now, waits = NOW + HOUR, []
    for failures in range(5):
        visit = only_due(frontier, now)
        # In the end the condition itself may be what the server dislikes.
        assert visit.etag == ('"1"' if failures < 3 else None)
        frontier.failed(visit.article_id, now)
        due = frontier.next_due()
        assert due is not None
        waits.append(due - now)
        now = due
    assert waits == [300, 600, 1200, 2400, 4800]
    frontier.answered(visit, [answer(visit)], now)
    assert frontier.next_due() == NOW + DAY


def test_what_fails_waits_though_places_say_that_it_has_changed(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    frontier.failed(id_of(thanhnien()), NOW + HOUR)
    for minute in range(4):
        now = NOW + HOUR + minute * MINUTE
        frontier.find(thanhnien(), "sitemap", Lane.LIVE, now, modified=now)
        frontier.learn(id_of(thanhnien()), state(thanhnien(), "b", seen=NOW), now)
        assert frontier.due(now, 10) == []
    assert only_due(frontier, NOW + HOUR + 5 * MINUTE).article_id == id_of(thanhnien())


def test_failures_of_a_site_that_is_away_are_not_counted_against_an_address(frontier: Frontier) -> None:
    frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
    for now in (NOW, NOW + HOUR, NOW + 2 * HOUR):
        frontier.failed(id_of(thanhnien()), now, is_its_own=False)
        assert frontier.next_due() == now + 5 * MINUTE


def test_what_a_place_says_to_have_changed_is_looked_at(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    frontier.find(thanhnien(), "sitemap", Lane.LIVE, NOW + 20 * MINUTE, modified=NOW + 19 * MINUTE)
    assert only_due(frontier, NOW + 20 * MINUTE).etag == '"1"'


def test_new_articles_then_visits_again_then_translations_then_the_past(portal: Frontier) -> None:
    again, new, translation, past = vietnam("da-cu-roi"), vietnam("moi-day"), vietnam(language="en"), vietnam("xua-roi")
    read(portal, again, NOW - HOUR)
    portal.find(past, "sitemap", Lane.BACKFILL, NOW - 2 * DAY)
    portal.find(translation, "translation", Lane.LIVE, NOW - HOUR)
    portal.find(new, "news-sitemap", Lane.LIVE, NOW)
    order = [visit.article_id for visit in portal.due(NOW, 10)]
    assert order == [id_of(each) for each in (new, again, translation, past)]
    assert [visit.article_id for visit in portal.due(NOW, 2)] == order[:2]
    assert [visit.lane for visit in portal.due(NOW, 10)] == [Lane.LIVE, Lane.LIVE, Lane.LIVE, Lane.BACKFILL]


def test_what_is_on_its_way_is_not_given_again(frontier: Frontier) -> None:
    for number in range(5):
        frontier.find(thanhnien(number), "feed", Lane.LIVE, NOW + number)
    busy: set[str] = set()
    for number in range(5):
        (visit,) = frontier.due(NOW + 10, 1, busy)
        assert visit.article_id == id_of(thanhnien(number))
        assert frontier.next_due(busy) == NOW + number
        busy.add(visit.article_id)
    assert frontier.due(NOW + 10, 1, busy) == []
    assert frontier.next_due(busy) is None
    assert frontier.next_due() == NOW


def test_of_a_backfill_only_the_past_is_given(frontier: Frontier) -> None:
    frontier.find(thanhnien(1), "feed", Lane.LIVE, NOW)
    frontier.find(thanhnien(2), "sitemap", Lane.BACKFILL, NOW + 1)
    assert [visit.lane for visit in frontier.due(NOW + 1, 10, ranks=(Rank.BACKFILL,))] == [Lane.BACKFILL]
    assert frontier.next_due(ranks=(Rank.BACKFILL,)) == NOW + 1


def test_what_waits_as_the_past_is_live_once_it_is_shown_today(frontier: Frontier) -> None:
    frontier.find(thanhnien(1), "feed", Lane.LIVE, NOW - 1)
    frontier.find(thanhnien(2), "sitemap", Lane.BACKFILL, NOW - HOUR)
    frontier.find(thanhnien(2), "feed", Lane.LIVE, NOW)
    visits = frontier.due(NOW, 10)
    assert [(visit.article_id, visit.lane) for visit in visits] == [
        (id_of(thanhnien(1)), Lane.LIVE),
        (id_of(thanhnien(2)), Lane.LIVE),
    ]


def test_a_backfill_does_not_make_the_past_of_what_is_new(frontier: Frontier) -> None:
    frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
    frontier.find(thanhnien(), "sitemap", Lane.BACKFILL, NOW + 1)
    assert only_due(frontier, NOW + 1).lane == Lane.LIVE


def test_a_move_answers_for_both_articles(frontier: Frontier) -> None:
    old, new = thanhnien(1), thanhnien(2)
    frontier.find(old, "feed", Lane.LIVE, NOW)
    visit = only_due(frontier, NOW)
    moved = Answer(id_of(old), url_of(old), 301)
    frontier.answered(visit, [moved, Answer(id_of(new), url_of(new), 200, '"n"')], NOW)
    assert {each.article_id: each.etag for each in frontier.due(NOW + HOUR, 10)} == {
        id_of(old): None,
        id_of(new): '"n"',
    }


def test_the_last_new_article_is_the_last_that_a_publisher_brought_out(portal: Frontier) -> None:
    read(portal, vietnam("moi-day"), NOW)
    read(portal, vietnam(language="en"), NOW + 1)
    read(portal, vietnam("mat-roi"), NOW + 2, status=404)
    portal.find(vietnam("xua-roi"), "sitemap", Lane.BACKFILL, NOW + 3)
    past = visit_of(vietnam("xua-roi"), Lane.BACKFILL)
    portal.answered(past, [answer(past)], NOW + 3)
    visit = portal.due(NOW + HOUR, 1)[0]
    portal.answered(visit, [answer(visit)], NOW + HOUR)
    assert portal.fact(Fact.LAST_ARTICLE) == NOW


def test_from_an_empty_file_the_article_states_say_what_is_known(frontier: Frontier) -> None:
    lately, lost, long_ago = thanhnien(1), thanhnien(2), thanhnien(3)
    frontier.learn(id_of(lately), state(lately, seen=NOW - HOUR / 2), NOW)
    frontier.learn(id_of(lost), state(lost, seen=NOW - 30 * DAY, pending_since=NOW - 30 * DAY), NOW)
    frontier.learn(id_of(long_ago), state(long_ago, seen=NOW - 30 * DAY), NOW)
    assert [visit.article_id for visit in frontier.due(NOW, 10)] == [id_of(lost)]
    assert frontier.next_due([id_of(lost)]) == NOW + HOUR / 2
    assert not frontier.find(long_ago, "feed", Lane.LIVE, NOW)


def test_from_an_empty_file_a_long_known_article_that_is_shown_is_looked_at(frontier: Frontier) -> None:
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=NOW - 30 * DAY), NOW)
    frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
    assert only_due(frontier, NOW).etag is None


def test_what_was_fetched_before_a_crash_and_not_noted_is_not_fetched_again(frontier: Frontier) -> None:
    frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=NOW + 1), NOW + 60)
    assert frontier.next_due() == NOW + 1 + HOUR


def test_an_article_that_the_workers_tell_of_before_its_page_is_acknowledged_is_new(frontier: Frontier) -> None:
    frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=NOW + 1), NOW + 2)
    frontier.answered(visit_of(thanhnien()), [answer(visit_of(thanhnien()))], NOW + 3)
    assert frontier.fact(Fact.LAST_ARTICLE) == NOW + 3


def test_what_was_learnt_from_an_empty_file_is_no_new_article(frontier: Frontier) -> None:
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=NOW), NOW + 2)
    frontier.answered(visit_of(thanhnien()), [answer(visit_of(thanhnien()))], NOW + HOUR)
    assert frontier.fact(Fact.LAST_ARTICLE) is None


def test_a_state_to_which_no_address_leads_is_passed_over(frontier: Frontier) -> None:
    text = state(thanhnien(), seen=NOW)
    assert frontier.learn("text/23c313a89e9abb76", text, NOW) == Learnt()
    assert frontier.next_due() is None


def test_a_translation_that_is_fetched_when_its_original_has_just_changed_is_fetched_again(portal: Frontier) -> None:
    """It changes a while after its original: what was fetched may be what stood before."""
    original, translation = vietnam(), vietnam(language="fr")
    read(portal, original, NOW)
    portal.find(translation, "translation", Lane.LIVE, NOW)
    portal.answered(visit_of(original), [answer(visit_of(original))], NOW + HOUR)
    portal.learn(id_of(original), state(original, "b", seen=NOW + HOUR), NOW + HOUR)
    portal.answered(visit_of(translation), [answer(visit_of(translation))], NOW + HOUR + 10 * MINUTE)
    portal.answered(visit_of(original), [answer(visit_of(original), 304)], NOW + HOUR + 11 * MINUTE)
    assert only_due(portal, NOW + HOUR + 30 * MINUTE).article_id == id_of(translation)


def test_a_translation_that_is_fetched_long_after_is_fetched_once(portal: Frontier) -> None:
    original, translation = vietnam(), vietnam(language="fr")
    read(portal, original, NOW)
    portal.learn(id_of(original), state(original, "b", seen=NOW), NOW)
    portal.find(translation, "translation", Lane.LIVE, NOW)
    portal.answered(visit_of(translation), [answer(visit_of(translation))], NOW + 40 * MINUTE)
    assert portal.due(NOW + 50 * MINUTE, 9) == []


def test_an_erased_article_is_not_asked_for_again(opened: Opened) -> None:
    frontier = opened.frontier
    read(frontier, thanhnien(), NOW)
    frontier.tombstone(id_of(thanhnien()), NOW)
    # What was on its way then, and what places still show, does not bring it back.
    frontier.failed(id_of(thanhnien()), NOW + 1)
    frontier.answered(visit_of(thanhnien()), [answer(visit_of(thanhnien()))], NOW + 2)
    frontier.find(thanhnien(), "sitemap", Lane.LIVE, NOW + 30 * DAY, modified=NOW + 30 * DAY)
    assert opened.again().frontier.due(NOW + 60 * DAY, 10) == []


def test_an_article_that_the_workers_know_again_is_asked_for_again(frontier: Frontier) -> None:
    read(frontier, thanhnien(), NOW)
    frontier.tombstone(id_of(thanhnien()), NOW)
    frontier.learn(id_of(thanhnien()), state(thanhnien(), seen=NOW + 1), NOW + 1)
    assert frontier.next_due() == NOW + HOUR


def test_of_an_erased_article_an_empty_file_learns_by_its_tombstone(opened: Opened) -> None:
    opened.frontier.tombstone(id_of(thanhnien()), NOW)
    assert not opened.frontier.find(thanhnien(), "feed", Lane.LIVE, NOW + 1, modified=NOW + 1)
    assert opened.again().frontier.due(NOW + 60 * DAY, 10) == []


def test_what_was_fetched_by_a_clock_ahead_is_looked_at_now(opened: Opened) -> None:
    ahead = NOW + 365 * DAY
    read(opened.frontier, thanhnien(), ahead)
    opened.frontier.note(Fact.LAST_ARTICLE, ahead)
    opened.frontier.bound(NOW)
    assert only_due(opened.frontier, NOW).article_id == id_of(thanhnien())
    assert opened.frontier.fact(Fact.LAST_ARTICLE) == NOW
    opened.frontier.answered(visit_of(thanhnien()), [answer(visit_of(thanhnien()))], NOW)
    assert opened.frontier.next_due() == NOW + HOUR


def test_a_back_fill_by_itself_takes_over_what_nobody_has_fetched(frontier: Frontier) -> None:
    for number in (1, 2):
        frontier.find(thanhnien(number), "feed", Lane.LIVE, NOW)
    frontier.answered(visit_of(thanhnien(2)), [answer(visit_of(thanhnien(2)))], NOW)
    for number in (1, 2):
        assert not frontier.find(thanhnien(number), "sitemap", Lane.BACKFILL, NOW, takes_over=True)
    assert [visit.article_id for visit in frontier.due(NOW, 9, ranks=[Rank.BACKFILL])] == [id_of(thanhnien(1))]


def test_positions_are_kept_for_each_topic(opened: Opened) -> None:
    opened.frontier.keep_position("t.article-state.v1", 3, 17)
    opened.frontier.keep_position("t.article-state.v1", 4, 1)
    opened.frontier.keep_position("t.article-state.v1", 3, 18)
    assert opened.again().frontier.positions("t.article-state.v1") == {3: 18, 4: 1}
    assert opened.again().frontier.positions("u.article-state.v1") == {}


def test_several_changes_are_made_all_or_none(opened: Opened) -> None:
    def fail_in_the_middle() -> None:
        with opened.frontier.together():
            opened.frontier.find(thanhnien(), "feed", Lane.LIVE, NOW)
            with opened.frontier.together():
                opened.frontier.keep_position("t", 0, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    assert opened.frontier.due(NOW, 10) == []
    assert opened.frontier.positions("t") == {}


def test_days_are_those_of_vietnam() -> None:
    assert day_of(NOON.timestamp()) == "2026-07-08"
    assert day_of(NOON.timestamp() + 12 * HOUR) == "2026-07-09"
