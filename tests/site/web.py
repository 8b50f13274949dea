"""What both sites answer to an address at a moment. No network here: `server.py` sends it."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import islice

from bench.pages import fill
from tests.site import places, thanhnien_pages, vietnam_pages
from tests.site.content import Absence, Content, Form, MovedTo, Section
from tests.site.sections import EVERY_SECTION
from tests.site.world import Listed, World

THANHNIEN, VIETNAM = "thanhnien.vn", "www.vietnam.vn"
SAME_SITE = {"www.thanhnien.vn": THANHNIEN, "m.thanhnien.vn": THANHNIEN, "vietnam.vn": VIETNAM, "m.vietnam.vn": VIETNAM}
"""Hosts that only lead to the main one."""
MIRRORS = ("vjs.vietnam.vn", "thongtin.vietnam.vn", "id.vietnam.vn", "en.vietnam.vn", "vrviet.vn", "www.vrviet.vn")
HOSTS = (THANHNIEN, VIETNAM, *SAME_SITE, *MIRRORS)

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
RSS, XML = "application/rss+xml; charset=utf-8", "text/xml; charset=utf-8"

ARTICLE = re.compile(r"/(?:print/)?[0-9a-z-]+-(?P<id>185\d{5,15})\.htm")
TIMELINE = re.compile(r"/timelinelist/(?P<zone>\d+)/(?P<page>\d+)\.htm")
TIMELINE_HOME = re.compile(r"/timelinehome/(?P<page>\d+)\.htm")
SHARD = re.compile(r"/sitemaps/sitemaps-(\d{4})-(\d{1,2})-(\d{1,2})-(\d{1,2})\.xml")
DAY = re.compile(r"/sitemap/sitemap-post/(?P<day>\d{4}-\d{2}-\d{2})\.xml")
LANGUAGE = re.compile(r"[a-z]{2}(?:-[a-z]{2})?")
BY_ZONE = {section.zone: section for section in EVERY_SECTION}
BY_SLUG = {section.slug: section for section in EVERY_SECTION}

SPELLINGS = (
    (re.compile(r"(<link>https://thanhnien\.vn/[^<?]*\.htm)"), r"\1?utm_source=rss&amp;utm_medium=feed"),
    (re.compile(r"(<loc>)https(://thanhnien\.vn/[^<]*\.htm)(?=</loc><news)"), r"\1http\2"),
    (re.compile(r"(<loc>https://www\.vietnam\.vn/[a-z0-9-]*)(?=</loc><news)"), r"\1/"),
    (re.compile(r'(href="/[^"]*-185\d*\.htm)'), r"\1#box-comment"),
)
"""How feeds, news sitemaps and listings write addresses, each in a way of its own."""
A_PAGE = 15
"""Items of a listing's page."""
ON_HOME = 60
"""Items of the home feed."""
IN_FEED = 200
NEWEST = 200
"""Addresses of the news sitemaps of thanhnien.vn."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = HTML
    location: str | None = None
    changed: datetime | None = None
    """When it last changed, in the twin's time; None where that is not told."""
    max_age_s: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Further ones."""

    @cached_property
    def etag(self) -> str:
        return f'"{blake2b(self.body, digest_size=10).hexdigest()}"'


class Web:
    """Both sites. `answer` is a function of host, path and moment."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._robots = {**places.ROBOTS, **dict(world.settings.robots)}
        self._made = lru_cache(maxsize=3000)(self._make)

    def answer(self, host: str, path: str, now: datetime) -> Answer:
        """What a host answers to a path, which may have a query; 404 for an unknown host."""
        plain = path.partition("?")[0]
        id_ = self.article_id(host, plain)
        if id_ is not None and self.world.version(id_, now):
            # Of an article nothing changes but by its own happenings.
            at = self.world.life(id_)[self.world.version(id_, now) - 1].at
        else:
            at = self.world.happenings[max(0, self.world.count(now) - 1)].at if self.world.happenings else now
            at = min(at, now)
        return self._made(host, plain, at)

    def article_id(self, host: str, path: str) -> str | None:
        """Whose address it is, published or not; None where it is no article's."""
        if SAME_SITE.get(host, host) == THANHNIEN:
            return f"thanhnien.vn/{found['id']}" if (found := ARTICLE.fullmatch(path)) else None
        segments = path.strip("/").split("/")
        if len(segments) == 1 and "-" in segments[0] and not LANGUAGE.fullmatch(segments[0]) and "." not in path:
            return f"vietnam.vn/vi/{segments[0]}"
        if len(segments) == 2 and LANGUAGE.fullmatch(segments[0]):
            return f"vietnam.vn/{segments[0]}/{segments[1]}"
        return None

    def robots(self, host: str) -> str:
        """The robots.txt of a host."""
        return self._robots.get(host, "User-agent: *\nDisallow:\n")

    def _make(self, host: str, path: str, at: datetime) -> Answer:
        if path == "/robots.txt":
            return Answer(200, self.robots(host).encode(), TEXT)
        if host in SAME_SITE:
            return Answer(301, location=f"https://{SAME_SITE[host]}{path}")
        if host == THANHNIEN:
            return self._thanhnien(path, at)
        if host == VIETNAM or host in MIRRORS:
            return self._vietnam(host, path, at)
        return _not_found("nothing is served under this name")

    # thanhnien.vn

    def _thanhnien(self, path: str, at: datetime) -> Answer:
        if id_ := self.article_id(THANHNIEN, path):
            return self._article(THANHNIEN, id_, path, at)
        if path.startswith(("/rss", "/sitemap", "/google-news", "/latest-news")):
            return self._thanhnien_place(path, at)
        if found := TIMELINE.fullmatch(path):
            section = BY_ZONE.get(found["zone"])
            return self._fragment(int(found["page"]), section, at) if section else _not_found("no such zone")
        if found := TIMELINE_HOME.fullmatch(path):
            return self._fragment(int(found["page"]), None, at)
        if path == "/":
            return self._listing("Báo Thanh Niên", "0", self._listed(THANHNIEN, at, ON_HOME), at)
        if path.endswith(".htm") and (section := BY_SLUG.get(path[1:-4])):
            return self._listing(section.name, section.zone, self._listed(THANHNIEN, at, A_PAGE + 5, section), at)
        return _not_found("Không tìm thấy trang")

    def _thanhnien_place(self, path: str, at: datetime) -> Answer:
        if path == "/rss.html":
            inner = places.rss_directory("")
            return self._place(thanhnien_pages.frame("RSS", "", inner, "0"), HTML, None)
        if path.startswith("/rss/") and path.endswith(".rss"):
            return self._feed(path, at)
        if path == "/sitemap.xml":
            shards: dict[tuple[int, int, int, int], datetime] = {}
            for each in self._in_shards(THANHNIEN, at):
                own = places.shard_of(each.published)
                shards[own] = max(each.content.modified, shards.get(own, each.content.modified))
            entries = [
                (f"https://{THANHNIEN}/sitemaps/category.rss", None),
                *((places.shard_address(shard), shards[shard]) for shard in sorted(shards, reverse=True)),
            ]
            return self._place(places.sitemap_index(entries), XML, at)
        if found := SHARD.fullmatch(path):
            year, month, first, last = map(int, found.groups())
            shard = year, month, first, last
            items = [each for each in self._in_shards(THANHNIEN, at) if places.shard_of(each.published) == shard]
            return self._place(places.sitemap(items), XML, at) if items else _not_found("no such sitemap")
        if path in ("/google-news-sitemap.xml", "/latest-news-sitemap.xml"):
            return self._place(places.news_sitemap(self._listed(THANHNIEN, at, NEWEST), "Báo Thanh Niên"), XML, at)
        if path == "/sitemaps/category.rss":
            addresses = [f"https://{THANHNIEN}/{section.slug}.htm" for section in EVERY_SECTION]
            return self._place(places.plain_sitemap(addresses), XML, None)
        return _not_found("no such sitemap or feed")

    def _feed(self, path: str, at: datetime) -> Answer:
        slug = path[len("/rss/") : -len(".rss")]
        section = BY_SLUG.get(slug)
        if section is None and slug != "home":
            return _not_found("no such feed")
        items = self._listed(THANHNIEN, at, IN_FEED if section else ON_HOME, section)
        name, link = (section.name, f"{section.slug}.htm") if section else ("Trang chủ", "")
        changed = max((each.content.modified for each in items), default=at)
        own = f"https://{THANHNIEN}{path}"
        text = places.rss(name, f"https://{THANHNIEN}/{link}", own, items, changed, self.world.settings.ttl_min)
        return self._place(text, RSS, at)

    def _fragment(self, page: int, section: Section | None, at: datetime) -> Answer:
        """One page of a listing; past the end an empty one."""
        first = (page - 1) * A_PAGE
        items = self._listed(THANHNIEN, at, first + A_PAGE, section)[first:] if page > 0 else []
        return self._place("".join(map(thanhnien_pages.item, items)), HTML, None)

    def _listing(self, name: str, zone: str, items: list[Listed], at: datetime) -> Answer:
        return self._place(thanhnien_pages.listing(name, zone, items), HTML, at)

    # vietnam.vn

    def _vietnam(self, host: str, path: str, at: datetime) -> Answer:
        if path != "/" and path.endswith("/"):
            return Answer(301, location=f"https://{host}{path.rstrip('/')}")
        if host == VIETNAM and path.endswith(".xml"):
            return self._vietnam_place(path, at)
        first = path.strip("/").partition("/")[0]
        if path == "/" or path.strip("/") in self.world.settings.languages:
            return self._front(first or "vi", at)
        if path.removeprefix(f"/{first}" if first in self.world.settings.languages else "").startswith(
            ("/category/", "/tag/")
        ):
            return self._front(first if first in self.world.settings.languages else "vi", at)
        if id_ := self.article_id(host, path):
            return self._article(host, id_, path, at)
        return _not_found("Không tìm thấy trang")

    def _front(self, language: str, at: datetime) -> Answer:
        items = self._listed("vietnam.vn", at, 30, language=language)
        return self._place(vietnam_pages.front(language, items), HTML, at)

    def _vietnam_place(self, path: str, at: datetime) -> Answer:
        site = f"https://{VIETNAM}"
        if path == "/sitemap.xml":
            days = sorted({places.day_of(each.published) for each in self._in_shards(VIETNAM, at)}, reverse=True)
            others = ["sitemap-page", "sitemap-author", "sitemap-organization", "sitemap-category", "sitemap-tag"]
            names = [
                *(f"/sitemap/{each}.xml" for each in others),
                "/sitemap/sitemap-tag/220001.xml",
                "/news-sitemap.xml",
            ]
            entries = [f"{site}{each}" for each in (*names, *(f"/sitemap/sitemap-post/{day}.xml" for day in days))]
            return self._place(places.sitemap_index((each, None) for each in entries), XML, at)
        if found := DAY.fullmatch(path):
            items = [
                each for each in self._in_shards(VIETNAM, at) if str(places.day_of(each.published)) == found["day"]
            ]
            return self._place(places.sitemap(items, utc=True), XML, at) if items else _not_found("no such sitemap")
        if path == "/news-sitemap.xml":
            fresh = [each for each in self._listed("vietnam.vn", at) if each.published > at - timedelta(hours=48)]
            return self._place(places.news_sitemap(fresh, "Vietnam.vn", utc=True), XML, at)
        if path in ("/sitemap/sitemap-tag.xml", "/sitemap/sitemap-tag/220001.xml"):
            return self._place(places.plain_sitemap(f"{site}/tag/chu-de-{n}" for n in range(40)), XML, None)
        if path.startswith("/sitemap/sitemap-"):
            kind = path.removeprefix("/sitemap/sitemap-").removesuffix(".xml")
            return self._place(places.plain_sitemap(f"{site}/{kind}/muc-{n}" for n in range(8)), XML, None)
        return _not_found("no such sitemap")

    # Both.

    def _article(self, host: str, id_: str, path: str, at: datetime) -> Answer:
        stand = self.world.stand(id_, at)
        match stand:
            case None:
                return _not_found("Không tìm thấy trang")
            case MovedTo():
                return Answer(301, location=self.world.url(stand.article_id, at))
            case Absence():
                return self._absent(id_, stand.form, at)
        own = stand.url.partition("://")[2].partition("/")[2]
        if path != f"/{own}" and not path.startswith("/print/"):
            return Answer(301, location=stand.url)
        related = [
            each
            for each in self._listed(id_.partition("/")[0], at, 7, language=stand.language)
            if each.content.article_id != id_
        ]
        pages = thanhnien_pages if host == THANHNIEN else vietnam_pages
        body = pages.article(stand, related[:6]).encode()
        if host in MIRRORS:
            body += f"<!-- {host} -->\n".encode()
        size = self.world.settings.page_bytes
        return Answer(200, fill(body, size) if size else body, HTML, changed=at)

    def _absent(self, id_: str, form: Form, at: datetime) -> Answer:
        portal = id_.startswith("vietnam.vn/")
        home = f"https://{VIETNAM if portal else THANHNIEN}/"
        shown = [each.stand for each in self.world.life(id_) if each.at <= at and isinstance(each.stand, Content)]
        match form:
            case Form.NOT_FOUND:
                return _not_found("Bài viết không tồn tại")
            case Form.GONE:
                return replace(_not_found("Bài viết đã được gỡ"), status=410)
            case Form.HOME_301 | Form.HOME_302:
                return Answer(301 if form == Form.HOME_301 else 302, location=home)
            case Form.EMPTIED if portal:
                return Answer(200, vietnam_pages.emptied(shown[-1].language).encode())
            case Form.EMPTIED:
                return Answer(200, thanhnien_pages.emptied(shown[-1]).encode())
            case Form.LISTING:
                section = shown[-1].section or EVERY_SECTION[0]
                return self._listing(section.name, section.zone, self._listed(THANHNIEN, at, A_PAGE, section), at)

    def _listed(
        self, host: str, at: datetime, most: int | None = None, section: Section | None = None, language: str = "vi"
    ) -> list[Listed]:
        return list(islice(self.world.listed(at, host.removeprefix("www."), section=section, language=language), most))

    def _in_shards(self, host: str, at: datetime) -> list[Listed]:
        lag = timedelta(minutes=self.world.settings.shard_lag_min)
        return [each for each in self._listed(host, at) if each.published + lag <= at]

    def _place(self, text: str, content_type: str, changed: datetime | None) -> Answer:
        if self.world.settings.spellings:
            for known, written in SPELLINGS:
                text = known.sub(written, text)
        return Answer(200, text.encode(), content_type, changed=changed, max_age_s=self.world.settings.max_age_s)


def _not_found(why: str) -> Answer:
    shown = f'<body><h1>404</h1><p>{why}</p><a href="/">Trang chủ</a></body>'
    return Answer(404, f'<!DOCTYPE html><html lang="vi"><head><title>404</title></head>{shown}</html>'.encode())
