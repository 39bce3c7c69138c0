from __future__ import annotations

import io

import pytest

from digest.fetching.response_body import LARGE_BYTES, ResponseBody

TEXT = b"The harbour was dredged. " * 40_000  # a megabyte


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


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


@pytest.mark.parametrize(
    ("data", "closed"),
    [
        (b"<rss><channel></channel></rss>", True),
        (b"<html><p>Text</p></HTML>\n<!-- cached -->\n\0", True),
        (b"<a:feed></a:feed >", True),
        (b"x" * 2000 + b"</urlset>\n", True),
        (b"<rss><channel><item>", False),
        (b"<rss></rss", False),
        (b"<p>About </html> in pages", False),
        (b"", False),
    ],
)
def test_knows_a_document_that_ends_with_its_closing_tag(data, closed):
    assert ResponseBody(data).is_closed_document is closed
