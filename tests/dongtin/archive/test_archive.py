"""An archive: each page once whatever tears its files, read by every WARC tool, and opened the page that it was."""

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.warcwriter import WARCWriter

from dongtin.archive import Archive
from dongtin.archive.cdxj import surt
from dongtin.archive.records import Log
from dongtin.archive.series import Limits
from dongtin.cli.archive import page_of
from dongtin.codec import TEXT_TYPE, page_record
from dongtin.documents import find_documents
from dongtin.documents.archived import Standing, account_json
from dongtin.errors import ArchiveUnwritable, ConfigurationError, OffsetsLost
from dongtin.events import Lane, Page
from dongtin.publishers import page_key
from dongtin.record import Message
from dongtin.stream.memory import MemoryStream
from dongtin.topics import PAGES, PAGES_BACKFILL
from processors.look import look
from processors.pipeline import Normalizer

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # of warcio's reader

URL = "https://thanhnien.vn/cau-moi-185250117194334368.htm"
LOG = Log("dongtin.pages.v1", 0, "a3f1")
NOON_MS = 1_737_115_200_000
DAY_MS = 86_400_000


def web_page(number: int = 0, **changes: object) -> Page:
    body = f"<html><body><p>Tin số {number}</p></body></html>".encode()
    page = Page(
        body, "text/html; charset=utf-8", URL, URL, 200, f"2025-01-17T12:00:{number % 60:02}.5Z", "thanhnien.vn"
    )
    return replace(page, **changes)  # type: ignore[arg-type]  # names are those of the test


def text_page(text: str) -> Page:
    return Page(text.encode(), TEXT_TYPE)


def key_of(page: Page) -> str:
    if page.requested_url is None and page.final_url is None:
        return f"text/{sha256(page.body).hexdigest()[:16]}"
    return page_key(page.requested_url, page.final_url, page.status)


def message(page: Page, offset: int = 0, timestamp_ms: int | None = NOON_MS) -> Message:
    """A record of a topic that has one partition."""
    record = page_record(page, key_of(page), "/test/replay")
    return Message(record.topic, 0, 1, offset, record.key, record.value, record.headers, timestamp_ms)


ACCOUNT = json.loads(
    account_json(Standing("dongtin.pages.v1", 0, 7, "2025-01-17T12:00:00.000Z"), text_page("Tin"), "text/1", "")
)


def archived(folder: Path, messages: Iterable[Message], limits: Limits | None = None, log: Log = LOG) -> int | None:
    """Archive those from the position on; gives that position."""
    archive = Archive(folder, limits or Limits(), page_of)
    position = archive.open(PAGES, log)
    archive.settle()
    for each in messages:
        if each.offset >= (position or 0):
            archive.take(each)
    archive.close()
    return position


def pages_in(folder: Path) -> list[tuple[str, Page]]:
    inventory = find_documents([folder], None)
    assert inventory.unreadable == []
    return [document.load() for document in inventory.documents]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.warc.gz"))


def notes(folder: Path) -> list[dict[str, object]]:
    found = []
    for path in files(folder):
        with path.open("rb") as file:
            found += [
                json.loads(record.content_stream().read())
                for record in ArchiveIterator(file)
                if record.rec_type == "metadata"
            ]
    return found


def check(paths: Sequence[Path]) -> None:
    """What `warcio check` does."""
    with redirect_stdout(io.StringIO()) as out:
        code = Checker(SimpleNamespace(inputs=[str(path) for path in paths], verbose=False)).process_all()
    assert (code, out.getvalue()) == (0, "")


