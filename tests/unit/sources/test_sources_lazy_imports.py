from __future__ import annotations

import subprocess
import sys

import pytest

import digest.sources


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import digest.sources", {"feedparser", "trafilatura", "htmldate", "lxml", "httpx2"}),
        ("from digest.sources import parse_feed", {"trafilatura", "htmldate", "httpx2"}),
        ("from digest.sources import parse_text", {"feedparser", "trafilatura", "htmldate", "httpx2"}),
    ],
)
def test_a_reader_imports_only_its_own_libraries(statement, heavy):
    code = f"{statement}; import sys; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert heavy & set(loaded) == set()


def test_exports_every_name_it_lists():
    assert digest.sources.__all__ == sorted(digest.sources.__all__)
    for name in digest.sources.__all__:
        assert getattr(digest.sources, name).__name__ == name
    with pytest.raises(AttributeError):
        digest.sources.nothing  # noqa: B018 - the test is about the access
