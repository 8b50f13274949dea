"""The script of a world: a list of dated happenings, each with what stands at its address from then on.

Every article draws from a source of random numbers of its own, named by the seed and its number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from tests.site.content import (
    VIETNAM_TIME,
    Absence,
    Block,
    Content,
    Form,
    MovedTo,
    Picture,
    Stand,
    Template,
    changed_fields,
)
from tests.site.sections import MAGAZINE, SECTIONS, VIDEO
from tests.site.settings import WorldSettings
from tests.site.translations import translated
from tests.site.vietnamese import Writer, slug_of

THANHNIEN = "https://thanhnien.vn"
VIETNAM = "https://www.vietnam.vn"
IMAGES = "https://images2.thanhnien.vn/528068263637045248"
PORTAL_IMAGES = "https://vstatic.vietnam.vn/vietnam/resource/IMAGE"
TEMPLATES = (*(Template.NORMAL,) * 14, *(Template.PHOTO_STORY, Template.VIDEO) * 2, Template.MAGAZINE, Template.LIVE)
FORMS = (Form.NOT_FOUND, Form.NOT_FOUND, Form.GONE, Form.HOME_301, Form.HOME_302, Form.EMPTIED, Form.LISTING)
PORTAL_FORMS = (Form.NOT_FOUND, Form.NOT_FOUND, Form.GONE, Form.HOME_301, Form.HOME_302, Form.EMPTIED)
EDITS = ("headline", "headline and address", "add", "change", "remove", "caption", "headline and add")
"""How an article is corrected: its headline (and slug), a paragraph added, changed or removed, a picture's caption."""
PAPERS = (
    ("Báo Lao Động", "https://laodong.vn/xa-hoi/{slug}-{n}.ldo"),
    ("Báo Tuổi Trẻ", "https://tuoitre.vn/{slug}-{time}.htm"),
    ("Báo Dân trí", "https://dantri.com.vn/xa-hoi/{slug}-{time}.htm"),
    ("Báo Sài Gòn Giải Phóng", "https://www.sggp.org.vn/{slug}-post{n}.html"),
)


class Kind(StrEnum):
    PUBLISH = "publish"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    RETURN = "return"
    MOVE = "move"


@dataclass(frozen=True)
class Happening:
    at: datetime
    kind: Kind
    article_id: str
    stand: Stand
    """What stands at the address from then on."""
    changed_fields: tuple[str, ...] = ()
    """Of a correction, and of a return: what differs from the article as it last stood; sorted."""

    def __str__(self) -> str:
        local = self.at.astimezone(VIETNAM_TIME)
        match self.stand:
            case Content():
                said = ", ".join(self.changed_fields) if self.kind == Kind.CORRECT else self.stand.headline
            case Absence():
                said = f"now answers {self.stand.form}"
            case MovedTo():
                said = f"to {self.stand.article_id}"
        return f"{local:%d.%m. %H:%M:%S} {self.kind:<8} {self.article_id}: {said}"


def write(settings: WorldSettings) -> tuple[Happening, ...]:
    """All happenings of a world, by time."""
    written: set[str] = set()
    stories = [*_thanhnien(settings, written)]
    moves = _moves(settings, stories)
    stories = [[*_without_change(each, moves), *moves.get(each[0].article_id, ())] for each in stories]
    portal = [*_portal(settings, stories, written)]
    lives = {life[0].article_id: life for life in (*stories, *portal)}
    for after_min, article_id, what in settings.extra:
        at = settings.origin + timedelta(minutes=after_min)
        random = Random(f"{settings.seed}/extra/{after_min}/{article_id}")
        lives[article_id] = _with(lives[article_id], at, what, random, Writer(random, written))
    every = [happening for life in lives.values() for happening in life]
    return tuple(sorted(every, key=lambda each: (each.at, each.article_id)))


def _with(life: Sequence[Happening], at: datetime, what: str, random: Random, writer: Writer) -> list[Happening]:
    """A life until a moment, and what happens to it then, in the words of `WorldSettings.extra`."""
    before = [each for each in life if each.at < at]
    shown = [each.stand for each in before if isinstance(each.stand, Content)][-1]
    article_id = shown.article_id
    if what in EDITS:
        after = _edited(random, writer, shown, what, at)
        last = Happening(at, Kind.CORRECT, article_id, after, changed_fields(shown, after))
    elif what == "return":
        last = Happening(at, Kind.RETURN, article_id, shown)
    elif what.startswith("move "):
        last = Happening(at, Kind.MOVE, article_id, MovedTo(what.removeprefix("move ")))
    else:
        last = Happening(at, Kind.WITHDRAW, article_id, Absence(Form(what)))
    return [*before, last]


