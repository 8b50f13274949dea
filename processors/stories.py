"""The linker: from what articles say of their originals to one story for each original."""

import contextlib
from collections.abc import Iterable, Sequence

from dongtin.codec import parse, story_record
from dongtin.errors import DecodeError
from dongtin.events import Article, Membership, Origin, Story, StoryMember
from dongtin.publishers import identify
from dongtin.record import Message
from dongtin.stream.base import Result, Tables
from dongtin.topics import MEMBERS, QUARANTINE, STORIES
from processors.normalize.dates import from_datetime
from processors.quarantine import quarantined


class Linker:
    """The stage that keeps stories. Its state is the members topic and the stories as they were last published.

    A story is a function of its members as they stand, so a batch publishes each story at most once, and a story whose
    bytes are those already published not at all.
    """

    name = "linker"
    inputs = (MEMBERS,)
    tables = (MEMBERS, STORIES)
    outputs = (STORIES, QUARANTINE)

    at_once = 500

    def __init__(self, source: str) -> None:
        self._source = source

    def process(self, messages: Sequence[Message], tables: Tables) -> Result:
        """See `Stage.process`."""
        result = Result()
        for story_id in self._touched(messages, result):
            members = _members(story_id, tables)
            record = story_record(story_id, tell(story_id, members) if members else None, self._source)
            if record.value != tables.get(STORIES, story_id):
                tables.put(record)
                result.records.append(record)
        return result

    @staticmethod
    def _touched(messages: Sequence[Message], result: Result) -> Iterable[str]:
        """The stories that the messages tell of, each once; what does not keep the contract goes to quarantine."""
        stories: dict[str, None] = {}
        for message in messages:
            try:
                story_id = story_of(message)
                if message.value is not None:
                    parse(Membership, message.value)
            except DecodeError as error:
                record, outcome = quarantined(message, error, Linker.name)
                result.records.append(record)
                result.outcomes.append(outcome)
            else:
                stories[story_id] = None
        return stories


def _members(story_id: str, tables: Tables) -> list[Membership]:
    """The members of a story; one that cannot be read was quarantined when it came."""
    members = []
    for _, value in tables.scan(MEMBERS, f"{story_id}|"):
        with contextlib.suppress(DecodeError):
            members.append(parse(Membership, value))
    return members


def membership(article: Article) -> Membership:
    """What a story says of an article, with the original as the article names it; an original names itself."""
    relation = article.relations[0] if article.relations else None
    own = Origin(
        article.article_id,
        article.canonical_url,
        article.publisher.name if article.publisher else None,
        _creation_time(article.canonical_url),
    )
    return Membership(
        article_id=article.article_id,
        language=article.language,
        url=article.canonical_url,
        publisher_id=article.publisher.id if article.publisher else None,
        relation=relation.type if relation else None,
        evidence=relation.evidence if relation else None,
        machine_translated=article.machine_translated,
        headline=article.headline,
        date_published=article.date_published,
        origin=article.origin or own,
    )


def _creation_time(url: str | None) -> str | None:
    created = identify(url).date_created if url else None
    return from_datetime(created) if created else None


def story_of(message: Message) -> str:
    """The story id in a member record's key. Raises DecodeError."""
    story_id, bar, article_id = (message.key or b"").decode(errors="replace").partition("|")
    if not (story_id and bar and article_id):
        raise DecodeError(f"a member's key is <story_id>|<article_id>, not {message.key!r:.80}")
    return story_id


def tell(story_id: str, members: Iterable[Membership]) -> Story:
    """The story of some members, in any order: at least one."""
    in_order = sorted(members, key=lambda member: member.article_id)
    original = next((member.origin for member in in_order if member.article_id == story_id), None)
    return Story(
        story_id=story_id,
        origin=original or _first_known(story_id, [member.origin for member in in_order]),
        members=tuple(_as_told(member) for member in in_order),
        languages=tuple(sorted({member.language for member in in_order if member.language})),
    )


def _first_known(story_id: str, origins: Sequence[Origin]) -> Origin:
    return Origin(
        article_id=story_id,
        url=next((origin.url for origin in origins if origin.url is not None), None),
        publisher_name=next((origin.publisher_name for origin in origins if origin.publisher_name is not None), None),
        date_created=next((origin.date_created for origin in origins if origin.date_created is not None), None),
    )


def _as_told(member: Membership) -> StoryMember:
    return StoryMember(
        article_id=member.article_id,
        language=member.language,
        url=member.url,
        publisher_id=member.publisher_id,
        relation=member.relation,
        evidence=member.evidence,
        machine_translated=member.machine_translated,
        headline=member.headline,
        date_published=member.date_published,
    )
