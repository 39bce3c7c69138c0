from __future__ import annotations

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.fetching.response_body import LARGE_BYTES, ResponseBody, decode_chunks

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


def test_data_in_another_coding_is_an_error():
    with pytest.raises(zlib.error):
        list(decode_chunks([b"this is not gzip"], "gzip"))


@pytest.mark.parametrize("size", [0, LARGE_BYTES - 1, LARGE_BYTES, LARGE_BYTES + 1, 3 * LARGE_BYTES])
def test_returns_a_body_as_received(tmp_path, size):
    data = (TEXT * 2)[:size]
    with ResponseBody(folder=tmp_path) as content:
        for piece in cut(data, 50_000):
            content.append(piece)
        copy = io.BytesIO()
        content.copy_to(copy)
        assert (content.size, content.read(), copy.getvalue()) == (size, data, data)
    assert list(tmp_path.iterdir()) == []