def _thanhnien(settings: WorldSettings, written: set[str]) -> Iterator[list[Happening]]:
    ids: set[str] = set()
    for number in range(settings.articles):
        random = Random(f"{settings.seed}/thanhnien/{number}")
        published = _time(settings, random, past=number < settings.articles * settings.history)
        content = _article(random, Writer(random, written), published, _new_id(random, published, ids))
        yield _life(settings, random, Writer(random, written), content, FORMS)
    for number in range(settings.archive):
        random = Random(f"{settings.seed}/archive/{number}")
        published = datetime(2014 + 3 * number % 9, 1 + number % 12, 2 + number % 25, 8, 30, 17, tzinfo=VIETNAM_TIME)
        id_ = "185" + str(random.randint(10_000, 1_599_999))
        yield [_publish(_article(random, Writer(random, written), published, id_, Template.NORMAL))]


def _time(settings: WorldSettings, random: Random, *, past: bool) -> datetime:
    """By the settings, of whole minutes and few by night."""
    while True:
        after_h = -random.uniform(0.1, settings.history_days * 24) if past else random.uniform(0, settings.span_h)
        time = settings.origin + timedelta(hours=after_h)
        time = time.replace(second=0, microsecond=0) if settings.whole_minutes else time
        if not settings.quiet_night or time.astimezone(VIETNAM_TIME).hour >= 5 or random.random() < 0.1:
            return time if past else max(time, settings.origin + timedelta(seconds=1))


def _new_id(random: Random, published: datetime, taken: set[str]) -> str:
    """185, the time of creation, milliseconds without trailing zeros."""
    while True:
        made = (published - timedelta(minutes=random.uniform(1, 240))).astimezone(VIETNAM_TIME)
        id_ = f"185{made:%y%m%d%H%M%S}" + f"{random.randrange(1000):03}".rstrip("0")
        if id_ not in taken:
            taken.add(id_)
            return id_


def _article(
    random: Random, writer: Writer, published: datetime, id_: str, template: Template | None = None
) -> Content:
    template = template or random.choice(TEMPLATES)
    headline = writer.headline()
    slug = slug_of(headline)
    pictures = {Template.PHOTO_STORY: 5, Template.VIDEO: 0}.get(template, random.randint(1, 2))
    return Content(
        article_id=f"thanhnien.vn/{id_}",
        url=f"{THANHNIEN}/{slug}-{id_}.htm",
        headline=headline,
        lead=writer.lead(),
        blocks=_blocks(random, writer, template),
        pictures=tuple(_picture(random, writer, headline, slug, published, n) for n in range(1, pictures + 1)),
        published=published,
        modified=published,
        template=template,
        authors=(writer.person(),),
        section={Template.VIDEO: VIDEO, Template.MAGAZINE: MAGAZINE}.get(template) or random.choice(SECTIONS),
        tags=writer.tags(),
    )


