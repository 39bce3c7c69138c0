"""One recipient's message, for the providers that we compose it for, and what such providers cannot do."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from digest.errors import ProviderError
from digest.mail import build_message, fill

if TYPE_CHECKING:
    from digest.providers.base import Content, Recipient

__all__ = ["compose_message", "refuse_groups", "refuse_sandbox", "refuse_schedule"]


def compose_message(content: Content, person: Recipient) -> bytes:
    """The whole message with the tags filled; the same recipient of a campaign always gets the same Message-ID."""
    domain = content.sender[1].rpartition("@")[2]
    return build_message(
        sender=content.sender,
        to=person.email,
        to_name=person.name,
        reply_to=content.reply_to,
        subject=fill(content.subject, person.values),
        html=fill(content.html, person.values, escape=html.escape),
        text=fill(content.text, person.values),
        headers={**content.headers, "X-Digest-Issue": content.issue, **person.headers},
        message_id=f"<{person.key}.{content.campaign}@{domain}>",
        date=content.date,
    )


def refuse_groups(name: str, content: Content) -> None:
    """Raise ProviderError when a reader is to leave a group that this provider does not keep."""
    if content.unsubscribe_group is not None:
        raise ProviderError(
            f"the provider {name} keeps no unsubscribe groups",
            hint="Set delivery.unsubscribe_url, and build the issue again.",
        )


def refuse_schedule(name: str, content: Content) -> None:
    """Raise ProviderError when mail is to be delivered later, which would be at once here."""
    if content.send_at is not None:
        raise ProviderError(
            f"the provider {name} cannot deliver at a time", hint="Send without --at, when the time has come."
        )


def refuse_sandbox(name: str, content: Content) -> None:
    """Raise ProviderError when only a check is asked for, which would be a real send here."""
    if content.sandbox:
        raise ProviderError(f"the provider {name} has no sandbox", hint="Send the test without --sandbox.")
