"""M301 to M305: images and the pictures that they are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.checks.rule_registry import fault
from digest.config import CONFIG_FILE
from digest.errors import Place
from digest.models import is_web_address
from digest.rendering import is_local_path, lead_image, published_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_images"]

#: In bytes. A larger picture keeps readers on a phone waiting.
_HEAVY = 200_000


def check_images(context: CheckContext) -> Iterator[Finding]:
    """M301, M302 and M304 for the images in the email, M303 to M305 for the pictures that the issue asks for."""
    base_url = context.config.images.base_url
    in_text = {link.url for passage in context.passages() for link, _ in passage.links()}
    in_markdown = in_text | {published_image(url, base_url=base_url) for url in in_text}
    for src, alt, sized in context.page.images:
        if alt is None:
            message = f"An image has no alt attribute: {_short(src)}"
            yield fault("M301", message, context.built("email.html"))
        if not sized and src not in in_markdown:  # Markdown has no syntax for a width
            message = f"An image has no width attribute: {_short(src)}"
            yield fault("M302", message, context.built("email.html"))
        if not is_web_address(src):
            yield fault("M304", f"An image has no web address: {_short(src)}", context.built("email.html"))
    if context.issue.stories and context.config.theme.blocks.picture is not False:
        line = context.issue.stories[0].line
        yield from _check_picture(
            context, lead_image(context.issue, context.articles), "the lead story", context.line(line)
        )
    yield from _check_picture(context, context.config.theme.logo, "theme.logo", Place(CONFIG_FILE))
    for passage in context.passages():
        for link, line in passage.links():
            if link.image and passage.block:
                yield from _check_picture(context, link.url, passage.what, context.line(line))


def _check_picture(context: CheckContext, image: str, what: str, place: Place) -> Iterator[Finding]:
    image = _own_file(context, image)
    if not image or is_web_address(image):
        return
    if not is_local_path(image):
        yield fault("M304", f"The picture of {what} is embedded or has no valid address: {_short(image)}", place)
    elif not published_image(image, base_url=context.config.images.base_url):
        hint = "Set [images] base_url to the address where the folder images is published."
        yield fault("M305", f"The picture of {what} is local and will be left out: {_short(image)}", place, hint=hint)
    elif not (context.root / image).is_file():
        yield fault("M305", f"The picture of {what} is not in the newsletter's folder: {_short(image)}", place)
    elif (size := (context.root / image).stat().st_size) > _HEAVY:
        yield fault("M303", f"The picture of {what} is {size / 1000:.0f} kB: {_short(image)}", place)


def _own_file(context: CheckContext, image: str) -> str:
    """The path of the local file if ``image`` is a published address of one; otherwise ``image`` itself."""
    base = context.config.images.base_url.rstrip("/")
    if base and image.startswith(f"{base}/") and (context.root / "images").is_dir():
        return f"images/{unquote(image.removeprefix(f'{base}/'))}"
    return image


def _short(src: str) -> str:
    return src if len(src) <= 80 else f"{src[:60]}…"
