"""docs/adding-a-publisher.md is followed to the letter, in a copy of the packages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from https_web import Answer, https_web, make_certificate

from dongtin.publishers import identify
from dongtin.publishers.address import VIETNAM_TIME
from processors.publishers import rule_of

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "adding-a-publisher.md").read_text()
FILE = re.compile(r"^\*\*`([^`]+)`\*\*[^\n]*\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILES = dict(FILE.findall(GUIDE))
COMMANDS = [line for block in SHELL.findall(GUIDE) for line in block.splitlines()]
RECORDS = "processors/publishers/sites.py"
SPIDER = "spiders/publishers/cafef.py"
MOST_LINES = 25


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and of what golden tests need, after the guide."""
    copy = tmp_path_factory.mktemp("clone")
    for package in ("dongtin", "processors", "spiders"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    for file in (ROOT / "pyproject.toml", ROOT / "scrapy.cfg", *(ROOT / "tests").glob("*.py")):
        shutil.copy(file, copy / file.relative_to(ROOT))
    for path, content in FILES.items():
        write(copy / path, content)
    return copy


def write(path: Path, content: str) -> None:
    """A new file; in one that is there, before the parenthesis that closes it."""
    if path.exists():
        lines = path.read_text().splitlines(keepends=True)
        assert lines[-1] == ")\n"
        path.write_text("".join([*lines[:-1], content, lines[-1]]))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A command of the guide, with the packages of a folder."""
    program, *arguments = line.split()
    program = program.replace(".venv/bin", str(Path(sys.executable).parent))
    environment: Mapping[str, str] = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("spiders.ways import", "spiders.wais import", "No module named 'spiders.wais'"),
        ('publisher = "cafef.vn"', 'publisher = "cafef"', "https://cafef.vn/home.rss is no address of cafef"),
        ("(?P<month>", "(?P<mnth>", "its groups are year and month"),
        ("(?P<month>", "(?P<month", "no pattern"),
    ],
)
def test_a_mistake_in_a_spider_is_one_line(followed: Path, right: str, wrong: str, told: str) -> None:
    file = followed / SPIDER
    written = file.read_text()
    try:
        file.write_text(written.replace(right, wrong))
        done = run(followed, ".venv/bin/python -m dongtin sources")
    finally:
        file.write_text(written)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert told in line
    assert SPIDER in line or "cafef.vn" in line


def test_a_publisher_is_a_short_record_and_two_golden_pages() -> None:
    assert len(FILES[RECORDS].splitlines()) < MOST_LINES
    golden = [path for path in FILES if path.startswith("tests/golden/")]
    assert set(FILES) == {RECORDS, SPIDER, *golden}
    assert len([path for path in golden if path.endswith("/expected.json")]) == 2
    assert not [path for path in golden if (ROOT / path).exists()]


def test_its_example_is_of_the_family_and_new() -> None:
    (publisher_id,) = re.findall(r"^ +\"([\w.]+)\",$", FILES[RECORDS], re.MULTILINE)
    assert identify(f"https://{publisher_id}/").is_known
    assert rule_of(publisher_id) is None


def test_its_golden_pages_pass_and_its_commands_run(followed: Path) -> None:
    assert len(COMMANDS) == 4
    told = {line: run(followed, line) for line in COMMANDS}
    for line, done in told.items():
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    golden, explain = (next(line for line in COMMANDS if word in line) for word in ("pytest", "explain tests"))
    assert re.search(r"\d\d passed", told[golden].stdout)
    assert re.search(r"read by +cafef.vn/article", told[explain].stdout)
    assert "1 .chisochungkhoan" in told[explain].stdout


def test_a_record_keeps_the_style(followed: Path) -> None:
    lint = run(followed, ".venv/bin/ruff check processors/publishers spiders/publishers")
    formatted = run(followed, ".venv/bin/ruff format --check processors/publishers spiders/publishers")
    assert (lint.returncode, formatted.returncode) == (0, 0), lint.stdout + formatted.stdout


def test_every_name_that_golden_cases_know_is_told() -> None:
    known = re.findall(r"case \"(\w+)\":", (ROOT / "tests" / "test_golden.py").read_text())
    assert known
    for name in known:
        assert f"| `{name}` |" in GUIDE


def test_its_spider_finds_articles_in_every_place(followed: Path, tmp_path: Path) -> None:
    today = f"{datetime.now(VIETNAM_TIME) - timedelta(hours=1):%y%m%d%H%M}"
    ids = {"shard": "188250117134501118"} | {
        name: f"188{today}0{at}5" for at, name in enumerate(("feed", "section", "page"))
    }
    urls = {name: f"https://cafef.vn/tin-{id_}.chn" for name, id_ in ids.items()}
    item = '<div class="box-category-item"><a href="{}">Tin</a></div>'
    places = {
        "/home.rss": f"<rss><channel><item><link>{urls['feed']}</link></item></channel></rss>",
        "/sitemap.xml": "<sitemapindex><sitemap><loc>https://cafef.vn/sitemaps-2025-1-16-20.xml</loc></sitemap>"
        "<sitemap><loc>https://cafef.vn/sitemaps-tags.xml</loc></sitemap></sitemapindex>",
        "/sitemaps-2025-1-16-20.xml": f"<urlset><url><loc>{urls['shard']}</loc></url></urlset>",
        "/thi-truong-chung-khoan.chn": item.format(urls["section"]) + '<input id="hdZoneId" value="18831">',
        "/timelinelist/18831/1.htm": item.format(urls["page"]),
        "/bat-dong-san.chn": "<p>Chưa có tin</p>",
    }
    answers = {**places, **{url.removeprefix("https://cafef.vn"): "<p>Tin</p>" for url in urls.values()}}
    asked = []

    def answer(is_secure: bool, path: str) -> Answer:
        asked.append(path)
        return (200 if path in answers else 404), {"Content-Type": "text/html"}, answers.get(path, "").encode()

    certificate = make_certificate("cafef.vn", tmp_path / "certificate.pem")
    kept = tmp_path / "kept"
    with https_web(certificate, answer) as proxy:
        for told in ("once=yes", "since=2025-01-17 until=2025-01-17"):
            done = crawl(
                followed, tmp_path, told.split(), https_proxy=proxy, KEPT=str(kept), SSL_CERT_FILE=str(certificate)
            )
            assert done.returncode == 0, done.stderr[-3000:]
            if "once" in told:
                # An old sitemap is for back-fills.
                assert sorted(kept.read_text().split()) == sorted(
                    f"cafef.vn/{ids[each]}" for each in ids if each != "shard"
                )
    assert sorted(kept.read_text().split()) == sorted(f"cafef.vn/{id_}" for id_ in ids.values())
    assert "/sitemaps-tags.xml" not in asked


def crawl(folder: Path, state: Path, told: Sequence[str], **settings: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    own = {"DONGTIN_CONTACT": "https://example.org", "DONGTIN_STATE_DIR": str(state / "state")}
    paths = os.pathsep.join((str(folder), str(folder / "tests")))
    command = [sys.executable, "-m", "scrapy", "crawl", "cafef", *(word for each in told for word in ("-a", each))]
    for setting in (
        "PAGES_SINK=kept_pages.KeepingSink",
        "STATE_SOURCE=kept_pages.no_states",
        "DOWNLOAD_DELAY=0.001",
        "AUTOTHROTTLE_ENABLED=False",
    ):
        command += ["-s", setting]
    return subprocess.run(
        command,
        cwd=folder,
        env=plain | own | settings | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
    )
