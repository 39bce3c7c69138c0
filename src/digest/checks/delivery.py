"""D: what law and mailbox providers ask of every issue."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.checks.links import dead_link
from digest.checks.registry import fault
from digest.config import CONFIG_FILE
from digest.errors import Place
from digest.models import host_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_delivery"]

#: What a new newsletter's digest.toml holds until a person writes their own: reserved for examples (RFC 2606).
_EXAMPLE_ADDRESS = "1 Example Street, 12345 Town"
_EXAMPLE_HOSTS = ("example.org", "example.com", "example.net")


def check_delivery(material: Material) -> Iterator[Finding]:
    """D601 to D603 and D605."""
    yield from _check_unsubscribe(material)
    yield from _check_one_click(material)
    yield from _check_address(material)
    yield from _check_examples(material)


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


def _check_one_click(material: Material) -> Iterator[Finding]:
    method = material.config.unsubscribe_method
    if not method or method.startswith("group:"):
        return
    if urlsplit(method).scheme.lower() != "https":
        yield fault("D602", f"delivery.unsubscribe_url is not https: {method}", Place(CONFIG_FILE))
    elif why := dead_link(method.replace("{token}", "x"), material.config.fetching.allow_hosts):
        yield fault("D602", f"delivery.unsubscribe_url {why}: {method}", Place(CONFIG_FILE))


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


def _check_examples(material: Material) -> Iterator[Finding]:
    newsletter, delivery = material.config.newsletter, material.config.delivery
    if delivery.provider == "outbox":
        return
    sender = parseaddr(newsletter.sender)[1]
    left_over = {
        "newsletter.sender": (sender, _is_example(sender.rpartition("@")[2])),
        "newsletter.homepage": (newsletter.homepage, _is_example(host_name(newsletter.homepage))),
        "newsletter.postal_address": (
            _EXAMPLE_ADDRESS,
            " ".join(newsletter.postal_address.split()) == _EXAMPLE_ADDRESS,
        ),
        "delivery.unsubscribe_url": (
            delivery.unsubscribe_url,
            _is_example(host_name(material.config.unsubscribe_method)),
        ),
    }
    for key, (value, found) in left_over.items():
        if found:
            message = f"{key} is still the example's: {value}"
            yield fault("D605", message, Place(CONFIG_FILE), hint="Put your own in its place before you send.")


def _is_example(host: str) -> bool:
    name = host.rstrip(".").lower()
    return any(name == example or name.endswith(f".{example}") for example in _EXAMPLE_HOSTS)