HOSTILE = 'W/"a"\r\n\r\nHTTP/1.1 200 OK\r\nX: <b>\x00\x85\u2028 ế'
SOME = {
    "a page": web_page(),
    "a text": text_page("Cầu mới\n\nNgười dân chờ đợi.\n"),
    "an empty text": text_page(""),
    "gone": web_page(body=b"", status=410, content_type=None),
    "missing": web_page(body=b"", status=404),
    "moved": web_page(body=b"", status=301, final_url="https://thanhnien.vn/khac-185250117194334999.htm"),
    "another status": web_page(status=503),
    "no status": web_page(status=None),
    "no HTTP status": web_page(status=12),
    "no time": web_page(date_fetched=None),
    "a time with an offset": web_page(date_fetched="2025-01-17T19:00:00+07:00"),
    "a time of the far past": web_page(date_fetched="0001-01-01T00:00:00+00:00"),
    "hostile headers": web_page(etag=HOSTILE, last_modified=HOSTILE, x_robots_tag=HOSTILE, tdm_policy=HOSTILE),
    "a hostile type": web_page(content_type="text/html\r\nWARC-Type: response\r\n\r\n"),
    "a header of a megabyte": web_page(etag="x" * 1_000_000, discovery="\x01" * 100_000),
    "an address of a megabyte": web_page(requested_url=URL + "?" + "x" * 1_000_000),
    "an address that is none": web_page(requested_url="javascript:alert(1)", final_url="javascript:alert(1)"),
    "letters in the address": web_page(requested_url="https://example.org/tin mới/<a>", final_url=None),
    "all that a page can say": web_page(
        etag='"1"', last_modified="Fri, 17 Jan 2025 12:00:00 GMT", x_robots_tag="noai", tdm_reservation="1",
        tdm_policy="/policy", discovery="feed", requested_url=URL.replace("https", "http"),
    ),
    "a body of gzip": web_page(body=gzip.compress(b"Tin")),
    "a body that ends like a record": web_page(body=b"\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOME)
def test_a_page_is_itself_again(tmp_path: Path, name: str) -> None:
    page = SOME[name]
    archived(tmp_path, [message(page)])
    assert pages_in(tmp_path) == [(key_of(page), replace(page, lane=Lane.BACKFILL))]
    check(files(tmp_path))


said = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
addresses = (
    st.none()
    | st.sampled_from([URL, "https://www.vietnam.vn/en/x", "http://[", ""])
    | said.map(lambda text: f"https://example.org/{text}")
)
times = st.none() | st.datetimes().map(lambda moment: moment.isoformat() + "+00:00")
any_page = st.builds(
    Page,
    body=st.binary(max_size=200),
    content_type=said,
    requested_url=addresses,
    final_url=addresses,
    status=st.none() | st.sampled_from([200, 301, 308, 404, 410, 503]) | st.integers(-5, 99_999),
    date_fetched=times,
    publisher=said,
    etag=said,
    last_modified=said,
    x_robots_tag=said,
    tdm_reservation=said,
    tdm_policy=said,
    discovery=said,
    lane=st.sampled_from(Lane),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(any_page, min_size=1, max_size=4), st.integers(-10, 2**63 - 1))
def test_any_pages_are_themselves_again_in_their_order(pages: list[Page], timestamp_ms: int) -> None:
    """A page is what its record says: what a header cannot carry is lost on the way to Kafka, not here."""
    taken = [replace(message(page, offset, timestamp_ms - offset), topic=PAGES) for offset, page in enumerate(pages)]
    with TemporaryDirectory() as folder:
        archived(Path(folder), taken, Limits(file_pages=2))
        assert pages_in(Path(folder)) == [(key, replace(page, lane=Lane.BACKFILL)) for key, page in map(page_of, taken)]
        check(files(Path(folder)))


def test_a_response_has_what_the_page_had_of_its_headers(tmp_path: Path) -> None:
    moved = SOME["moved"]
    archived(tmp_path, [message(SOME["all that a page can say"]), message(moved, 1), message(text_page("Tin"), 2)])
    with files(tmp_path)[0].open("rb") as file:
        found = [
            (record.rec_type, record.rec_headers, record.http_headers, record.content_stream().read())
            for record in ArchiveIterator(file)
        ]
    assert [type_ for type_, *_ in found] == ["warcinfo"] + ["response", "metadata"] * 2 + ["resource", "metadata"]
    _, head, http, body = found[1]
    assert head.protocol == "WARC/1.1"
    assert (head.get_header("WARC-Target-URI"), head.get_header("WARC-Date")) == (URL, "2025-01-17T12:00:00.5Z")
    assert (http.get_statuscode(), http.get_header("ETag"), http.get_header("X-Robots-Tag")) == ("200", '"1"', "noai")
    assert (http.get_header("Content-Length"), body) == (str(len(body)), web_page().body)
    _, about, _, said = found[2]
    assert about.get_header("WARC-Concurrent-To") == about.get_header("WARC-Refers-To")
    assert about.get_header("WARC-Concurrent-To") == head.get_header("WARC-Record-ID")
    note = json.loads(said)
    assert (note["topic"], note["partition"], note["offset"]) == ("dongtin.pages.v1", 0, 0)
    assert (note["requested_url"], note["discovery"], note["lane"]) == (URL.replace("https", "http"), "feed", "live")
    assert (note["publisher"], note["key"]) == ("thanhnien.vn", "thanhnien.vn/185250117194334368")
    assert note["sha256"] == sha256(body).hexdigest()
    assert found[3][1].get_header("WARC-Target-URI") == URL
    assert (found[3][2].get_statuscode(), found[3][2].get_header("Location")) == ("301", moved.final_url)
    assert found[5][1].get_header("WARC-Date") == "2025-01-17T12:00:00.000Z"
    assert found[5][3] == b"Tin"


def test_wherever_the_last_file_is_torn_it_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    messages = [message(web_page(number), number) for number in range(4)]
    whole = tmp_path / "whole"
    archived(whole, messages)
    (path,) = files(whole)
    data, index = path.read_bytes(), path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_bytes()
    for cut in {*range(0, len(data), 17), *range(len(data) - 40, len(data))}:
        torn = tmp_path / str(cut)
        torn.mkdir()
        (torn / path.name).write_bytes(data[:cut])
        archived(torn, messages)
        assert (torn / path.name).read_bytes() == data
        assert sorted(each.name for each in torn.iterdir()) == sorted(each.name for each in whole.iterdir())
        assert next(torn.glob("*.cdxj")).read_bytes() == index


@pytest.mark.parametrize("tail", [b"\0" * 5_000, b"\x1f\x8b\x08\0" + b"\xff" * 300, gzip.compress(b"WARC/1.1\r\n\r\n")])
@pytest.mark.parametrize("is_indexed", [True, False])
def test_what_follows_the_last_page_is_cut_off(tmp_path: Path, tail: bytes, is_indexed: bool) -> None:
    messages = [message(web_page(number), number) for number in range(3)]
    archived(tmp_path, messages[:2])
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    if not is_indexed:
        next(tmp_path.glob("*.cdxj")).unlink()
    assert archived(tmp_path, []) == 2
    assert path.read_bytes() == whole
    assert archived(tmp_path, messages) == 2
    assert [note["offset"] for note in notes(tmp_path)] == [0, 1, 2]


@pytest.mark.parametrize("index", [b"", b"junk\n", b'org,example)/ 2025 {"offset": "7"}\n', b"\xff\n" * 9])
def test_an_index_that_is_not_ours_is_made_anew(tmp_path: Path, index: bytes) -> None:
    messages = [message(web_page(number), number) for number in range(3)]
    archived(tmp_path, messages)
    (path,) = tmp_path.glob("*.cdxj")
    whole = path.read_bytes()
    path.write_bytes(index)
    assert archived(tmp_path, messages) == 3
    assert path.read_bytes() == whole


def test_nothing_is_cut_off_before_it_is_known_that_kafka_still_has_it(tmp_path: Path) -> None:
    archived(tmp_path, [message(web_page())])
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes() + b"torn")
    archive = Archive(tmp_path, Limits(), page_of)
    assert archive.open(PAGES, LOG) == 1
    assert path.read_bytes().endswith(b"torn")


@pytest.mark.parametrize("flipped", [100, 3_000])
def test_what_kafka_no_longer_has_is_set_aside_and_not_cut_off(tmp_path: Path, flipped: int) -> None:
    """A byte of a file goes wrong, and the records that it held are too old for Kafka."""
    archived(tmp_path, [message(web_page(number), number) for number in range(6)])
    (path,) = files(tmp_path)
    damaged = bytearray(path.read_bytes())
    damaged[flipped] ^= 0xFF
    path.write_bytes(damaged)
    next(tmp_path.glob("*.cdxj")).unlink()
    archive = Archive(tmp_path, Limits(), page_of)
    position = archive.open(PAGES, LOG)
    assert position is not None
    assert position < 6
    archive.began({LOG: 6})  # with --accept-loss
    archive.settle()
    archive.take(message(web_page(6), 6))
    archive.close()
    assert [note["offset"] for note in notes(tmp_path)] == [*range(position), 6]
    (aside,) = tmp_path.glob("*.damaged")
    assert damaged.endswith(aside.read_bytes())
    assert len(aside.read_bytes()) + (path.stat().st_size if position else 0) >= len(damaged)
    check(files(tmp_path))


def test_a_file_without_a_whole_page_still_says_where_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "dongtin.pages.v1-00000-00000000000000000007.warc.gz").write_bytes(b"\x1f\x8b")
    assert archived(tmp_path, [message(web_page(), 7)]) == 7
    assert [note["offset"] for note in notes(tmp_path)] == [7]


