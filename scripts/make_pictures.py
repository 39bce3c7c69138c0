"""Draw the pictures that the repository carries, with the Chromium of this machine.

The demo's lead image comes from its drawing in docs/art; the README's picture is the first email that `digest demo`
puts in its outbox, docs/gallery.md shows it in every view, and docs/themes.md in the other theme. Addresses are
answered from the demo's own folder, so no network is touched.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
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
VIEWS = ROOT / "docs/images/demo-views.jpg"
LETTER = ROOT / "docs/images/letter-views.jpg"
SPONSOR = (
    "**Tidewater Maps** prints sea charts on linen, made to be folded wet: [choose one](https://tidewater.example)."
)
#: As wide as a mail program shows it, and as much of it as a README wants; CSS pixels.
WIDTH, HEIGHT = 680, 1100


def main() -> int:
    """Draw all pictures. Returns an exit code."""
    chromium = find_chromium()
    if chromium is None:
        print(f"No Chromium found; one of {', '.join(CHROMIUMS)} must be on the PATH.", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        draw_image(browser)
        draw_email(browser)
        browser.close()
    draw_views(chromium, VIEWS, letter=False)
    draw_views(chromium, LETTER, letter=True)
    for path in (IMAGE, PICTURE, VIEWS, LETTER):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
    return 0


def draw_image(browser: Browser) -> None:
    """The demo's lead image, 1200 by 600 pixels."""
    page = browser.new_page(viewport={"width": 1200, "height": 600})
    page.set_content(f"<style>* {{ margin: 0 }} svg {{ display: block }}</style>{DRAWING.read_text(encoding='utf-8')}")
    page.screenshot(path=IMAGE, type="jpeg", quality=88)


def draw_email(browser: Browser) -> None:
    """The email that the first reader of the demo gets, as a mail program shows it."""
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


def draw_views(chromium: str, target: Path, *, letter: bool) -> None:
    """The same email in the views of `digest build --screenshots`, on one sheet."""
    with tempfile.TemporaryDirectory() as folder:
        html, images = make_email(Path(folder))
        if letter:
            html = as_letter(images.parent)

        def local(url: str) -> Path | None:
            path = images / url.rpartition("/")[2]
            return path if path.is_file() else None

        *_, sheet = take_screenshots(html, Path(folder) / "shots", image=local, offline=True)
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=chromium).new_page()
            page.set_content(f'<style>body {{ margin: 0 }}</style><img src="data:image/png;base64,{_base64(sheet)}">')
            page.locator("img").screenshot(path=target, type="jpeg", quality=75)


def as_letter(newsletter: Path) -> str:
    """The newsletter's issue in the theme `letter`, with a sponsor."""
    config = newsletter / "digest.toml"
    text = config.read_text(encoding="utf-8").replace("[newsletter]", f'[newsletter]\nsponsor = "{SPONSOR}"', 1)
    config.write_text(f'{text}\n[theme]\nname = "letter"\n', encoding="utf-8")
    project = open_project(newsletter, cwd=newsletter)
    return render(project, project.issue(None)).html


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def make_email(folder: Path) -> tuple[str, Path]:
    """Run the demo in ``folder``; returns the HTML of one sent email, and where the demo's images are."""
    program = Path(sys.executable).with_name("digest")
    done = subprocess.run([program, "demo", "--json"], cwd=folder, check=True, stdout=subprocess.PIPE)
    result = json.loads(done.stdout)
    sent = min((folder / result["outbox"]).rglob("*.eml"))
    message = email.message_from_bytes(sent.read_bytes(), policy=email.policy.default)
    part = message.get_body(("html",))
    if part is None:
        raise SystemExit(f"{sent.name} has no HTML part")
    return part.get_content(), folder / result["folder"] / "images"


if __name__ == "__main__":
    raise SystemExit(main())
