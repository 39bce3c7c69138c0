"""Draw the pictures in the repository with this machine's Chromium.

The demo's lead image is drawn from docs/art. The README shows the first email that `digest demo` puts into its outbox,
and `digest preview` with the demo's issue. docs/gallery.md shows the email in every view, and docs/themes.md in the
other theme. Requests are answered from the demo's own folder, so nothing is fetched from the network.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from digest.preview.screenshots import CHROMIUMS, find_chromium, take_screenshots
from digest.project import open_project
from digest.workflow.building import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

ROOT = Path(__file__).resolve().parent.parent
DRAWING = ROOT / "docs/art/harbour.svg"
IMAGE = ROOT / "src/digest/newsletter/demo/images/harbour.jpg"
PICTURE = ROOT / "docs/images/demo-email.png"
PREVIEW = ROOT / "docs/images/demo-preview.png"
VIEWS = ROOT / "docs/images/demo-views.jpg"
LETTER = ROOT / "docs/images/letter-views.jpg"
SPONSOR = (
    "**Tidewater Maps** prints sea charts on linen, made to be folded wet: [choose one](https://tidewater.example)."
)
#: In CSS pixels: the width of an email client's window, and the height of the part of the email that the README shows.
WIDTH, HEIGHT = 680, 1100
#: In CSS pixels: the browser window around the preview.
PREVIEW_WIDTH, PREVIEW_HEIGHT = 1280, 800
DIGEST = Path(sys.executable).with_name("digest")
#: The time in all pictures, so that drawing them again changes only what looks different.
NOW = "2026-11-19T08:00:00+01:00"


def main() -> int:
    """Draw all pictures, and return an exit code."""
    os.environ["DIGEST_NOW"] = NOW  # for the demo and the preview, which run as processes of their own
    chromium = find_chromium()
    if chromium is None:
        print(f"Chromium was not found: one of {', '.join(CHROMIUMS)} must be on the PATH.", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        draw_image(browser)
        draw_email(browser)
        draw_preview(browser)
        browser.close()
    draw_views(chromium, VIEWS, letter=False)
    draw_views(chromium, LETTER, letter=True)
    for path in (IMAGE, PICTURE, PREVIEW, VIEWS, LETTER):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    return 0


def draw_image(browser: Browser) -> None:
    """The demo's lead image, 1200 by 600 pixels."""
    page = browser.new_page(viewport={"width": 1200, "height": 600})
    page.set_content(f"<style>* {{ margin: 0 }} svg {{ display: block }}</style>{DRAWING.read_text(encoding='utf-8')}")
    page.screenshot(path=IMAGE, type="jpeg", quality=88)


def draw_email(browser: Browser) -> None:
    """The email to the first reader of the demo, as an email client shows it."""
    with tempfile.TemporaryDirectory() as folder:
        html, images = make_email(Path(folder))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5)

        def answer(route: Route) -> None:
            local = images / route.request.url.rpartition("/")[2]
            route.fulfill(path=local) if local.is_file() else route.abort()

        page.route("**/*", answer)
        page.set_content(html, wait_until="load")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)


def draw_preview(browser: Browser) -> None:
    """`digest preview` with the demo's issue, as a browser shows it."""
    with tempfile.TemporaryDirectory() as folder:
        newsletter = run_demo(Path(folder))[0]
        command = [str(DIGEST), "preview", "-C", str(newsletter), "--port", "18025"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
            try:
                address = next(match[0] for line in server.stdout or () if (match := re.search(r"http://\S+", line)))
                page = browser.new_page(
                    viewport={"width": PREVIEW_WIDTH, "height": PREVIEW_HEIGHT}, color_scheme="light"
                )
                page.clock.set_fixed_time(NOW)
                page.goto(address, wait_until="load")
                page.frame_locator("iframe").first.locator("img").first.wait_for()
                page.wait_for_timeout(500)  # the lead image is decoded after the frame has loaded
                page.screenshot(path=PREVIEW)
                page.close()  # the server waits for the page's event stream
            finally:
                server.send_signal(signal.SIGINT)


def draw_views(chromium: str, target: Path, *, letter: bool) -> None:
    """The same email in the views of `digest build --screenshots`, on one sheet."""
    with tempfile.TemporaryDirectory() as folder:
        html, images = make_email(Path(folder))
        if letter:
            html = as_letter(images.parent)

        def local(url: str) -> Path | None:
            path = images / url.rpartition("/")[2]
            return path if path.is_file() else None

        *_, sheet = take_screenshots(html, Path(folder) / "shots", image=local, web_picture=lambda _: None)
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=chromium).new_page()
            page.set_content(f'<style>body {{ margin: 0 }}</style><img src="data:image/png;base64,{_base64(sheet)}">')
            page.locator("img").screenshot(path=target, type="jpeg", quality=75)


def as_letter(newsletter: Path) -> str:
    """The newsletter's issue in the theme `letter`, with a sponsor."""
    config = newsletter / "digest.toml"
    text = config.read_text(encoding="utf-8").replace("[newsletter]", f'[newsletter]\nsponsor = "{SPONSOR}"', 1)
    config.write_text(f'{text}\n[theme]\nname = "letter"\n', encoding="utf-8")
    session = open_project(newsletter, cwd=newsletter).open_session()
    return render(session, session.issue()).html


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def run_demo(folder: Path) -> tuple[Path, Path]:
    """Run the demo in ``folder``; returns the folders of its newsletter and of its outbox."""
    process = subprocess.run([DIGEST, "demo", "--json"], cwd=folder, check=True, stdout=subprocess.PIPE)
    result = json.loads(process.stdout)
    return folder / result["folder"], folder / result["outbox"]


def make_email(folder: Path) -> tuple[str, Path]:
    """Run the demo in ``folder``; returns the HTML of one sent email, and the folder of the demo's images."""
    newsletter, outbox = run_demo(folder)
    sent = min(outbox.rglob("*.eml"))
    message = email.message_from_bytes(sent.read_bytes(), policy=email.policy.default)
    part = message.get_body(("html",))
    if part is None:
        raise SystemExit(f"{sent.name} has no HTML part")
    return part.get_content(), newsletter / "images"


if __name__ == "__main__":
    raise SystemExit(main())
