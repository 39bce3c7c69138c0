"""`digest build --screenshots`."""

from __future__ import annotations

import os

import pytest

from digest.preview.screenshots import find_chromium


def test_saves_the_screenshots_beside_the_build(run, newsletter):
    if find_chromium() is None:
        assert os.environ.get("DIGEST_REQUIRE_BROWSER") != "1"
        pytest.skip("no Chromium")
    run("collect", cwd=newsletter)
    result = run("build", "--screenshots", "--offline", "--json", cwd=newsletter)
    assert result.code == 0, result.err
    names = [path.rpartition("/")[2] for path in result.data["pictures"]]
    assert names == ["desktop.png", "phone.png", "dark.png", "forced-dark.png", "images-off.png", "sheet.png"]
    files = [newsletter / path for path in result.data["pictures"]]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
    later = run("build", "--json", cwd=newsletter)
    assert (later.data["token"], later.data["pictures"]) == (result.data["token"], [])
