"""D601 to D603, D605 and D606: what the law and mailbox providers require of every issue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.checks.link_rules import dead_link
from digest.checks.rule_registry import Severity, fault
from digest.config import CONFIG_FILE
from digest.errors import Place
from digest.models import host_name, is_example_host, parse_sender
from digest.subscribers import SUPPRESSIONS
from digest.subscribers.address_search import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from digest.checks.check_context import CheckContext, PeopleInGit
    from digest.checks.rule_registry import Finding

__all__ = ["check_delivery", "people_in_git_findings"]

#: The postal address that ``digest init`` writes, as plain words.
_EXAMPLE_ADDRESS = "1 example street 12345 town"


def check_delivery(context: CheckContext) -> Iterator[Finding]:
    """Check unsubscribing, the postal address, leftover example addresses, and people's addresses in git."""
    yield from _check_unsubscribe(context)
    yield from _check_one_click(context)
    yield from _check_address(context)
    yield from _check_examples(context)
    yield from people_in_git_findings(context.people_in_git)


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


def people_in_git_findings(people_in_git: Iterable[PeopleInGit]) -> Iterator[Finding]:
    """One D606 finding for each file with people's addresses that git tracks, or would add."""
    for each in people_in_git:
        verb = "tracks" if each.tracked else "would take up"
        away = f"git rm --cached {each.file}" if each.tracked else f"add it to .gitignore: {each.file}"
        if each.people is not None:
            name = "" if each.file == SUPPRESSIONS else "name the encrypted file in audiences.files, "
            hint = f"digest subscribers encrypt {each.file}, {name}and: {away}"
            count = "1 person" if each.people == 1 else f"{each.people:,} people"
            message, severity = f"git {verb} an unencrypted list of {count}", None
        elif each.problem:
            hint = "Look at it yourself, or leave it out of the repository."
            message, severity = f"Not searched for readers' addresses: it {each.problem}", Severity.WARNING
        else:
            message, severity = f"git {verb} a file with the addresses of {ENOUGH} readers or more", None
            hint = f"Move it out of the repository, or {away}. Git's history keeps what was committed."
        yield fault("D606", message, Place(each.file), hint=hint, severity=severity)
