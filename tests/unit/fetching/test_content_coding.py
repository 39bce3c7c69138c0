from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.fetching.content_coding import CodingError, decode_chunks

TEXT = b"The harbour was dredged. " * 40_000  # a megabyte


def bare_deflate(data):
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush()


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 1000, 10**7])
@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", bare_deflate)],
)
def test_decodes_in_small_steps(coding, encode, size):
    steps = list(decode_chunks(cut(encode(TEXT), size), coding))
    assert b"".join(steps) == TEXT
    assert max(map(len, steps)) <= 64 * 1024


@given(st.lists(st.binary(), max_size=4), st.integers(1, 50))
def test_decodes_several_gzip_members(parts, size):
    encoded = b"".join(gzip.compress(part) for part in parts)
    assert b"".join(decode_chunks(cut(encoded, size) or [b""], "gzip")) == b"".join(parts)


@pytest.mark.parametrize("padding", [b"\0\0\0", b"garbage"])
def test_ignores_padding_after_the_end(padding):
    assert b"".join(decode_chunks([gzip.compress(b"content") + padding], "gzip")) == b"content"


@pytest.mark.parametrize("label", ["gzip", "deflate"])
def test_data_in_another_coding_is_an_error(label):
    with pytest.raises(zlib.error):
        list(decode_chunks([bytes(range(255, 100, -1))], label))


@pytest.mark.parametrize(
    "label",
    ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "compress", "gzip, br", "none", "utf-8", "identity", ""],
)
@pytest.mark.parametrize(
    "text", [b"<rss>Gr\xc3\xbc\xc3\x9fe</rss>", b"<rss>Gr\xfc\xdfe</rss>", b"\xef\xbb\xbf{}", b"a"]
)
@pytest.mark.parametrize("size", [1, 1000])
def test_plain_text_is_left_as_it_is_whatever_its_label(label, text, size):
    assert b"".join(decode_chunks(cut(text, size), label)) == text


@pytest.mark.parametrize(
    "label", ["none", "utf-8", "gz", "application/gzip", "deflate", "br", "gzip, identity", "gzip, gzip"]
)
def test_gzip_is_decoded_whatever_its_label(label):
    assert b"".join(decode_chunks([gzip.compress(b"content")], label)) == b"content"


def test_deflate_is_decoded_under_the_label_gzip():
    assert b"".join(decode_chunks([zlib.compress(TEXT)], "gzip")) == TEXT


def test_content_that_was_not_labelled_is_not_decoded():
    archive = gzip.compress(b"content")
    assert b"".join(decode_chunks([archive], "")) == archive


@pytest.mark.parametrize("label", ["br", "zstd", "gzip, br", "deflate, gzip"])
def test_refuses_a_coding_that_was_not_requested(label):
    with pytest.raises(CodingError, match="which was not requested"):
        list(decode_chunks([b"\x28\xb5\x2f\xfd" * 9], label))


def test_refuses_content_that_was_compressed_twice():
    with pytest.raises(CodingError):
        list(decode_chunks([gzip.compress(gzip.compress(TEXT))], "gzip, gzip"))


def test_a_missing_end_costs_no_content():
    assert b"".join(decode_chunks([gzip.compress(TEXT)[:-8]], "gzip")) == TEXT
