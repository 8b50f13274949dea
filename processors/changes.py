"""What a page does to its article: the stage with state. The only place where revisions, losses and ranks are decided.

`decide` is a pure function of what is remembered and what was seen:

| state                      | same / changed        | short     | absent                    | moved     |
|----------------------------|-----------------------|-----------|---------------------------|-----------|
| none                       | created               | created   | rejected                  | rejected  |
| published                  | unchanged / updated   | pending   | pending                   | withdrawn |
| same loss, an hour earlier | unchanged / updated   | updated   | withdrawn                 | withdrawn |
| withdrawn                  | updated               | updated   | unchanged                 | unchanged |
| taken down                 | rejected              | rejected  | rejected                  | rejected  |

A page that ranks below the last observation is stale.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dongtin.codec import canonical
from dongtin.events import (
    CONTENT_FIELDS,
    Article,
    ArticleState,
    ArticleStatus,
    Cause,
    Change,
    Diff,
    Extractor,
    Fate,
    Flag,
    LossKind,
    Observation,
    PageFacts,
    Pending,
    RejectionReason,
    WithdrawalReason,
    Withdrawn,
)
from dongtin.rights import reserved

SECOND_SIGHTING = timedelta(hours=1)
GONE = (404, 410)


@dataclass(frozen=True)
class Absent:
    """The page no longer shows the article."""

    reason: RejectionReason
    """What the page is instead."""
    detail: str | None = None


@dataclass(frozen=True)
class Moved:
    """A permanent redirect to another article."""

    target: str
    """Its article id."""


Shows = Article | Absent | Moved
"""What a page shows of its article; an article as it would be if it were new (revision 1, created)."""


@dataclass(frozen=True)
class Sighting:
    """What a page shows of an article."""

    article_id: str
    observation: Observation
    page: PageFacts
    shows: Shows


@dataclass(frozen=True)
class Decision:
    """The fate of a page. `event` where it is published, `rejection` where it is rejected."""

    fate: Fate
    state: ArticleState | None
    """What is to be remembered from now on; None where nothing is remembered."""
    event: Article | Withdrawn | None = None
    rejection: Absent | None = None


def decide(state: ArticleState | None, seen: Sighting) -> Decision:
    """The fate of a page, given what is remembered of its article."""
    if state is None:
        return _first(seen)
    if state.status == ArticleStatus.TAKEN_DOWN:
        return Decision(Fate.REJECTED, state, rejection=Absent(RejectionReason.RIGHTS_RESERVED, "taken down"))
    if rank(seen.observation) < rank(state.last_observation):
        return Decision(Fate.STALE, state)
    observed = replace(state, last_observation=seen.observation)
    if isinstance(seen.shows, Article):
        return _article(observed, state, seen, seen.shows)
    if state.status == ArticleStatus.WITHDRAWN:
        return Decision(Fate.UNCHANGED, observed)
    if isinstance(seen.shows, Moved):
        return _withdrawn(observed, seen, WithdrawalReason.MOVED, seen.shows.target)
    if not _seen_before(state.pending, LossKind.ABSENT, seen):
        return _pending(observed, LossKind.ABSENT, seen)
    gone = seen.page.http_status in GONE
    return _withdrawn(observed, seen, WithdrawalReason.GONE if gone else WithdrawalReason.NOT_AN_ARTICLE, None)


def rank(observation: Observation) -> tuple[bool, bool, datetime, str]:
    """The order of observations: main host over mirror, known fetch time over unknown, later over earlier, sha256."""
    fetched = observation.date_fetched
    known = fetched is not None
    time = datetime.fromisoformat(fetched) if fetched else datetime.fromisoformat("0001-01-01T00:00:00+00:00")
    return observation.main_host, known, time, observation.page_sha256


@dataclass(frozen=True)
class Digests:
    """Of an article's content fields."""

    content: str
    """sha256 of their canonical JSON, hex."""
    fields: dict[str, str]
    """Content field → the first 16 hex digits of the sha256 of its own canonical JSON."""


def digests(article: Article) -> Digests:
    """The content fields of an article, digested."""
    values = {name: canonical(getattr(article, name)) for name in sorted(CONTENT_FIELDS)}
    content = b",".join(b'"%b":%b' % (name.encode(), value) for name, value in values.items())
    return Digests(
        hashlib.sha256(b"{%b}" % content).hexdigest(),
        {name: hashlib.sha256(value).hexdigest()[:16] for name, value in values.items()},
    )


def diff(before: Sequence[str], after: Sequence[str]) -> Diff:
    """What happened to the blocks, by their ids, each counted as often as it stands."""
    return Diff(
        kept=sum((Counter(before) & Counter(after)).values()),
        added=_without(after, before),
        removed=_without(before, after),
    )


def _without(ids: Sequence[str], taken: Sequence[str]) -> tuple[str, ...]:
    left = Counter(taken)
    rest = []
    for id_ in ids:
        if left[id_]:
            left[id_] -= 1
        else:
            rest.append(id_)
    return tuple(rest)


