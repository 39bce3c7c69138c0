"""C: what mail programs do with the two parts."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from digest.checks.finding import Severity
from digest.checks.links import links_of
from digest.checks.registry import fault
from digest.models import is_web_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    for url in links_of(material.issue, sponsor=material.config.newsletter.sponsor):
        if unquote(url) in linked and unquote(url) not in plain:
            yield fault("C504", f"The text part lacks a link that the HTML part has: {url}", place)


def _check_size(material: Material) -> Iterator[Finding]:
    html = material.rendered.html
    size = len(html.encode())
    provider = material.config.delivery.provider
    projected = size + _growth(material.page.links, provider)
    if max(size, projected) < _NEAR_THE_CLIP:
        return
    places = [offset for tag in _unsubscribe_places(material) for offset in tag]
    hidden = bool(places) and len(html[: min(places)].encode()) > _CLIP
    message = f"The HTML part has {size / 1000:.0f} kB; Gmail cuts at about {_CLIP / 1000:.0f}"
    if hidden:
        message += ", before the unsubscribe link"
    elif projected > size:
        message += (
            f". Were {provider} to count clicks, which digest asks it not to, it would be {projected / 1000:.0f} kB"
        )
    severity = Severity.ERROR if hidden else Severity.WARNING
    yield fault("C505", message, material.built("email.html"), hint="Send fewer stories.", severity=severity)


def _growth(links: tuple[str, ...], provider: str) -> int:
    """By how many bytes the HTML part grows when the provider puts its own address in the place of each link."""
    rewritten = _rewritten().get(provider, 0)
    return sum(max(rewritten - len(link.encode()), 0) for link in links if is_web_address(link))


def _unsubscribe_places(material: Material) -> list[tuple[int, ...]]:
    return [tag.html for tag in material.rendered.manifest.tags if tag.name == "unsubscribe_url"]


@cache
def _rewritten() -> Mapping[str, int]:
    table: dict[str, Any] = tomllib.loads(resources.files("digest.checks").joinpath("clients.toml").read_text("utf-8"))
    return {str(provider): int(size) for provider, size in table["rewritten"].items()}
