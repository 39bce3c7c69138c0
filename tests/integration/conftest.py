from __future__ import annotations

import os

import pytest

from digest.delivery import Ledger
from digest.preview.pictures import find_chromium
from digest.testing.campaigns import Desk


# Not for the session: while Playwright runs, its event loop is the main thread's, and other tests need their own.
@pytest.fixture(scope="module")
def chromium():
    """A Playwright browser. Without a Chromium the test is skipped, unless DIGEST_REQUIRE_BROWSER=1."""
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


@pytest.fixture(params=["sqlite", "postgres"])
def open_desk(request, tmp_path):
    """Opens a desk whose ledger is in SQLite, and in PostgreSQL: both keep the same promises."""
    opened = []

    def call(folder=tmp_path):
        if request.param == "sqlite":
            return Desk(folder)
        url, clock = request.getfixturevalue("database"), []
        ledger = Ledger.connect(url, environ={"DIGEST_LEDGER_KEY": "a key for tests"}, now=lambda: clock[0].now)
        clock.append(Desk(folder, ledger=ledger))
        opened.append(clock[0])
        return clock[0]

    return call
