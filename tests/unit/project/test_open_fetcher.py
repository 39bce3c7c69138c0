from __future__ import annotations

import pytest

from digest.errors import FetchError
from digest.project import open_project

CONFIG = """
[newsletter]
name = "Harbour Letter"
sender = "Harbour Letter <letter@harbour.example>"

[[sources]]
id = "own"
feed = "{feed}"
"""


def fetch(tmp_path, feed, *, typed=(), url=""):
    """The address that would be connected to, or the error, for a source whose name resolves to 10.0.0.7."""
    (tmp_path / "digest.toml").write_text(CONFIG.format(feed=feed))
    project = open_project(tmp_path, cwd=tmp_path, environ={})
    with project.open_fetcher(typed=typed) as fetcher:
        fetcher._backend._resolve = lambda *_: ("10.0.0.7",)
        fetcher._backend._backend = None  # nothing is connected to
        try:
            fetcher.get(url or feed)
        except FetchError as error:
            return error
        except AttributeError:  # the connection would have been made
            return "10.0.0.7"


@pytest.mark.parametrize("host", ["10.0.0.7", "localhost:8080", "nas", "nas.local.", "wiki.internal", "pi.home.arpa"])
def test_a_source_with_a_local_name_may_be_private(tmp_path, host):
    assert fetch(tmp_path, f"http://{host}/feed") == "10.0.0.7"
    assert fetch(tmp_path, "https://news.example/feed", typed=[f"http://{host}/feed"], url=f"http://{host}/feed")


@pytest.mark.parametrize("host", ["news.example", "local.example", "10.0.0.7.nip.example", "münchen.example"])
def test_a_source_with_a_public_name_may_not_be_private(tmp_path, host):
    error = fetch(tmp_path, f"http://{host}:8080/feed")
    assert "10.0.0.7, which is not a public address" in error.message
    assert "in digest.toml: [fetching] allow_hosts" in error.hint
    assert ':8080"]' in error.hint
