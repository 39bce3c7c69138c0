from __future__ import annotations

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.fetching.content import LARGE_BYTES, Content, decoded

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
def test_codings_are_decoded_in_small_steps(coding, encode, size):
    steps = list(decoded(cut(encode(TEXT), size), coding))
    assert b"".join(steps) == TEXT
    assert max(map(len, steps)) <= 64 * 1024


@given(st.lists(st.binary(), max_size=4), st.integers(1, 50))
def test_a_gzip_answer_may_have_several_members(parts, size):
    encoded = b"".join(gzip.compress(part) for part in parts)
    assert b"".join(decoded(cut(encoded, size) or [b""], "gzip")) == b"".join(parts)


@pytest.mark.parametrize("padding", [b"\0\0\0", b"garbage"])
def test_what_follows_the_end_is_left_out(padding):
    assert b"".join(decoded([gzip.compress(b"content") + padding], "gzip")) == b"content"


def test_what_is_in_no_such_coding_is_an_error():
    with pytest.raises(zlib.error):
        list(decoded([b"this is not gzip"], "gzip"))


@pytest.mark.parametrize("size", [0, LARGE_BYTES - 1, LARGE_BYTES, LARGE_BYTES + 1, 3 * LARGE_BYTES])
def test_content_is_read_as_it_came_in(tmp_path, size):
    data = (TEXT * 2)[:size]
    with Content(folder=tmp_path) as content:
        for piece in cut(data, 50_000):
            content.append(piece)
        copy = io.BytesIO()
        content.copy_to(copy)
        assert (content.size, content.read(), copy.getvalue()) == (size, data, data)
    assert list(tmp_path.iterdir()) == []