@pytest.mark.parametrize("limits", [Limits(file_bytes=2_500), Limits(file_pages=2), Limits(file_bytes=1)])
def test_files_end_by_size_and_by_pages(tmp_path: Path, limits: Limits) -> None:
    messages = [message(web_page(number), number) for number in range(5)]
    archived(tmp_path / "once", messages, limits)
    for number in range(1, 6):
        archived(tmp_path / "again", messages[:number], limits)
    once, again = files(tmp_path / "once"), files(tmp_path / "again")
    assert len(once) > 1
    assert [(path.name, path.read_bytes()) for path in once] == [(path.name, path.read_bytes()) for path in again]
    assert all(path.stat().st_size <= limits.file_bytes or limits.file_bytes == 1 for path in once)
    assert [note["offset"] for note in notes(tmp_path / "once")] == [0, 1, 2, 3, 4]
    assert len(list((tmp_path / "once").glob("*.cdxj"))) == len(once)
    check(once)


def test_a_day_has_a_file_of_its_own(tmp_path: Path) -> None:
    archived(tmp_path, [message(web_page(number), number, NOON_MS + number * DAY_MS // 2) for number in range(4)])
    assert [path.name for path in files(tmp_path)] == [
        f"dongtin.pages.v1-00000-{offset:020}.warc.gz" for offset in (0, 1, 3)
    ]


def test_pages_are_replayed_in_the_order_in_which_kafka_took_them(tmp_path: Path) -> None:
    late, early = web_page(1), web_page(0)
    live = [message(late, 8), message(early, 9, NOON_MS - 5)]  # a clock was set back
    archived(tmp_path / "live", live)
    backfill = replace(message(web_page(2, lane=Lane.BACKFILL), 1, NOON_MS + 1), topic=PAGES)
    archived(tmp_path / "backfill", [backfill], log=replace(LOG, topic="dongtin.pages-backfill.v1"))
    assert [page.body for _, page in pages_in(tmp_path)] == [late.body, early.body, web_page(2).body]


def test_what_is_no_page_is_kept_and_no_page_in_a_replay(tmp_path: Path) -> None:
    page = message(web_page(), 1)
    others = [
        replace(page, offset=0, value=None),
        replace(page, offset=2, key=b"another"),
        replace(page, offset=3, headers=(("ce_type", b"\xff"),), value=b"\0" * 99),
        replace(page, offset=4, key=None),
    ]
    archived(tmp_path, [others[0], page, *others[1:]])
    check(files(tmp_path))
    inventory = find_documents([tmp_path], None)
    assert (len(inventory.documents), inventory.skipped, inventory.unreadable) == (1, {"resource record": 4}, [])
    said = notes(tmp_path)
    assert [note["offset"] for note in said] == [0, 1, 2, 3, 4]
    assert (said[0]["is_tombstone"], said[2]["is_tombstone"]) == (True, False)
    assert str(said[2]["error"]).startswith("WrongKey: ")
    assert said[3]["headers"] == [["ce_type", "/w=="]]
    assert archived(tmp_path, []) == 5


junk = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*ACCOUNT]), junk, max_size=4), st.sets(st.sampled_from([*ACCOUNT]), max_size=2))
def test_a_forged_account_is_a_page_that_the_pipeline_takes_or_none(
    changes: dict[str, object], left_out: set[str]
) -> None:
    said = {name: value for name, value in (ACCOUNT | changes).items() if name not in left_out}
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    record = writer.create_warc_record("urn:dongtin:text/1", "resource", payload=io.BytesIO(b"Tin"), length=3)
    about = {"WARC-Refers-To": record.rec_headers.get_header("WARC-Record-ID")}
    block = json.dumps(said).encode()
    metadata = writer.create_warc_record(
        "urn:dongtin:text/1", "metadata", payload=io.BytesIO(block), length=len(block),
        warc_content_type="application/json", warc_headers_dict=about,
    )  # fmt: skip
    writer.write_record(metadata)
    writer.write_record(record)
    with TemporaryDirectory() as folder:
        (Path(folder) / "a.warc.gz").write_bytes(out.getvalue())
        inventory = find_documents([Path(folder)], None)
        assert len(inventory.documents) + inventory.skipped["resource record"] == 1
        assert inventory.documents or left_out or changes
        for document in inventory.documents:
            key, page = document.load()
            stream = MemoryStream()
            stream.append(page_record(page, key, "/test/replay"))
            assert len(stream.run(Normalizer("/test/normalizer", look))) == 1


