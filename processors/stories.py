"""The linker: from what articles say of their originals to one story for each original."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence

from dongtin.codec import parse, require_known, story_record
from dongtin.errors import DecodeError, Quarantine, RecordTooLarge, WrongKey
from dongtin.events import Article, Membership, Origin, Story, StoryMember
from dongtin.publishers import identify
from dongtin.record import Message
from dongtin.stream.base import Result, Tables
from dongtin.topics import MEMBERS, QUARANTINE, STORIES, partition
from processors.normalize.dates import from_datetime
from processors.quarantine import measure, quarantined


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

    def expect(self, messages: Sequence[Message]) -> None:
        """See `Stage.expect`. Nothing can be done for a member before its turn."""

    def process(self, messages: Sequence[Message], tables: Tables) -> Result:
        """See `Stage.process`."""
        result = Result()
        for story_id, message in self._touched(messages, result).items():
            try:
                members = list(_members(story_id, tables))
                record = story_record(story_id, tell(story_id, members) if members else None, self._source)
                measure([record])
            except RecordTooLarge as error:  # the story stays as it was last published
                self._quarantine(message, error, result)
                continue
            if record.value != tables.get(STORIES, story_id):
                tables.put(record)
                result.records.append(record)
        return result

    def _touched(self, messages: Sequence[Message], result: Result) -> dict[str, Message]:
        """The stories that the messages tell of, each with the last of them; what breaks the contract is quarantined.

        A member whose record cannot be read is no member any more: its story is told without it.
        """
        stories: dict[str, Message] = {}
        for message in messages:
            try:
                story_id, article_id = story_and_member(message)
                stories[story_id] = message
                require_known(message.headers)
                if message.value is not None:
                    read_member(article_id, message.value)
            except Quarantine as error:
                self._quarantine(message, error, result)
        return stories

    def _quarantine(self, message: Message, error: Exception, result: Result) -> None:
        record, outcome = quarantined(message, error, self.name)
        result.records.append(record)
        result.outcomes.append(outcome)


def _members(story_id: str, tables: Tables) -> Iterator[Membership]:
    """The members of a story; one that cannot be read was quarantined when it came."""
    prefix = f"{story_id}|"
    for key, value in tables.scan(MEMBERS, prefix):
        with contextlib.suppress(DecodeError):
            yield read_member(key.removeprefix(prefix), value)


def read_member(article_id: str, value: bytes) -> Membership:
    """What a member's record says. Raises DecodeError, also where it is of another article than its key."""
    member = parse(Membership, value)
    if member.article_id != article_id:
        raise DecodeError(f"a record of {member.article_id[:200]!r} under the key of {article_id[:200]!r}")
    return member


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


def story_and_member(message: Message) -> tuple[str, str]:
    """Story id and article id in a member record's key. Raises DecodeError, and WrongKey for another's partition."""
    try:
        story_id, _, article_id = (message.key or b"").decode().partition("|")
    except UnicodeDecodeError as error:
        raise DecodeError(f"a member's key is not UTF-8: {message.key!r:.80}") from error
    if not (story_id and article_id):
        raise DecodeError(f"a member's key is <story_id>|<article_id>, not {message.key!r:.80}")
    if message.partition != partition(story_id.encode(), message.partition_count):
        raise WrongKey(f"{story_id[:200]!r} does not belong to partition {message.partition}")
    return story_id, article_id


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
