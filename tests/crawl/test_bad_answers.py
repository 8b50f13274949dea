"""Places and pages that are not what they should be: each has its word, and all else is found."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from crawl.run import Crawl, Limits, crawl
from crawl.test_one_pass import STILL, standing
from setup_on_kafka import PATIENCE_S

from tests.site.faults import Fault, FaultKind

pytestmark = pytest.mark.kafka

PLACES = (
    (Fault(FaultKind.HTML), "/rss/home.rss", "unreadable"),
    (Fault(FaultKind.XML_BOMB), "/google-news-sitemap.xml", "unreadable"),
    (Fault(FaultKind.GZIP_BOMB), "/latest-news-sitemap.xml", "too_large"),
    (Fault(FaultKind.HUGE_HEADER), "/rss/thoi-su.rss", "too_large"),
    (Fault(FaultKind.CUT), "/rss/kinh-te.rss", "cut"),
    (Fault(FaultKind.CUT_GZIP), "/rss/van-hoa.rss", "cut"),
    (Fault(FaultKind.LOOP), "/rss/the-thao.rss", "redirect_loop"),
    (Fault(FaultKind.REDIRECT, target="http://169.254.169.254/"), "/rss/giai-tri.rss", "offsite_redirect"),
    (Fault(FaultKind.REDIRECT, target="file:///etc/passwd"), "/rss/suc-khoe.rss", "bad_redirect"),
    (Fault(FaultKind.STATUS, status=403), "/rss/giao-duc.rss", "bad_status"),
)
STRANGE = (
    (Fault(FaultKind.FUTURE_DATES), "/rss/the-gioi.rss"),
    (Fault(FaultKind.US_DATES), "/rss/doi-song.rss"),
    (Fault(FaultKind.DOUBLE_ESCAPED), "/rss/cong-nghe.rss"),
    (Fault(FaultKind.EMPTY), "/timelinelist/18549/1.htm"),
    (Fault(FaultKind.CALENDAR), "/timelinelist/18566/"),
    (Fault(FaultKind.REDIRECT, target="/rss/home.rss"), "/rss/du-lich.rss"),
)
ANOTHER = "another article"
PAGES = (
    (Fault(FaultKind.GZIP_BOMB), "too_large"),
    (Fault(FaultKind.HUGE_HEADER), "too_large"),
    (Fault(FaultKind.REDIRECT, target="http://169.254.169.254/latest/meta-data/"), "offsite_redirect"),
    (Fault(FaultKind.REDIRECT, target="file:///etc/passwd"), "bad_redirect"),
    (Fault(FaultKind.LOOP), "redirect_loop"),
    (Fault(FaultKind.REDIRECT, target=ANOTHER), "fetched"),
    (Fault(FaultKind.CUT), "cut"),
    (Fault(FaultKind.CUT_GZIP), "cut"),
    (Fault(FaultKind.RESET), "no_answer"),
    (Fault(FaultKind.SLOW, seconds=30), "timeout"),
    (Fault(FaultKind.TRICKLE, seconds=0.2), "timeout"),
    (Fault(FaultKind.STATUS, status=500), "bad_status"),
)


def test_each_has_its_word_and_all_else_is_found(tmp_path: Path, kafka: str, topic_prefix: str) -> None:
    with crawl(tmp_path, kafka, topic_prefix, STILL, limits=Limits(timeout_s=5)) as made:
        now = made.site.pace.now()
        bad = [id_ for id_ in sorted(standing(made)) if id_.startswith("thanhnien.vn/185")][: len(PAGES)]
        urls = [made.site.world.url(id_, now) for id_ in bad]
        another = made.site.world.url(max(id_ for id_ in standing(made) if id_.startswith("thanhnien.vn/")), now)
        rules = [at(fault, path) for fault, path, _ in PLACES] + [at(fault, path) for fault, path in STRANGE]
        rules += [at(named(fault, another), url) for (fault, _), url in zip(PAGES, urls, strict=True)]
        made.site.set_faults(rules)
        assert made.start("thanhnien", "-a", "once=yes").wait(PATIENCE_S) == 1
        told = words(made)
        assert {url: told[url] for url in urls} == {url: {word} for (_, word), url in zip(PAGES, urls, strict=True)}
        places = {f"https://thanhnien.vn{path}": {word} for _, path, word in PLACES}
        assert {url: told[url] for url in places} == places
        found = {key for key, page in made.pages() if page.status == 200}
        own = {id_ for id_ in standing(made) if id_.startswith("thanhnien.vn/")}
        assert found == own - set(bad)

        # Nothing was lost by it: what failed is due, and is there when the site is itself again.
        made.site.set_faults([])
        made.later(hours=1)
        made.start("thanhnien", "-a", "once=yes").wait(PATIENCE_S)
        assert {key for key, page in made.pages() if page.status == 200} == own


def named(fault: Fault, another: str) -> Fault:
    return replace(fault, target=another) if fault.target == ANOTHER else fault


def at(fault: Fault, url: str) -> Fault:
    path = "/" + url.removeprefix("https://").partition("/")[2] if url.startswith("https://") else url
    return Fault(**{**vars(fault), "host": "thanhnien[.]vn", "path": "^" + path.replace(".", "[.]")})


def words(made: Crawl) -> dict[str, set[str]]:
    """Address → what became of it and of the place there."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in made.logged("thanhnien"):
        if "outcome" in line:
            found[line["url"]].add(line["outcome"])
    return found