def test_the_index_leads_to_the_records(tmp_path: Path) -> None:
    pages = [web_page(), text_page("Tin"), web_page(1, final_url="https://www.vietnam.vn/en/cau-moi?b=2&a=1")]
    archived(tmp_path, [message(page, offset) for offset, page in enumerate(pages)])
    (index,) = tmp_path.glob("*.cdxj")
    lines = index.read_bytes().splitlines()
    assert lines == sorted(lines)
    assert {line.split()[0] for line in lines} == {
        b"vn,thanhnien)/cau-moi-185250117194334368.htm",
        b"vn,vietnam)/en/cau-moi?a=1&b=2",
        b"urn:dongtin:text/" + sha256(b"Tin").hexdigest()[:16].encode(),
    }
    for line in lines:
        _, time, facts = line.split(b" ", 2)
        assert len(time) == 14
        place = json.loads(facts)
        with (tmp_path / place["filename"]).open("rb") as file:
            file.seek(int(place["offset"]))
            member = io.BytesIO(file.read(int(place["length"])))
        (record,) = ArchiveIterator(member)
        assert record.rec_headers.get_header("WARC-Target-URI") == place["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest") == place["digest"]
        assert place["sha256"] in {sha256(page.body).hexdigest() for page in pages}


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.Example.org/A?b=2&a=1#x", "org,example)/a?a=1&b=2"),
        ("http://www2.example.org:8080", "org,example:8080)/"),
        ("https://example.org:443/", "org,example)/"),
        ("http://127.0.0.1/x", "127.0.0.1)/x"),
        ("http://[::1]/x", "::1)/x"),
        ("http://[", "http://["),
        ("urn:dongtin:text/1", "urn:dongtin:text/1"),
    ],
)
def test_addresses_sort_by_host(url: str, key: str) -> None:
    assert surt(url) == key


