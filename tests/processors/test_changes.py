"""The table of what a page does to its article, row by row, and the order of observations."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.events import (
    Article,
    ArticleState,
    ArticleStatus,
    Block,
    BlockKind,
    Body,
    Cause,
    Change,
    Extractor,
    Fate,
    LossKind,
    Observation,
    PageFacts,
    Pending,
    Quality,
    RejectionReason,
    Rights,
    WithdrawalReason,
    Withdrawn,
)
from processors.changes import Absent, Decision, Moved, Sighting, decide, diff, rank

KEY = "thanhnien.vn/185250117194334368"
NOON = "2025-01-17T12:00:00Z"
LATER = "2025-01-17T12:59:59Z"
AN_HOUR_LATER = "2025-01-17T13:00:00Z"


def article(*texts: str, headline: str = "Tin", version: str = "1", sha: str = "aa", machine: bool = False) -> Article:
    blocks = tuple(Block(f"id-{text}", BlockKind.PARAGRAPH, text) for text in texts)
    return Article(
        article_id=KEY,
        revision=1,
        change=Change.CREATED,
        changed_fields=(),
        diff=None,
        cause=None,
        content_hash="",
        story_id=KEY,
        url="https://thanhnien.vn/x-185250117194334368.htm",
        canonical_url="https://thanhnien.vn/x-185250117194334368.htm",
        publisher=None,
        origin=None,
        relations=(),
        language="vi",
        language_declared="vi",
        language_detected=None,
        machine_translated=machine,
        headline=headline,
        description=None,
        body=Body("\n\n".join(texts), blocks),
        images=(),
        authors=(),
        date_published=None,
        date_published_raw=None,
        date_published_precision=None,
        date_modified=None,
        date_modified_raw=None,
        date_modified_precision=None,
        date_fetched=None,
        section=(),
        keywords=(),
        is_accessible_for_free=None,
        rights=Rights(),
        provenance={},
        extractor=Extractor(version, None, "test"),
        quality=Quality(0, None, ()),
        page=PageFacts(sha, 200, "text/html", 1),
    )


def seen(
    shows: Article | Absent | Moved, at: str | None = NOON, *, sha: str = "aa", main: bool = True, status: int = 200
) -> Sighting:
    if isinstance(shows, Article):
        shows = replace(shows, page=replace(shows.page, sha256=sha))
    return Sighting(KEY, Observation(main, at, sha), PageFacts(sha, status, "text/html", 1), shows)


def gone(at: str | None = NOON, sha: str = "ff") -> Sighting:
    return seen(Absent(RejectionReason.NOT_AN_ARTICLE, "status 404"), at, sha=sha, status=404)


def state_of(decision: Decision) -> ArticleState:
    assert decision.state is not None
    return decision.state


FOUR = article("một", "hai", "ba", "bốn")
PUBLISHED = state_of(decide(None, seen(FOUR, "2025-01-17T00:00:00Z")))
WITHDRAWN = replace(PUBLISHED, status=ArticleStatus.WITHDRAWN, revision=2)


def test_first_sight_creates_revision_1() -> None:
    decision = decide(None, seen(FOUR))
    assert decision.fate == Fate.PUBLISHED
    assert isinstance(decision.event, Article)
    assert (decision.event.revision, decision.event.change, decision.event.cause) == (1, Change.CREATED, None)
    assert len(decision.event.content_hash) == 64


@pytest.mark.parametrize(
    ("sighting", "reason"),
    [
        (gone(), RejectionReason.GONE_BEFORE_SEEN),
        (seen(Moved("thanhnien.vn/1")), RejectionReason.GONE_BEFORE_SEEN),
        (seen(Absent(RejectionReason.MEDIA_ONLY)), RejectionReason.MEDIA_ONLY),
        (seen(Absent(RejectionReason.NOT_AN_ARTICLE)), RejectionReason.NOT_AN_ARTICLE),
    ],
)
def test_what_was_never_seen_cannot_be_lost(sighting: Sighting, reason: RejectionReason) -> None:
    decision = decide(None, sighting)
    assert decision.fate == Fate.REJECTED
    assert decision.rejection is not None
    assert decision.rejection.reason == reason
    assert decision.state is None


def test_the_same_page_again_changes_nothing() -> None:
    first = decide(None, seen(FOUR))
    again = decide(first.state, seen(FOUR))
    assert (again.fate, again.event, again.state) == (Fate.UNCHANGED, None, first.state)


def test_a_changed_paragraph_is_an_update_with_its_diff() -> None:
    decision = decide(PUBLISHED, seen(article("một", "HAI", "ba", "bốn"), sha="bb"))
    assert isinstance(decision.event, Article)
    assert decision.event.revision == 2
    assert decision.event.changed_fields == ("body",)
    assert decision.event.diff is not None
    assert (decision.event.diff.kept, decision.event.diff.added, decision.event.diff.removed) == (
        3,
        ("id-HAI",),
        ("id-hai",),
    )
    assert decision.event.cause == Cause.PUBLISHER


def test_a_changed_headline_is_named_alone() -> None:
    decision = decide(PUBLISHED, seen(replace(FOUR, headline="Khác"), sha="bb"))
    assert isinstance(decision.event, Article)
    assert decision.event.changed_fields == ("headline",)


@pytest.mark.parametrize(
    ("shown", "sha", "cause"),
    [
        (article("một", "hai", "ba", "năm", version="2"), "aa", Cause.READER),
        (article("một", "hai", "ba", "năm", version="2"), "bb", Cause.MIXED),
        (article("một", "hai", "ba", "năm"), "bb", Cause.PUBLISHER),
        (article("một", "x", "y", "z", machine=True), "bb", Cause.RETRANSLATION),
        (article("một", "hai", "y", "z", machine=True), "bb", Cause.PUBLISHER),
    ],
)
def test_the_cause_tells_page_from_reader(shown: Article, sha: str, cause: Cause) -> None:
    decision = decide(PUBLISHED, seen(shown, sha=sha))
    assert isinstance(decision.event, Article)
    assert decision.event.cause == cause


def test_a_short_page_that_counts_is_another_page_than_the_revision_before() -> None:
    """Seen twice by a newer reader, it is the last observation, and yet not what the last revision was read from."""
    short = article("một", version="2")
    pending = decide(PUBLISHED, seen(short, NOON, sha="bb"))
    counted = decide(pending.state, seen(short, AN_HOUR_LATER, sha="bb"))
    assert isinstance(counted.event, Article)
    assert counted.event.cause == Cause.MIXED


@pytest.mark.parametrize(("sha", "cause"), [("aa", Cause.MIXED), ("ff", Cause.READER)])
def test_what_comes_back_is_compared_with_the_page_that_it_was_missing_from(sha: str, cause: Cause) -> None:
    """The page of the last revision is put back by its publisher; a page read as empty before, by the newer reader."""
    withdrawn = replace(WITHDRAWN, last_observation=Observation(True, NOON, "ff"))
    back = decide(withdrawn, seen(replace(FOUR, extractor=Extractor("2", None, "test")), LATER, sha=sha))
    assert isinstance(back.event, Article)
    assert back.event.cause == cause


def test_an_older_observation_is_stale() -> None:
    state = state_of(decide(PUBLISHED, seen(replace(FOUR, headline="Mới"), NOON, sha="bb")))
    decision = decide(state, seen(FOUR, "2025-01-17T11:00:00Z", sha="cc"))
    assert (decision.fate, decision.event, decision.state) == (Fate.STALE, None, state)


def test_a_mirror_never_outranks_the_main_host() -> None:
    decision = decide(PUBLISHED, seen(replace(FOUR, headline="Gương"), NOON, sha="bb", main=False))
    assert decision.fate == Fate.STALE


def test_a_loss_counts_when_it_is_seen_again_an_hour_later() -> None:
    first = decide(PUBLISHED, gone(NOON))
    assert first.fate == Fate.PENDING
    assert state_of(first).pending == Pending(LossKind.ABSENT, NOON)
    soon = decide(first.state, gone(LATER))
    assert soon.fate == Fate.PENDING
    assert state_of(soon).pending == Pending(LossKind.ABSENT, NOON)
    counted = decide(soon.state, gone(AN_HOUR_LATER))
    assert isinstance(counted.event, Withdrawn)
    assert counted.event.reason == WithdrawalReason.GONE
    assert (counted.event.revision, counted.event.content_hash) == (2, PUBLISHED.content_hash)
    assert state_of(counted).status == ArticleStatus.WITHDRAWN


def test_a_loss_of_unknown_time_never_counts() -> None:
    unknown = replace(PUBLISHED, last_observation=Observation(True, None, "aa"))
    state = state_of(decide(unknown, gone(None)))
    assert decide(state, gone(None)).fate == Fate.PENDING
    dated = decide(state, gone(NOON))
    assert dated.fate == Fate.PENDING
    assert decide(dated.state, gone(AN_HOUR_LATER)).fate == Fate.PUBLISHED


def test_an_article_page_clears_a_pending_loss() -> None:
    pending = state_of(decide(PUBLISHED, gone(NOON)))
    cleared = decide(pending, seen(FOUR, LATER))
    assert cleared.fate == Fate.UNCHANGED
    assert state_of(cleared).pending is None
    assert decide(cleared.state, gone(AN_HOUR_LATER)).fate == Fate.PENDING


def test_the_other_kind_of_loss_replaces_the_pending_one() -> None:
    pending = state_of(decide(PUBLISHED, gone(NOON)))
    short = decide(pending, seen(article("một"), AN_HOUR_LATER, sha="bb"))
    assert short.fate == Fate.PENDING
    assert state_of(short).pending == Pending(LossKind.SHORT, AN_HOUR_LATER)


def test_a_short_page_counts_an_hour_later() -> None:
    pending = state_of(decide(PUBLISHED, seen(article("một"), NOON, sha="bb")))
    counted = decide(pending, seen(article("một"), AN_HOUR_LATER, sha="bb"))
    assert isinstance(counted.event, Article)
    assert counted.event.changed_fields == ("body",)


def test_half_of_the_blocks_is_not_short() -> None:
    assert decide(PUBLISHED, seen(article("một", "hai"), sha="bb")).fate == Fate.PUBLISHED


def test_the_same_page_read_shorter_is_the_readers_doing() -> None:
    decision = decide(PUBLISHED, seen(article("một", version="2"), sha="aa"))
    assert isinstance(decision.event, Article)
    assert decision.event.cause == Cause.READER


def test_a_page_that_is_no_article_any_more_is_withdrawn_as_such() -> None:
    home = Absent(RejectionReason.NOT_AN_ARTICLE, "home")
    pending = decide(PUBLISHED, seen(home, NOON, sha="bb"))
    counted = decide(pending.state, seen(home, AN_HOUR_LATER, sha="bb"))
    assert isinstance(counted.event, Withdrawn)
    assert counted.event.reason == WithdrawalReason.NOT_AN_ARTICLE


def test_a_move_counts_at_once() -> None:
    decision = decide(PUBLISHED, seen(Moved("thanhnien.vn/1"), sha="bb", status=301))
    assert isinstance(decision.event, Withdrawn)
    assert (decision.event.reason, decision.event.moved_to) == (WithdrawalReason.MOVED, "thanhnien.vn/1")


@pytest.mark.parametrize("loss", [gone(), seen(Moved("thanhnien.vn/1"), sha="bb")])
def test_what_is_withdrawn_cannot_be_lost_again(loss: Sighting) -> None:
    decision = decide(WITHDRAWN, loss)
    assert (decision.fate, decision.event) == (Fate.UNCHANGED, None)


def test_an_article_that_comes_back_is_updated() -> None:
    decision = decide(WITHDRAWN, seen(FOUR))
    assert isinstance(decision.event, Article)
    assert (decision.event.revision, decision.event.change, decision.event.changed_fields) == (3, Change.UPDATED, ())
    assert state_of(decision).status == ArticleStatus.PUBLISHED


@pytest.mark.parametrize("sighting", [seen(FOUR), gone(), seen(Moved("thanhnien.vn/1"))])
def test_what_is_taken_down_stays_down(sighting: Sighting) -> None:
    taken_down = replace(PUBLISHED, status=ArticleStatus.TAKEN_DOWN)
    decision = decide(taken_down, sighting)
    assert decision.fate == Fate.REJECTED
    assert decision.rejection is not None
    assert decision.rejection.reason == RejectionReason.RIGHTS_RESERVED
    assert decision.state == taken_down


def test_a_repeated_block_counts_as_often_as_it_stands() -> None:
    changes = diff(("a", "b", "a"), ("a", "a", "a"))
    assert (changes.kept, changes.added, changes.removed) == (2, ("a",), ("b",))


def test_a_known_time_ranks_above_an_unknown_one() -> None:
    assert rank(Observation(True, None, "ff")) < rank(Observation(True, "1970-01-01T00:00:00Z", "00"))
    assert rank(Observation(False, NOON, "ff")) < rank(Observation(True, None, "00"))


TEXTS = st.lists(st.sampled_from(["một", "hai", "ba", "bốn"]), min_size=2, max_size=3, unique=True)
SIGHTINGS = st.lists(
    st.tuples(TEXTS, st.sampled_from([None, NOON, LATER, AN_HOUR_LATER]), st.booleans()), min_size=1, max_size=4
)


@settings(deadline=None)
@given(SIGHTINGS)
def test_any_order_of_arrival_ends_in_the_same_content(sightings: list[tuple[list[str], str | None, bool]]) -> None:
    """Where no page counts as a loss (each has at least half of the blocks of any other)."""
    pages = [seen(article(*texts), at, sha="".join(texts) + str(main), main=main) for texts, at, main in sightings]
    ends = set()
    for order in permutations(pages):
        state = None
        for revision, page in enumerate(order, 1):
            state = decide(state, page).state
            assert state is not None
            assert state.revision <= revision
        assert state is not None
        ends.add((state.content_hash, state.status, state.last_observation, state.block_ids))
    assert len(ends) == 1
