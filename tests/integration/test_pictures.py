"""Screenshots of an email, taken by a real Chromium."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

from digest.errors import DigestError
from digest.preview.screenshots import SCREENSHOTS, find_chromium, take_screenshots
from digest.preview.web_pictures import WebPicture
from digest.testing.feeds_server import FeedsServer

IMAGE = "https://letter.example/images/red.svg"
WEB_PICTURE = "https://pictures.example/red.svg"
HTML = """<!DOCTYPE html><html><head><meta charset="utf-8"><style>
body { margin: 0; background: #fff }
@media (prefers-color-scheme: dark) { body { background: #000 !important } }
</style></head><body><img src="IMAGE" width="100" height="100" alt=""><img src="WEB" alt=""><img src="FOREIGN" alt="">
<script>document.body.style.background = "#0f0"</script><div style="height: 900px">Text</div></body></html>"""
RED = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100" fill="red"/></svg>'
)


@pytest.fixture
def needs_chromium():
    if find_chromium() is None:
        if os.environ.get("DIGEST_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium")
        pytest.skip("no Chromium")


@pytest.fixture
def draw(tmp_path, needs_chromium):
    red = tmp_path / "red.svg"
    red.write_text(RED)

    def call(html: str, *, web_picture):
        screenshots = take_screenshots(
            html, tmp_path / "shots", image=lambda url: red if url == IMAGE else None, web_picture=web_picture
        )
        return {path.stem: path for path in screenshots}

    return call


def pixels(page, path):
    """Return the size and the colours at the top left and the bottom right, as the browser reads the file."""
    page.goto(path.as_uri())
    return page.evaluate(
        """() => {
        const image = document.images[0], canvas = document.createElement("canvas");
        const [width, height] = [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const at = (x, y) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
        return [width, height, at(40, 40), at(width - 10, height - 10)];
        }"""
    )


def holders(secret):
    """The commands of other processes that have a secret in their environment, as far as this system tells."""
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if environ.parent.name != str(os.getpid()) and secret in environ.read_bytes():
                yield (environ.parent / "cmdline").read_bytes()


def test_takes_a_screenshot_of_each_view_and_reaches_no_server_itself(draw, tmp_path, monkeypatch):
    asked, told = [], []
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.swordfish-of-the-screenshots")

    def web_picture(url):
        asked.append(url)
        told.extend(holders(b"swordfish-of-the-screenshots"))
        return WebPicture(content=RED.encode(), media_type="image/svg+xml") if url == WEB_PICTURE else None

    with FeedsServer() as foreign:
        html = HTML.replace("IMAGE", IMAGE).replace("WEB", WEB_PICTURE).replace("FOREIGN", foreign.url("/x.png"))
        screenshots = draw(html, web_picture=web_picture)
        assert foreign.requests == []
    assert WEB_PICTURE in asked
    assert told == []
    assert os.environ["SENDGRID_API_KEY"] == "SG.swordfish-of-the-screenshots"
    assert list(screenshots) == [*(view.name for view in SCREENSHOTS), "sheet"]

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--allow-file-access-from-files"])
        page = browser.new_page()
        pixels_of = {name: pixels(page, path) for name, path in screenshots.items()}
        browser.close()
    white, black, red = [255, 255, 255], [0, 0, 0], [255, 0, 0]
    assert pixels_of["desktop"][0] == 2 * 640
    assert pixels_of["phone"][0] == 2 * 375
    assert pixels_of["desktop"][1] > 2 * 900
    assert pixels_of["desktop"][2:] == [red, white]
    assert pixels_of["dark"][2:] == [red, black]
    assert pixels_of["images-off"][2:] == [white, white]
    assert max(pixels_of["forced-dark"][3]) < 60
    assert pixels_of["sheet"][0] > 1000


def test_reports_a_missing_browser_with_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DigestError, match="need Chromium") as error:
        take_screenshots("<p>x</p>", tmp_path, image=lambda _: None, web_picture=lambda _: None)
    assert "apt-get install chromium" in error.value.hint
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(DigestError, match="Playwright") as error:
        take_screenshots("<p>x</p>", tmp_path, image=lambda _: None, web_picture=lambda _: None)
    assert "newsletter-digest[screenshots]" in error.value.hint
