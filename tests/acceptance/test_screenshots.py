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
    done = run("build", "--screenshots", "--offline", "--json", cwd=newsletter)
    assert done.code == 0, done.err
    names = [path.rpartition("/")[2] for path in done.data["pictures"]]
    assert names == ["desktop.png", "phone.png", "dark.png", "forced-dark.png", "images-off.png", "sheet.png"]
    files = [newsletter / path for path in done.data["pictures"]]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
    again = run("build", "--json", cwd=newsletter)
    assert (again.data["token"], again.data["pictures"]) == (done.data["token"], [])
