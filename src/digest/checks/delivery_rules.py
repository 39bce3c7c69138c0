"""D601 to D603, D605 and D606: what the law and mailbox providers require of every issue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.checks.link_rules import dead_link
from digest.checks.rule_registry import fault
from digest.config import CONFIG_FILE
from digest.errors import Place
from digest.models import host_name, is_example_host, parse_sender
from digest.subscribers import SUPPRESSIONS, is_sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding
    from digest.models import Subscriber

__all__ = ["check_delivery", "tracked_list_findings"]

#: The postal address that ``digest init`` writes, as plain words.
_EXAMPLE_ADDRESS = "1 example street 12345 town"


def check_delivery(context: CheckContext) -> Iterator[Finding]:
    """Check unsubscribing, the postal address, leftover example addresses, and lists that git tracks."""
    yield from _check_unsubscribe(context)
    yield from _check_one_click(context)
    yield from _check_address(context)
    yield from _check_examples(context)
    yield from tracked_list_findings(context.tracked_lists)


def _check_unsubscribe(context: CheckContext) -> Iterator[Finding]:
    manifest = context.rendered.manifest
    if not manifest.unsubscribe:
        hint = f"Set {context.config.unsubscribe_keys}."
        yield fault("D601", "No way to unsubscribe is configured", context.built("email.html"), hint=hint)
        return
    tags = [tag.tag for tag in manifest.tags if tag.name == "unsubscribe_url"]
    if not any(tag in context.page.links for tag in tags):
        yield fault("D601", "The HTML part has no unsubscribe link", context.built("email.html"))
    if not any(tag in context.rendered.text for tag in tags):
        yield fault("D601", "The text part has no unsubscribe link", context.built("email.txt"))


def _check_one_click(context: CheckContext) -> Iterator[Finding]:
    method = context.config.unsubscribe_method
    if not method or method.startswith("group:"):
        return
    if urlsplit(method).scheme.lower() != "https":
        yield fault("D602", f"delivery.unsubscribe_url is not https: {method}", Place(CONFIG_FILE))
    elif problem := dead_link(method.replace("{token}", "x"), context.config.fetching.allow_hosts):
        yield fault("D602", f"delivery.unsubscribe_url {problem}: {method}", Place(CONFIG_FILE))


def _check_address(context: CheckContext) -> Iterator[Finding]:
    address = context.config.newsletter.postal_address
    if not address.strip():
        hint = "Set newsletter.postal_address."
        yield fault("D603", "No postal address is configured", context.built("email.html"), hint=hint)
        return
    parts = (("email.html", "HTML", context.page.text), ("email.txt", "text", context.rendered.text))
    for name, part, text in parts:
        if "".join(address.split()) not in "".join(text.split()):
            yield fault("D603", f"The {part} part does not show the postal address", context.built(name))


def _check_examples(context: CheckContext) -> Iterator[Finding]:
    newsletter, delivery = context.config.newsletter, context.config.delivery
    if context.config.delivery_settings.local:
        return
    sender, reply_to = (parse_sender(each)[1] if each else "" for each in (newsletter.sender, newsletter.reply_to))
    hosts = {
        "newsletter.sender": (sender, sender.rpartition("@")[2]),
        "newsletter.reply_to": (reply_to, reply_to.rpartition("@")[2]),
        "newsletter.homepage": (newsletter.homepage, host_name(newsletter.homepage)),
        "delivery.unsubscribe_url": (delivery.unsubscribe_url, host_name(context.config.unsubscribe_method)),
    }
    left_over = {key: value for key, (value, host) in hosts.items() if is_example_host(host)}
    if _EXAMPLE_ADDRESS in _plain_words(newsletter.postal_address):
        left_over["newsletter.postal_address"] = " ".join(newsletter.postal_address.split())
    for key, value in left_over.items():
        message = f"{key} still has an example value: {value}"
        yield fault("D605", message, Place(CONFIG_FILE), hint=f"Set {key} to your own before you send.")


def _plain_words(text: str) -> str:
    """The words of a text in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def tracked_list_findings(tracked_lists: Mapping[str, Sequence[Subscriber]]) -> Iterator[Finding]:
    """One D606 finding for each unencrypted list in git, except the sample list, which is recognised by its addresses.

    Args:
        tracked_lists: The subscribers in each unencrypted list that git tracks, by the list's path.
    """
    for file, people in tracked_lists.items():
        if people and not is_sample(people):
            name = "" if file == SUPPRESSIONS else "name the encrypted file in audiences.files, "
            hint = f"digest subscribers encrypt {file}, {name}and: git rm --cached {file}"
            count = "1 person" if len(people) == 1 else f"{len(people):,} people"
            message = f"git tracks an unencrypted list of {count}"
            yield fault("D606", message, Place(file), hint=hint)
