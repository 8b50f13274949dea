"""Content codings: all of a body or an error, whatever was done to it on its way, and never more than a page."""

import gzip
import zlib
from contextlib import suppress

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from dongtin.content_coding import CODINGS, STREAMS, ContentCut, ContentError, ContentTooLarge, decoded, listed
from dongtin.topics import PAGE_BYTES


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def zstd_stream(body: bytes) -> bytes:
    """As servers send it: its size is not known when it begins."""
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    return packer.compress(body) + packer.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": lambda body: gzip.compress(body[:7]) + gzip.compress(body[7:]),
    "deflate": zlib.compress,
    "deflate alone": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd_stream,
}
BODIES = st.binary(min_size=1) | st.integers(1, 40_000).map(lambda size: b"<p>Tin</p>" * size)
by_coding = pytest.mark.parametrize("name", ENCODERS)


def coding(name: str) -> str:
    return name.partition(" ")[0]


@by_coding
@settings(derandomize=True, max_examples=50)
@given(body=BODIES)
def test_what_was_encoded_comes_back(name: str, body: bytes) -> None:
    assert decoded(ENCODERS[name](body), coding(name)) == body


@by_coding
@settings(derandomize=True)
@given(body=BODIES, data=st.data())
def test_of_what_was_cut_no_part_is_taken_for_the_whole(name: str, body: bytes, data: st.DataObject) -> None:
    packed = ENCODERS[name](body)
    start = len(gzip.compress(body[:7])) + 1 if name == "x-gzip" else 0
    cut = packed[: data.draw(st.integers(start + 1, max(start + 1, len(packed) - 1)))]
    if len(cut) < len(packed):
        with pytest.raises(ContentError):
            decoded(cut, coding(name))


@by_coding
@settings(derandomize=True)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_a_body_or_an_error(name: str, body: bytes) -> None:
    with suppress(ContentError):
        assert len(decoded(body, coding(name))) <= PAGE_BYTES


@by_coding
def test_a_bomb_is_too_large_and_a_page_is_not(name: str) -> None:
    assert len(decoded(ENCODERS[name](bytes(PAGE_BYTES)), coding(name))) == PAGE_BYTES
    with pytest.raises(ContentTooLarge):
        decoded(ENCODERS[name](bytes(PAGE_BYTES + 1)), coding(name))


@pytest.mark.parametrize(
    ("body", "coding"),
    [(gzip.compress(b"a" * 1000)[:-4], "gzip"), (zlib.compress(b"a" * 1000)[:-1], "deflate")],
)
def test_the_checksum_is_part_of_it(body: bytes, coding: str) -> None:
    with pytest.raises(ContentCut):
        decoded(body, coding)


@pytest.mark.parametrize("encode", [gzip.compress, zstd_stream])
def test_a_byte_that_was_changed_is_seen(encode: object) -> None:
    packed = bytearray(encode(b"Tin trong ng\xc3\xa0y. " * 40))  # type: ignore[operator]
    packed[-2] ^= 1
    with pytest.raises(ContentError, match="corrupt"):
        decoded(bytes(packed), "gzip" if encode is gzip.compress else "zstd")


def test_a_window_larger_than_http_allows_is_refused() -> None:
    large = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=large).compressobj()
    with pytest.raises(ContentError):
        decoded(packer.compress(b"a" * 100) + packer.flush(), "zstd")


def test_many_streams_in_one_body_are_refused() -> None:
    assert decoded(gzip.compress(b"a") * STREAMS, "gzip") == b"a" * STREAMS
    with pytest.raises(ContentError):
        decoded(gzip.compress(b"a") * (STREAMS + 1), "gzip")


def test_what_follows_the_streams_is_nothing() -> None:
    assert decoded(gzip.compress(b"Tin") + b"\0" * 512, "gzip") == b"Tin"


def test_codings_are_listed_in_order_and_few() -> None:
    assert listed(["GZIP , identity", "", "br"]) == ["gzip", "br"]
    with pytest.raises(ContentError):
        listed(["br," * (CODINGS + 1)])


def test_a_coding_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ContentError, match="'compress' is not read"):
        decoded(b"a", "compress")
