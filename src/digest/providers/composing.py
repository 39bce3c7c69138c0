"""One recipient's message, for the providers that we compose it for, and what such providers cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import ProviderError
from digest.mail import MessageTemplate

if TYPE_CHECKING:
    from digest.providers.base import Content, Recipient

__all__ = ["MessageMaker", "refuse_groups", "refuse_sandbox", "refuse_schedule"]


class MessageMaker:
    """The whole messages of a campaign; the same recipient of it always gets the same Message-ID."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._domain = content.sender[1].rpartition("@")[2]
        self._headers = {**content.headers, "X-Digest-Issue": content.issue}
        self._template = MessageTemplate(
            sender=content.sender,
            reply_to=content.reply_to,
            subject=content.subject,
            html=content.html,
            text=content.text,
            date=content.date,
            tags=content.tags,
        )

    def message(self, person: Recipient, *, stuffed: bool = False) -> bytes:
        """One recipient's message; ``stuffed`` as SMTP wants its dots."""
        return self._template.message(
            to=person.email,
            to_name=person.name,
            message_id=f"<{person.key}.{self.content.campaign}@{self._domain}>",
            values=person.values,
            headers={**self._headers, **person.headers},
            stuffed=stuffed,
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
