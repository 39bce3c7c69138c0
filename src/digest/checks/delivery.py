"""D: what law and mailbox providers ask of every issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.checks.registry import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_delivery"]


def check_delivery(material: Material) -> Iterator[Finding]:
    """D601 and D603."""
    yield from _check_unsubscribe(material)
    yield from _check_address(material)


def _check_unsubscribe(material: Material) -> Iterator[Finding]:
    manifest = material.rendered.manifest
    if not manifest.unsubscribe:
        hint = "Set delivery.unsubscribe_url, or providers.sendgrid.unsubscribe_group."
        yield fault("D601", "No way to unsubscribe is configured", material.built("email.html"), hint=hint)
        return
    tags = [tag.tag for tag in manifest.tags if tag.name == "unsubscribe_url"]
    if not any(tag in material.page.links for tag in tags):
        yield fault("D601", "The HTML part has no unsubscribe link", material.built("email.html"))
    if not any(tag in material.rendered.text for tag in tags):
        yield fault("D601", "The text part has no unsubscribe link", material.built("email.txt"))


def _check_address(material: Material) -> Iterator[Finding]:
    address = material.config.newsletter.postal_address
    if not address.strip():
        hint = "Set newsletter.postal_address."
        yield fault("D603", "No postal address is configured", material.built("email.html"), hint=hint)
        return
    parts = (("email.html", "HTML", material.page.text), ("email.txt", "text", material.rendered.text))
    for name, part, text in parts:
        if "".join(address.split()) not in "".join(text.split()):
            yield fault("D603", f"The {part} part does not show the postal address", material.built(name))