def _blocks(random: Random, writer: Writer, template: Template) -> tuple[Block, ...]:
    if template == Template.VIDEO:
        return ()
    fewest, most = (4, 4) if template == Template.PHOTO_STORY else (5, 9)
    blocks = [Block("paragraph", writer.paragraph()) for _ in range(random.randint(fewest, most))]
    if template in (Template.NORMAL, Template.MAGAZINE) and random.random() < 0.5:
        blocks.insert(len(blocks) // 2, Block("heading", writer.heading()))
    return tuple(blocks)


def _picture(random: Random, writer: Writer, headline: str, slug: str, published: datetime, number: int) -> Picture:
    day = published.astimezone(VIETNAM_TIME)
    stamp = int(published.timestamp() * 1000) + random.randrange(100_000)
    url = f"{IMAGES}/{day.year}/{day.month}/{day.day}/{slug[:24].strip('-')}-{stamp}.jpg"
    return Picture(url, writer.caption(), writer.person().upper(), f"{headline} - Ảnh {number}.")


def _publish(content: Content) -> Happening:
    return Happening(content.published, Kind.PUBLISH, content.article_id, content)


def _life(
    settings: WorldSettings, random: Random, writer: Writer, content: Content, forms: Sequence[Form]
) -> list[Happening]:
    """What happens to an article: published, perhaps corrected, perhaps withdrawn, perhaps back again."""
    happenings = [_publish(content)]
    withdrawn = (
        content.published + _minutes(random, settings.withdrawn_after_min)
        if random.random() < settings.withdrawn
        else None
    )
    if content.is_article and random.random() < settings.corrected:
        for _ in range(random.choice((1, 1, 2))):
            at = happenings[-1].at + _minutes(random, settings.corrected_after_min)
            if withdrawn and at >= withdrawn:
                break
            content = _corrected(random, writer, content, at, happenings)
    if withdrawn:
        happenings.append(Happening(withdrawn, Kind.WITHDRAW, content.article_id, Absence(random.choice(forms))))
        if random.random() < settings.returned:
            back = withdrawn + _minutes(random, settings.returned_after_min)
            shown = content
            if content.is_article and random.random() < 0.4:
                shown = _edited(random, writer, content, "change", back)
            changed = changed_fields(content, shown)
            happenings.append(Happening(back, Kind.RETURN, content.article_id, shown, changed))
    return happenings


def _corrected(random: Random, writer: Writer, content: Content, at: datetime, happenings: list[Happening]) -> Content:
    how = random.choice(EDITS)
    after = _edited(random, writer, content, how, at)
    happenings.append(Happening(at, Kind.CORRECT, content.article_id, after, changed_fields(content, after)))
    return after


def _edited(random: Random, writer: Writer, content: Content, how: str, at: datetime) -> Content:
    after, blocks = replace(content, modified=at), list(content.blocks)
    paragraphs = [place for place, block in enumerate(blocks) if block.kind == "paragraph"]
    place = random.choice(paragraphs[1:])
    if "headline" in how:
        after = replace(after, headline=writer.headline())
    if "address" in how and content.article_id.startswith("thanhnien.vn/"):
        id_ = content.article_id.removeprefix("thanhnien.vn/")
        after = replace(after, url=f"{THANHNIEN}/{slug_of(after.headline)}-{id_}.htm")
    if "add" in how.split():
        blocks.insert(place, Block("paragraph", writer.paragraph()))
    elif how == "remove":
        del blocks[place]
    elif how == "change" or (how == "caption" and not content.pictures):
        blocks[place] = Block("paragraph", writer.paragraph())
    elif how == "caption":
        first, *others = content.pictures
        after = replace(after, pictures=(replace(first, caption=writer.caption()), *others))
    return replace(after, blocks=tuple(blocks))


def _moves(settings: WorldSettings, stories: Sequence[Sequence[Happening]]) -> dict[str, list[Happening]]:
    """Articles that move for good to another one, which stays."""
    random = Random(f"{settings.seed}/moves")
    lasting = [story[0] for story in stories[: settings.articles] if _lasts(story)]
    moves: dict[str, list[Happening]] = {}
    targets: set[str] = set()
    for first in lasting:
        others = [each for each in lasting if each.article_id not in moves and each.article_id != first.article_id]
        if first.article_id in targets or not others or random.random() >= settings.moved:
            continue
        target = random.choice(others)
        targets.add(target.article_id)
        at = max(first.at, target.at) + _minutes(random, settings.withdrawn_after_min)
        moves[first.article_id] = [Happening(at, Kind.MOVE, first.article_id, MovedTo(target.article_id))]
    return moves


def _lasts(story: Sequence[Happening]) -> bool:
    """Whether it is an article with a text that is never taken away."""
    return all(isinstance(each.stand, Content) and each.stand.is_article for each in story)


def _without_change(story: list[Happening], moves: dict[str, list[Happening]]) -> list[Happening]:
    """What happens to an article before it moves."""
    moved = moves.get(story[0].article_id)
    return [each for each in story if not moved or each.at < moved[0].at]


def _portal(
    settings: WorldSettings, stories: Sequence[list[Happening]], written: set[str]
) -> Iterator[list[Happening]]:
    """vietnam.vn: copies of articles, articles of other papers and its own; each with its translations."""
    for number, story in enumerate(stories[: settings.articles]):
        random = Random(f"{settings.seed}/republished/{number}")
        first = story[0].stand
        if isinstance(first, Content) and first.is_article and random.random() < settings.republished:
            copy = _copy(settings, random, story)
            yield copy
            yield from _translations(settings, random, copy)
    for share, papers, name in ((settings.foreign, PAPERS, "foreign"), (settings.own, (("Vietnam.vn", ""),), "own")):
        for number in range(round(share * settings.articles)):
            random = Random(f"{settings.seed}/{name}/{number}")
            writer = Writer(random, written)
            published = _time(settings, random, past=number < share * settings.articles * settings.history)
            paper, form = random.choice(papers)
            article = _article(random, writer, published, f"{number:06}", Template.NORMAL)
            time = f"{published.astimezone(VIETNAM_TIME):%Y%m%d%H%M%S}{number % 1000:03}"
            source = form.format(slug=slug_of(article.headline), n=1_470_000 + number, time=time) or None
            page = _life(
                settings, random, writer, _page(settings, random, article, published, paper, source), PORTAL_FORMS
            )
            yield page
            yield from _translations(settings, random, page)


def _page(
    settings: WorldSettings, random: Random, article: Content, published: datetime, paper: str, source: str | None
) -> Content:
    """The Vietnamese page of vietnam.vn that shows an article."""
    slug = slug_of(article.headline)
    return replace(
        _shown_by_portal(article),
        article_id=f"vietnam.vn/vi/{slug}",
        url=f"{VIETNAM}/{slug}",
        published=published,
        modified=published,
        paper=paper,
        source_url=source,
        hreflang=settings.languages if random.random() < settings.hreflang else (),
    )


def _shown_by_portal(article: Content) -> Content:
    """What vietnam.vn takes over: no writer, section or tags, and pictures of its own store."""
    return replace(
        article,
        template=Template.NORMAL,
        authors=(),
        section=None,
        tags=(),
        pictures=tuple(map(_portal_picture, article.pictures)),
    )


def _portal_picture(picture: Picture) -> Picture:
    *_, year, month, day, name = picture.url.split("/")
    return replace(
        picture,
        url=f"{PORTAL_IMAGES}/{year}/{month:0>2}/{day:0>2}/{name.rpartition('-')[2].removesuffix('.jpg')}_{name}",
    )


def _copy(settings: WorldSettings, random: Random, story: Sequence[Happening]) -> list[Happening]:
    """The life of the copy of an article: it follows most corrections and half of the withdrawals, some time later."""
    published = (story[0].at + _minutes(random, (10, 120))).replace(second=0, microsecond=0)
    shown = [each.stand for each in story if each.at <= published and isinstance(each.stand, Content)][-1]
    page = _page(settings, random, shown, published, "Báo Thanh Niên", shown.url)
    happenings, follows, gone = [_publish(page)], random.random() < 0.5, False
    for each in story:
        at = max(each.at + _minutes(random, (5, 60)), happenings[-1].at + timedelta(seconds=1))
        if each.at <= published:
            continue
        if isinstance(each.stand, Content) and (gone or (each.kind == Kind.CORRECT and random.random() < 0.7)):
            taken = _shown_by_portal(each.stand)
            after = replace(page, modified=at, headline=taken.headline, blocks=taken.blocks, pictures=taken.pictures)
            changed = changed_fields(page, after)
            if changed or gone:
                happenings.append(Happening(at, Kind.RETURN if gone else Kind.CORRECT, page.article_id, after, changed))
                page, gone = after, False
        elif isinstance(each.stand, Absence) and follows:
            happenings.append(Happening(at, Kind.WITHDRAW, page.article_id, Absence(random.choice(PORTAL_FORMS))))
            gone = True
    return happenings


def _translations(settings: WorldSettings, random: Random, page: Sequence[Happening]) -> Iterator[list[Happening]]:
    """In each language the page follows the Vietnamese one by some minutes."""
    for language in settings.languages:
        later = _minutes(random, settings.translated_after_min)
        happenings: list[Happening] = []
        before: Content | None = None
        for each in page:
            if isinstance(each.stand, Content):
                shown = _translation(each.stand, language, each.at + later)
                changed = changed_fields(before, shown) if before else ()
                if each.kind == Kind.CORRECT and not changed:
                    continue
                before = shown
                happenings.append(Happening(each.at + later, each.kind, shown.article_id, shown, changed))
            elif before and isinstance(each.stand, Absence):
                form = random.choice((Form.NOT_FOUND, Form.GONE, Form.HOME_302))
                happenings.append(Happening(each.at + later, Kind.WITHDRAW, before.article_id, Absence(form)))
        yield happenings


def _translation(page: Content, language: str, at: datetime) -> Content:
    slug = page.url.rpartition("/")[2]
    return replace(
        page,
        article_id=f"vietnam.vn/{language}/{slug}",
        url=f"{VIETNAM}/{language}/{slug}",
        language=language,
        headline=translated(page.headline, "headlines", language),
        lead=translated(page.lead, "leads", language),
        blocks=tuple(_translated_block(block, language) for block in page.blocks),
        pictures=tuple(replace(each, caption=translated(each.caption, "captions", language)) for each in page.pictures),
        modified=at,
    )


def _translated_block(block: Block, language: str) -> Block:
    return Block(block.kind, translated(block.text, "headlines" if block.kind == "heading" else "paragraphs", language))


def _minutes(random: Random, between: tuple[float, float]) -> timedelta:
    """In whole seconds."""
    return timedelta(seconds=round(60 * random.uniform(*between)))
