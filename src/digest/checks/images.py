"""M: pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.checks.registry import fault
from digest.config import CONFIG_FILE
from digest.errors import Place
from digest.models import is_web_address
from digest.rendering import is_local_path, lead_image, published_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_images"]

#: In bytes. Readers on a phone wait for more, or turn images off.
_HEAVY = 200_000


def check_images(material: Material) -> Iterator[Finding]:
    """M301, M302 and M304 on the page, M303 to M305 on what the editor and the articles ask for."""
    base_url = material.config.images.base_url
    written = {link.url for passage in material.passages() for link, _ in passage.links()}
    own = written | {published_image(url, base_url=base_url) for url in written}
    for src, alt, sized in material.page.images:
        if alt is None:
            message = f"An image has no alt attribute: {_short(src)}"
            yield fault("M301", message, material.built("email.html"))
        if not sized and src not in own:  # Markdown has no way to say a width
            message = f"An image has no width attribute: {_short(src)}"
            yield fault("M302", message, material.built("email.html"))
        if not is_web_address(src):
            yield fault("M304", f"An image is not on the web: {_short(src)}", material.built("email.html"))
    if material.issue.stories and material.config.theme.blocks.picture is not False:
        line = material.issue.stories[0].line
        yield from _check_wanted(
            material, lead_image(material.issue, material.articles), "the lead story", material.line(line)
        )
    yield from _check_wanted(material, material.config.theme.logo, "theme.logo", Place(CONFIG_FILE))
    for passage in material.passages():
        for link, line in passage.links():
            if link.image and passage.block:
                yield from _check_wanted(material, link.url, passage.what, material.line(line))


def _check_wanted(material: Material, image: str, what: str, place: Place) -> Iterator[Finding]:
    image = _own_file(material, image)
    if not image or is_web_address(image):
        return
    if not is_local_path(image):
        yield fault("M304", f"The picture of {what} is embedded or no address: {_short(image)}", place)
    elif not published_image(image, base_url=material.config.images.base_url):
        hint = "Say where the folder images is served from: [images] base_url."
        yield fault("M305", f"The picture of {what} is left out: {_short(image)}", place, hint=hint)
    elif not (material.root / image).is_file():
        yield fault("M305", f"The picture of {what} is not in the newsletter's folder: {_short(image)}", place)
    elif (size := (material.root / image).stat().st_size) > _HEAVY:
        yield fault("M303", f"The picture of {what} has {size / 1000:.0f} kB: {_short(image)}", place)


def _own_file(material: Material, image: str) -> str:
    """The newsletter's own file behind an address of its pictures, where there is a folder of them."""
    base = material.config.images.base_url.rstrip("/")
    if base and image.startswith(f"{base}/") and (material.root / "images").is_dir():
        return f"images/{unquote(image.removeprefix(f'{base}/'))}"
    return image


def _short(src: str) -> str:
    return src if len(src) <= 80 else f"{src[:60]}…"
