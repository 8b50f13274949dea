"""What our workers make of the twin is what its script says: every page, through all that happens to it."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from dongtin.codec import load_json, page_record
from dongtin.publishers import identify
from dongtin.stream.memory import MemoryStream
from dongtin.topics import ARTICLES, REJECTED
from processors.look import look
from processors.pipeline import Normalizer
from tests.site.content import VIETNAM_TIME, Absence, Content, Form, MovedTo
from tests.site.script import Happening, Kind
from tests.site.settings import WorldSettings
from tests.site.translations import LANGUAGES
from tests.site.visits import visit
from tests.site.web import Web
from tests.site.world import World

SECOND_SIGHTING = timedelta(minutes=65)


class Reader:
    """Our workers, fed with pages of the twin one by one."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._stream = MemoryStream()
        self._stage = Normalizer("/twin/normalizer", look)

    def reads(self, article_id: str, at: datetime) -> tuple[str, dict[str, Any]]:
        """The fate of an article's page at a moment, and its event or rejection, empty where there is none."""
        key, page = visit(self._web, self._web.world.url(article_id, at), at)
        self._stream.append(page_record(page, key, "/twin"))
        (outcome,) = self._stream.run(self._stage)
        messages = self._stream.take(ARTICLES) or self._stream.take(REJECTED)
        return outcome.fate, load_json(messages[0].value or b"{}") if messages else {"detail": outcome.detail}


WORLDS = (
    WorldSettings(seed=3, articles=20, languages=LANGUAGES, withdrawn=0.4),
    WorldSettings(seed=4, articles=80, corrected=0.4, withdrawn=0.2, moved=0.1),
)


@pytest.mark.parametrize("settings", WORLDS, ids=["every language", "every happening"])
def test_fates_and_fields(settings: WorldSettings) -> None:
    """Published, corrected, withdrawn at the second sighting, moved, back again: as the script says."""
    web = Web(World(settings))
    reader, seen = Reader(web), Counter[str]()
    for id_ in sorted(web.world.published(settings.origin + timedelta(days=90))):
        life = web.world.life(id_)
        withdrawn = False
        for place, happening in enumerate(life):
            following = life[place + 1].at if place + 1 < len(life) else None
            withdrawn = check(reader, happening, following, withdrawn=withdrawn, media=not is_text(life))
            seen[happening.kind] += 1
    assert {Kind.PUBLISH, Kind.CORRECT, Kind.WITHDRAW} <= set(seen)
    assert settings is not WORLDS[1] or set(seen) == set(Kind)


def is_text(life: list[Happening]) -> bool:
    return isinstance(life[0].stand, Content) and life[0].stand.is_article


def check(reader: Reader, happening: Happening, following: datetime | None, *, withdrawn: bool, media: bool) -> bool:
    """Read a page right after a happening; gives whether the article is withdrawn then."""
    fate, event = reader.reads(happening.article_id, happening.at)
    said = f"{happening}\n{fate} {event}"
    match happening.stand:
        case Content() if media:
            assert (fate, event["reason"]) == ("rejected", "media_only"), said
        case Absence() if media:
            assert fate == "rejected", said
        case Content() if happening.kind == Kind.RETURN and not withdrawn and not happening.changed_fields:
            assert fate == "unchanged", said
        case Content():
            assert fate == "published", said
            assert event["change"] == ("created" if happening.kind == Kind.PUBLISH else "updated"), said
            if happening.kind != Kind.PUBLISH:
                assert event["changed_fields"] == list(happening.changed_fields), said
            shows(event, happening.stand)
        case MovedTo():
            assert (fate, event["change"], event["reason"]) == ("published", "withdrawn", "moved"), said
            assert event["moved_to"] == happening.stand.article_id, said
            return True
        case Absence():
            assert fate == "pending", said
            again = happening.at + SECOND_SIGHTING
            if following is None or again < following:
                fate, event = reader.reads(happening.article_id, again)
                gone = happening.stand.form in (Form.NOT_FOUND, Form.GONE)
                assert (fate, event["reason"]) == ("published", "gone" if gone else "not_an_article"), said
                return True
    return False


def shows(event: dict[str, Any], content: Content) -> None:
    """Each field of an event is what the world says."""
    url = content.url
    assert event["article_id"] == content.article_id
    assert event["headline"] == content.headline, url
    assert event["description"] == content.lead, url
    assert [(block["kind"], block["text"]) for block in event["body"]["blocks"]] == [
        (block.kind, block.text) for block in content.blocks
    ], url
    assert [(each["url"], each["caption"], each["alt"]) for each in event["images"]] == [
        (each.url, each.caption, each.alt) for each in content.pictures
    ], url
    assert [each["name"] for each in event["authors"]] == list(content.authors), url
    assert event["section"] == list(content.section.names if content.section else ()), url
    assert event["language"] == content.language.replace("cn", "CN"), url
    assert event["quality"]["flags"] == [], url
    local = content.published.astimezone(VIETNAM_TIME)
    printed = local if content.article_id.startswith("thanhnien.vn/") else local.replace(hour=0, minute=0, second=0)
    assert event["date_published"] == printed.isoformat(), url
    assert event["story_id"] == story_of(content), url
    assert (event["origin"] or {}).get("article_id", content.article_id) == story_of(content), url
    assert event["machine_translated"] is (content.language != "vi"), url


def story_of(content: Content) -> str | None:
    """The declared original; of what vietnam.vn has of its own, its Vietnamese page."""
    if content.source_url:
        return identify(content.source_url).article_id
    return (
        content.article_id.replace(f"/{content.language}/", "/vi/")
        if content.article_id.startswith("vietnam.vn/")
        else content.article_id
    )
