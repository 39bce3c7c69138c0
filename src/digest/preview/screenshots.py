"""Screenshots of an email as readers may see it, taken with Playwright and the installed Chromium."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from digest.config.secret_environment import minimal_environment
from digest.errors import DigestError
from digest.preview.frame import Scheme, frame_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

    from digest.preview.web_pictures import WebPicture

__all__ = ["CHROMIUMS", "SCREENSHOTS", "Screenshot", "find_chromium", "take_screenshots"]

#: The commands of Chromium and Chrome.
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Variables of Playwright's process, such as where Node.js is.
_DRIVER_VARIABLES = ("PLAYWRIGHT_", "NODE_", "DEBUG")
#: The maximum height in device pixels: Chromium takes no screenshot beyond 16,384.
_MAX_HEIGHT = 12_000
#: Some requests, such as those of <link rel="preconnect">, do not go through a route. No host can be reached.
_NO_NETWORK = ["--host-resolver-rules=MAP * ~NOTFOUND"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Screenshot:
    """One view of the email to capture. ``width`` is in CSS pixels."""

    name: str
    title: str
    width: int
    scheme: Scheme = Scheme.LIGHT
    images: bool = True


SCREENSHOTS = (
    Screenshot(name="desktop", title="Desktop", width=640),
    Screenshot(name="phone", title="Phone", width=375),
    Screenshot(name="dark", title="Its own dark mode", width=640, scheme=Scheme.AUTHORED),
    Screenshot(name="forced-dark", title="Forced dark mode", width=640, scheme=Scheme.FORCED),
    Screenshot(name="images-off", title="Images off", width=640, images=False),
)


def find_chromium() -> str | None:
    """The path of this machine's Chromium, or None if there is none."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def take_screenshots(
    html: str,
    folder: Path,
    *,
    image: Callable[[str], Path | None],
    web_picture: Callable[[str], WebPicture | None],
) -> tuple[Path, ...]:
    """Save each of SCREENSHOTS, and then a sheet with all of them, as PNG files in ``folder``.

    Args:
        html: The HTML part, with sample values for its personal parts. Scripts in it are not run.
        folder: Where to save the files; it is created if necessary.
        image: Returns the local file of an image, or None if the image is not one of the newsletter's.
        web_picture: Returns a picture on the web, or None if it cannot be shown. The browser itself reaches no server.

    Returns:
        The files; the sheet is the last one.

    Raises:
        DigestError: Playwright or Chromium is missing, or the browser failed.
    """
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - an optional extra
    except ImportError:
        hint = "Install it: pip install 'newsletter-digest[screenshots]'."
        raise DigestError("screenshots need Playwright, which is not installed", hint=hint) from None
    program = find_chromium()
    if program is None:
        hint = "Install one (Debian, Ubuntu: apt-get install chromium)."
        raise DigestError(
            f"screenshots need Chromium, but none of these commands exists: {', '.join(CHROMIUMS)}", hint=hint
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as stack:
            with _only(_driver_environment(os.environ)):
                playwright = stack.enter_context(sync_playwright())
            environ: dict[str, str | float | bool] = {**minimal_environment(os.environ)}
            browser = playwright.chromium.launch(executable_path=program, args=_NO_NETWORK, env=environ)
            pictures = tuple(_draw(browser, html, folder, image=image, web_picture=web_picture))
            sheet = _draw_sheet(browser, folder, pictures)
            browser.close()
    except Error as error:
        raise DigestError(f"the browser could not take the screenshots: {error.message.splitlines()[0]}") from error
    return (*pictures, sheet)


def _driver_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for Playwright's own process: no secrets, but what says how to run it."""
    return minimal_environment(environ) | {
        name: value for name, value in environ.items() if name.startswith(_DRIVER_VARIABLES)
    }


@contextmanager
def _only(environ: Mapping[str, str]) -> Iterator[None]:
    """Let this process have no other variables for a moment: Playwright passes them all on to its own process.

    Its Python library has no argument for them.
    """
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environ)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _draw(
    browser: Browser,
    html: str,
    folder: Path,
    *,
    image: Callable[[str], Path | None],
    web_picture: Callable[[str], WebPicture | None],
) -> Iterator[Path]:
    answer = _answering(image, cache(web_picture))
    for shot in SCREENSHOTS:
        context = browser.new_context(
            viewport={"width": shot.width, "height": 800}, device_scale_factor=2, java_script_enabled=False
        )
        page = context.new_page()

        # Every request that the email causes goes through this route.
        page.route("**/*", answer if shot.images else lambda route: route.abort())
        page.set_content(frame_html(html, scheme=shot.scheme, image=lambda _: None), wait_until="load")
        path = folder / f"{shot.name}.png"
        _shoot(page, path, width=shot.width)
        context.close()
        yield path


def _answering(
    image: Callable[[str], Path | None], web_picture: Callable[[str], WebPicture | None]
) -> Callable[[Route], None]:
    """A route handler that answers requests for pictures, and blocks everything else."""

    def answer(route: Route) -> None:
        url = route.request.url
        if local := image(url):
            route.fulfill(path=local)
        elif route.request.resource_type == "image" and (picture := web_picture(url)):
            route.fulfill(body=picture.content, content_type=picture.media_type)
        else:
            route.abort()

    return answer


def _shoot(page: Page, path: Path, *, width: int) -> None:
    box = page.locator("html").bounding_box()
    height = min(_MAX_HEIGHT // 2, max(1, round(box["height"]) if box else 800))
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})


def _draw_sheet(browser: Browser, folder: Path, pictures: Sequence[Path]) -> Path:
    """Draw all screenshots side by side, each under its title."""
    figures = "".join(
        f'<figure style="width:{shot.width // 2}px"><figcaption>{escape(shot.title)}</figcaption><img src="http://sheet/{picture.name}"></figure>'
        for shot, picture in zip(SCREENSHOTS, pictures, strict=True)
    )
    style = (
        "body{margin:24px;display:flex;gap:24px;align-items:flex-start;background:#e8e8e4;font:14px system-ui}"
        "figure{margin:0}figcaption{margin:0 0 8px;font-weight:600}"
        "img{display:block;width:100%;border-radius:4px;box-shadow:0 1px 6px rgb(0 0 0/20%)}"
    )
    width = sum(shot.width // 2 + 24 for shot in SCREENSHOTS) + 24
    page = browser.new_page(viewport={"width": width, "height": 800})
    # A made-up host, answered from the folder: the page may not read file:// addresses.
    page.route("http://sheet/*", lambda route: route.fulfill(path=folder / route.request.url.rpartition("/")[2]))
    page.set_content(f"<style>{style}</style>{figures}", wait_until="load")
    path = folder / "sheet.png"
    page.screenshot(path=path, full_page=True)
    page.close()
    return path
