"""C: what mail programs do with the two parts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.checks.finding import Severity
from digest.checks.registry import fault
from digest.models import is_web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_clients"]

#: Bytes of the HTML part, decoded, in UTF-8. Gmail's own limit is not documented; 102 kB is what people measure.
_NEAR_THE_CLIP = 90_000
_CLIP = 102_000


def check_clients(material: Material) -> Iterator[Finding]:
    """C504 and C505."""
    yield from _check_text_part(material)
    yield from _check_size(material)


def _check_text_part(material: Material) -> Iterator[Finding]:
    place = material.built("email.txt")
    text = material.rendered.text
    if not text.strip():
        yield fault("C504", "The text part is empty", place)
        return
    linked = {unquote(url) for url in material.page.links}
    plain = unquote(text)
    for url in dict.fromkeys(story.url for story in material.issue.stories if is_web_address(story.url)):
        if unquote(url) in linked and unquote(url) not in plain:
            yield fault("C504", f"The text part lacks a link that the HTML part has: {url}", place)


def _check_size(material: Material) -> Iterator[Finding]:
    html = material.rendered.html
    size = len(html.encode())
    if size < _NEAR_THE_CLIP:
        return
    places = [offset for tag in _unsubscribe_places(material) for offset in tag]
    hidden = bool(places) and len(html[: min(places)].encode()) > _CLIP
    message = f"The HTML part has {size / 1000:.0f} kB; Gmail cuts at about {_CLIP / 1000:.0f}"
    if hidden:
        message += ", before the unsubscribe link"
    severity = Severity.ERROR if hidden else Severity.WARNING
    yield fault("C505", message, material.built("email.html"), hint="Send fewer stories.", severity=severity)


def _unsubscribe_places(material: Material) -> list[tuple[int, ...]]:
    return [tag.html for tag in material.rendered.manifest.tags if tag.name == "unsubscribe_url"]