def test_files_of_a_topic_that_was_made_anew_are_not_gone_on_with(tmp_path: Path) -> None:
    archived(tmp_path, [message(web_page())])
    with pytest.raises(OffsetsLost, match=r"dongtin\.pages\.v1 was deleted and made anew since"):
        archived(tmp_path, [], log=replace(LOG, topic_id="other"))


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    first = Archive(tmp_path, Limits(), page_of)
    with pytest.raises(ConfigurationError, match="another process archives into it"):
        Archive(tmp_path, Limits(), page_of)
    first.close()
    Archive(tmp_path, Limits(), page_of).close()


def test_both_topics_and_strangers_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Tin")
    backfill = replace(LOG, topic="dongtin.pages-backfill.v1")
    archive = Archive(tmp_path, Limits(), page_of)
    assert (archive.open(PAGES, LOG), archive.open(PAGES_BACKFILL, backfill)) == (None, None)
    archive.settle()
    archive.take(message(web_page()))
    archive.take(message(text_page("Tin")))
    archive.take(message(web_page(1, lane=Lane.BACKFILL)))
    archive.close()
    assert (archive.pages, archive.others) == (3, 0)
    assert len(files(tmp_path)) == 2
    assert (tmp_path / "mine.txt").read_text() == "Tin"


FULL = """
import resource, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from test_archive import Limits, archived, message, web_page
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))
archived(Path({folder!r}), [message(web_page(number), number) for number in range(9)])
"""


def test_a_disk_that_takes_no_more_is_told_and_what_it_took_is_whole(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the write that crosses it fails after a part."""
    program = FULL.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"ArchiveUnwritable: {tmp_path}: File too large" in done.stderr
    kept = [note["offset"] for note in notes(tmp_path)]
    assert 0 < len(kept) < 9
    check(files(tmp_path))
    archived(tmp_path, [message(web_page(number), number) for number in range(9)])
    assert [note["offset"] for note in notes(tmp_path)] == list(range(9))


def test_where_it_began_is_kept_until_a_page_tells_more(tmp_path: Path) -> None:
    for expected in (None, 4, 4):
        archive = Archive(tmp_path, Limits(), page_of)
        assert archive.open(PAGES, LOG) == expected
        archive.began({LOG: 4})
        archive.close()
    assert archived(tmp_path, [message(web_page(), 7)]) == 4
    assert archived(tmp_path, []) == 8


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": "b"}', b'{"a": null}'])
def test_starts_that_are_not_ours_are_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "starts.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"starts\.json: not as it was written"):
        Archive(tmp_path, Limits(), page_of)


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="file"):
        Archive(tmp_path / "file", Limits(), page_of)
    (tmp_path / "dongtin.pages.v1-00000-00000000000000000000.warc.gz").mkdir()
    with pytest.raises(ArchiveUnwritable, match="Is a directory"):
        archived(tmp_path, [message(web_page())])
