from __future__ import annotations

import os

import pytest

from digest.preview.pictures import find_chromium


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