def _first(seen: Sighting) -> Decision:
    if isinstance(seen.shows, Moved):
        return Decision(
            Fate.REJECTED, None, rejection=Absent(RejectionReason.GONE_BEFORE_SEEN, f"moved to {seen.shows.target}")
        )
    if isinstance(seen.shows, Absent):
        gone = seen.page.http_status in GONE
        rejection = Absent(RejectionReason.GONE_BEFORE_SEEN, seen.shows.detail) if gone else seen.shows
        return Decision(Fate.REJECTED, None, rejection=rejection)
    found = digests(seen.shows)
    article = replace(seen.shows, content_hash=found.content)
    return Decision(Fate.PUBLISHED, _remember(article, found, seen), article)


def _article(observed: ArticleState, state: ArticleState, seen: Sighting, shown: Article) -> Decision:
    found, after = digests(shown), tuple(block.id for block in shown.body.blocks)
    back = state.status == ArticleStatus.WITHDRAWN
    fewer = 2 * len(after) < len(state.block_ids) and seen.observation.page_sha256 != state.page_sha256
    short = fewer and not back and not _withheld(shown)
    if short and not _seen_before(state.pending, LossKind.SHORT, seen):
        return _pending(observed, LossKind.SHORT, seen)
    if found.content == state.content_hash and not back:
        return Decision(Fate.UNCHANGED, replace(observed, pending=None, extractor=shown.extractor, url=shown.url))
    changes = diff(state.block_ids, after)
    article = replace(
        shown,
        revision=state.revision + 1,
        change=Change.UPDATED,
        changed_fields=tuple(
            name for name in sorted(CONTENT_FIELDS) if found.fields[name] != state.field_hashes.get(name)
        ),
        diff=changes,
        cause=_cause(state, seen, shown, found, changes),
        content_hash=found.content,
    )
    return Decision(Fate.PUBLISHED, _remember(article, found, seen), article)


def _cause(state: ArticleState, seen: Sighting, shown: Article, found: Digests, changes: Diff) -> Cause:
    same_page = seen.observation.page_sha256 in _pages_of_the_last_revision(state)
    same_reader = _version(shown.extractor) == _version(state.extractor) and not _policy_changed(state, shown, found)
    if same_page and not same_reader:
        return Cause.READER
    if not same_reader:
        return Cause.MIXED
    if shown.machine_translated and not _withheld(shown) and 2 * changes.kept < len(state.block_ids):
        return Cause.RETRANSLATION
    return Cause.PUBLISHER


def _withheld(shown: Article) -> bool:
    """Whether the page has a text that is not published: that it is missing is no loss."""
    return Flag.TEXT_WITHHELD in shown.quality.flags


def _policy_changed(state: ArticleState, shown: Article, found: Digests) -> bool:
    """Whether the text of a page that reserves its rights as before is withheld now, or no longer."""
    same_rights = found.fields["rights"] == state.field_hashes.get("rights") and reserved(shown.rights) is not None
    return same_rights and bool(shown.body.blocks) != bool(state.block_ids)


def _pages_of_the_last_revision(state: ArticleState) -> set[str]:
    """The pages that are known to have shown what the last revision says; of a withdrawal, the page without it."""
    last = state.last_observation.page_sha256
    if state.status == ArticleStatus.WITHDRAWN:
        return {last}
    return {state.page_sha256} if state.pending else {state.page_sha256, last}


def _version(extractor: Extractor) -> tuple[str, str | None]:
    """The rule is left out: another rule under the same versions means that the publisher changed the page."""
    return extractor.dongtin, extractor.trafilatura


def _seen_before(pending: Pending | None, kind: LossKind, seen: Sighting) -> bool:
    """Whether the same loss is pending from at least an hour earlier; an unknown time never counts."""
    now = seen.observation.date_fetched
    if pending is None or pending.kind != kind or pending.since is None or now is None:
        return False
    return datetime.fromisoformat(now) - datetime.fromisoformat(pending.since) >= SECOND_SIGHTING


def _pending(observed: ArticleState, kind: LossKind, seen: Sighting) -> Decision:
    first = observed.pending
    since = first.since if first and first.kind == kind else None
    return Decision(Fate.PENDING, replace(observed, pending=Pending(kind, since or seen.observation.date_fetched)))


def _withdrawn(observed: ArticleState, seen: Sighting, reason: WithdrawalReason, moved_to: str | None) -> Decision:
    event = Withdrawn(
        article_id=seen.article_id,
        revision=observed.revision + 1,
        change=Change.WITHDRAWN,
        reason=reason,
        moved_to=moved_to,
        content_hash=observed.content_hash,
        story_id=observed.story_id,
        url=observed.url,
        publisher=observed.publisher,
        language=observed.language,
        date_fetched=seen.observation.date_fetched,
        page=seen.page,
    )
    state = replace(observed, revision=event.revision, status=ArticleStatus.WITHDRAWN, pending=None)
    return Decision(Fate.PUBLISHED, state, event)


def _remember(article: Article, found: Digests, seen: Sighting) -> ArticleState:
    return ArticleState(
        revision=article.revision,
        status=ArticleStatus.PUBLISHED,
        content_hash=article.content_hash,
        field_hashes=found.fields,
        block_ids=tuple(block.id for block in article.body.blocks),
        story_id=article.story_id,
        origin_url=article.origin.url if article.origin else None,
        url=article.url,
        publisher=article.publisher,
        language=article.language,
        page_sha256=article.page.sha256,
        extractor=article.extractor,
        last_observation=seen.observation,
        pending=None,
    )
