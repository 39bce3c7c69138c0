from __future__ import annotations

import os
import subprocess

import pytest

from digest.delivery import open_ledger
from digest.preview.screenshots import find_chromium
from digest.testing.campaigns import NOON, CampaignHarness
from digest.testing.inbox import Inbox


# The scope is not the session: while Playwright runs, its event loop occupies the main thread, and other tests need
# an event loop of their own.
@pytest.fixture(scope="module")
def chromium():
    """A Playwright browser. The test is skipped if there is no Chromium, unless DIGEST_REQUIRE_BROWSER=1."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        except Error as error:
            if os.environ.get("DIGEST_REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(f"no Chromium: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


GIT = "git+branch://digest-state"


@pytest.fixture
def clone(tmp_path):
    """A clone whose origin is a bare repository beside it."""
    remote, folder = tmp_path / "remote.git", tmp_path / "clone"
    for arguments in (["init", "--bare", "--quiet", remote], ["clone", "--quiet", remote, folder]):
        subprocess.run(["git", *arguments], check=True, capture_output=True)
    return folder


@pytest.fixture
def open_branch(clone):
    """Opens the ledger on a branch of the clone's remote."""

    def call(*, now=lambda: NOON, root=clone, new=True, key="a key for all tests", url=GIT):
        return open_ledger(url, root=root, environ={**os.environ, "DIGEST_LEDGER_KEY": key}, now=now, new=new)

    return call


@pytest.fixture
def open_harness(request, tmp_path):
    """Opens a harness whose ledger is in SQLite.

    Tests that apply to every store request the others: ``parametrize("open_harness", STORES, indirect=True)``.
    """
    store = getattr(request, "param", "sqlite")

    def call(folder=tmp_path):
        if store == "sqlite":
            return CampaignHarness(folder)
        clock = []
        if store == "git":
            ledger = request.getfixturevalue("open_branch")(now=lambda: clock[0].now)
        else:
            url, environ = request.getfixturevalue("database"), {"DIGEST_LEDGER_KEY": "a key for all tests"}
            ledger = open_ledger(url, root=tmp_path, environ=environ, now=lambda: clock[0].now)
        clock.append(CampaignHarness(folder, ledger=ledger))
        return clock[0]

    return call


@pytest.fixture
def harness(open_harness):
    with open_harness() as harness:
        yield harness


@pytest.fixture
def inbox():
    """A mail server on loopback."""
    with Inbox() as inbox:
        yield inbox
