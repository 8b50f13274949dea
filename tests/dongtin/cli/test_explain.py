"""`dongtin explain`: each step of a document or an address to its fate, as the pipeline itself takes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dongtin.cli.explain import Explainer, command
from dongtin.cli.explained import NO_ARTICLE, explain_address, explain_page
from dongtin.cli.explanation import Explanation
from dongtin.cli.explanation_table import ExplanationTables
from dongtin.codec import canonical, page_record
from dongtin.documents import find_documents
from dongtin.errors import ReaderTimeout
from dongtin.publishers import AddressKind
from dongtin.settings import Settings
from processors.arrival import Arrival
from processors.changes import Shows
from processors.look import look
from processors.pipeline import Look

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden"
ARTICLE = GOLDEN / "thanhnien" / "article-full"
URL = "https://thanhnien.vn/ben-do-185250117194334368.htm"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def explained(*arguments: str | Path, code: int = 0) -> list[dict[str, Any]]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def explain(paths: list[Path], look: Look = look) -> list[Explanation]:
    explainer = Explainer(Settings(), look)
    loaded = [(document.name, *document.load()) for document in find_documents(paths, None).documents]
    return [explain_page(name, explainer.process(page_record(page, key, "/t/replay"))) for name, key, page in loaded]


def saved(folder: Path, status: int = 200, body: bytes = b"", fetched_at: str | None = None, **more: str) -> Path:
    folder.mkdir()
    request = {"url": URL, "status": status, "headers": {"content-type": "text/html"}, "fetched_at": fetched_at, **more}
    (folder / "request.json").write_text(json.dumps(request))
    (folder / "page.html").write_bytes(body)
    return folder


def test_a_page_with_a_rule() -> None:
    (told,) = explained(ARTICLE)
    assert told["document"] == str(ARTICLE)
    assert (told["address"]["kind"], told["address"]["publisher"]) == ("article", "thanhnien.vn")
    assert told["address"]["date_created"] == "2025-10-03T07:01:41.330+07:00"
    assert (told["page"]["encoding"], told["page"]["encoding_source"]) == ("utf-8", "bytes")
    assert told["rule"]["rule"] == "thanhnien.vn/article"
    assert told["rule"]["container"] == "[data-role=content].afcbc-body"
    assert told["rule"]["why_no_container"] is None
    assert told["rule"]["removed"]["image"] == {"photo": 2}
    assert told["rule"]["removed"]["drop"]["relatedonenews"] == 1
    assert [said["source"] for said in told["declared"]["date_published"]] == ["json-ld", "meta"]
    sources = {field["name"]: field["source"] for field in told["fields"]}
    assert sources["headline"] == "rule"
    assert sources["date_published"] == "json-ld"
    assert sources["publisher"] == "url"
    assert sources["date_modified"] is None
    assert told["body"]["blocks"] == {"paragraph": 7, "heading": 1, "quote": 1, "box": 1}
    assert told["body"]["coverage"] == 1.0
    assert told["story"]["story_id"] == "thanhnien.vn/18525100307014133"
    assert (told["fate"]["fate"], told["fate"]["change"], told["fate"]["revision"]) == ("published", "created", 1)


def test_a_page_without_a_rule() -> None:
    (told,) = explained(GOLDEN / "other" / "shift-jis")
    assert (told["page"]["encoding"], told["page"]["encoding_source"]) == ("cp932", "page")
    assert told["rule"] == {
        "rule": "fallback",
        "container": None,
        "why_no_container": "no rule for minato-shimbun.example",
        "removed": {},
    }
    assert told["flags"] == ["fallback_extraction"]


def test_a_page_that_no_template_fits() -> None:
    (told,) = explained(GOLDEN / "thanhnien" / "rejected-redirect-to-listing")
    assert told["fate"]["reason"] == "not_an_article"
    (told,) = explained(GOLDEN / "thanhnien" / "rejected-home-at-article-address")
    assert "[data-role=content].afcbc-body" in told["rule"]["why_no_container"]
    assert told["rule"]["rule"] is None


def test_a_text_document() -> None:
    (told,) = explained(ROOT / "seeds" / "003_135258ed484cef86.txt")
    assert told["address"] is None
    assert told["rule"]["rule"] == "text/republication"
    assert told["story"]["story_id"] == "thanhnien.vn/185250117194334368"
    assert told["story"]["relations"][0]["evidence"] == "declared-link"
    (utf_16,) = explained(GOLDEN / "text" / "plain-utf-16")
    assert (utf_16["page"]["encoding"], utf_16["page"]["encoding_source"]) == ("utf-16-le", "byte order mark")


def test_a_rejected_page_says_why() -> None:
    (told,) = explained(GOLDEN / "thanhnien" / "rejected-video")
    assert (told["fate"]["fate"], told["fate"]["reason"]) == ("rejected", "media_only")
    assert told["rule"]["container"] is not None
    assert told["fields"] == []
    (by_address,) = explained(GOLDEN / "thanhnien" / "rejected-tag")
    assert by_address["fate"]["detail"] == "by its address: tag"
    assert by_address["page"]["encoding"] is None


def test_pages_that_are_gone_or_moved(tmp_path: Path) -> None:
    (gone,) = explain([saved(tmp_path / "gone", 404)])
    assert gone.fate is not None
    assert (gone.fate.fate, gone.fate.reason, gone.fate.detail) == ("rejected", "gone_before_seen", "status 404")
    moved = saved(tmp_path / "moved", 301, final_url=URL.replace("368", "369"))
    (told,) = explain([moved])
    assert told.fate is not None
    assert told.fate.reason == "gone_before_seen"


def test_documents_are_taken_one_after_the_other(tmp_path: Path) -> None:
    body = (ARTICLE / "page.html").read_bytes()
    pages = [
        saved(tmp_path / "b", body=body, fetched_at="2025-01-18T00:00:00Z"),
        saved(tmp_path / "a", body=body, fetched_at="2025-01-18T01:00:00Z"),
        saved(tmp_path / "d", 404, fetched_at="2025-01-18T02:00:00Z"),
        saved(tmp_path / "c", 404, fetched_at="2025-01-18T04:00:00Z"),
    ]
    fates = [told.fate for told in explain(pages)]
    assert [fate and (str(fate.fate), fate.change, fate.reason) for fate in fates] == [
        ("published", "created", None),
        ("unchanged", None, None),
        ("pending", None, "not_an_article"),
        ("published", "withdrawn", "gone"),
    ]


def test_a_page_in_quarantine_is_not_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    def overrun(arrival: Arrival) -> Shows:
        raise ReaderTimeout("read twice: 5 s")

    (told,) = explain([ARTICLE], overrun)
    assert told.fate is not None
    assert (told.fate.fate, told.fate.error) == ("quarantined", "ReaderTimeout: read twice: 5 s")
    assert told.page is not None
    assert told.page.encoding is None
    assert told.declared == {}
    ExplanationTables().print(told)
    assert "ReaderTimeout" in capsys.readouterr().out


def test_a_record_of_a_warc_file(tmp_path: Path) -> None:
    path = tmp_path / "pages.warc"
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + (ARTICLE / "page.html").read_bytes()
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {URL}\r\nWARC-Date: 2025-01-17T12:00:00Z\r\n"
    head += f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(response)}\r\n\r\n"
    path.write_bytes(head.encode() + response + b"\r\n\r\n")
    (told,) = explained(path)
    assert told["document"].startswith(str(path))
    assert told["fate"]["fate"] == "published"


def test_a_bare_page_at_a_given_address(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes((ARTICLE / "page.html").read_bytes())
    (told,) = explained(page, "--url", URL)
    assert told["address"]["article_id"] == "thanhnien.vn/185250117194334368"


def test_an_address_alone() -> None:
    (told,) = explained("https://vjs.vietnam.vn/en/nga-iran-ky/?utm_source=x")
    assert told["document"] is None
    assert told["fate"] is None
    address = told["address"]
    assert (address["kind"], address["article_id"]) == ("article", "vietnam.vn/en/nga-iran-ky")
    assert address["canonical_url"] == "https://www.vietnam.vn/en/nga-iran-ky"
    assert (address["language"], address["is_mirror"], address["why_no_article"]) == ("en", True, None)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://thanhnien.vn/", "home"),
        ("https://thanhnien.vn/the-gioi.htm", "listing"),
        ("https://www.vietnam.vn/tag/ca-phe", "tag"),
        ("https://", "invalid"),
    ],
)
def test_an_address_that_names_no_article_says_why(url: str, kind: str) -> None:
    assert explain_address(url).why_no_article == NO_ARTICLE[AddressKind(kind)]
    told = run(url)
    assert told.exit_code == 0
    assert NO_ARTICLE[AddressKind(kind)] in told.stdout


def test_every_kind_of_address_but_an_article_has_its_reason() -> None:
    assert set(NO_ARTICLE) == set(AddressKind) - {AddressKind.ARTICLE}


def test_what_cannot_be_opened_is_one_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    bare = tmp_path / "bare.html"
    bare.write_text("<p>Không có địa chỉ.</p>")
    result = run("missing.txt", bare, GOLDEN / "text" / "plain-with-headline", URL, "--format", "json")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "dongtin: missing.txt: No such file or directory",
        f"dongtin: {bare}: no address: the page declares none, give --url",
    ]
    assert len(result.stdout.splitlines()) == 2


def test_nothing_to_explain_is_wrong_usage() -> None:
    assert run().exit_code == 2


def test_a_page_cannot_write_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = b"""<meta property="og:title" content="a&#27;[2Jb"><meta property="og:type" content="x&#27;[31m">
    <script type="application/ld+json">{"@type": "NewsArticle", "headline": "a\\ud800\\u001b[2Jb"}</script>"""
    (told,) = explain([saved(tmp_path / "page", body=page)])
    canonical(told)
    ExplanationTables().print(told)
    assert "\x1b" not in capsys.readouterr().out


def test_every_golden_document_is_explained_with_its_fate(capsys: pytest.CaptureFixture[str]) -> None:
    tables = ExplanationTables()
    for case in sorted(path.parent for path in GOLDEN.glob("*/*/expected.json")):
        (told,) = explain([case])
        expected = json.loads((case / "expected.json").read_text())
        assert told.fate is not None
        assert told.fate.fate == expected["fate"], case
        assert told.fate.reason == expected.get("rejection", {}).get("reason", told.fate.reason), case
        assert bool(told.fields) == (expected["fate"] == "published"), case
        assert json.loads(canonical(told))["document"].startswith(str(case))
        tables.print(told)
        assert expected["fate"] in capsys.readouterr().out, case
