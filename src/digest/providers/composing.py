"""One recipient's message, for the providers that we compose it for, and what such providers cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import ProviderError
from digest.mail import MessageTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.models import Suppression
    from digest.providers.base import Content, Recipient
    from digest.providers.holds import MailHolds

__all__ = ["MessageMaker", "PlainProvider"]


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


class PlainProvider:
    """What is the same for all who only take a message and know nothing of groups, schedules, records and lists."""

    name: str
    holds: MailHolds | None = None

    def check(self, content: Content) -> None:
        """Raise ProviderError when the mail wants what only a service keeps: groups, a sandbox, a time."""
        if content.unsubscribe_group is not None:
            raise ProviderError(
                f"the provider {self.name} keeps no unsubscribe groups",
                hint="Set delivery.unsubscribe_url, and build the issue again.",
            )
        if content.sandbox:
            raise ProviderError(f"the provider {self.name} has no sandbox", hint="Send the test without --sandbox.")
        if content.send_at is not None:
            raise ProviderError(
                f"the provider {self.name} cannot deliver at a time", hint="Send without --at, when the time has come."
            )

    def prepare(self, content: Content, recipients: Sequence[Recipient], *, reference: str) -> None:
        """Nothing is gained by it here."""

    def knows(self, content: Content) -> bool:
        """There is no record."""
        del content
        return False

    def reserve(self) -> str:
        """Nothing is delivered later."""
        raise ProviderError(f"the provider {self.name} cannot deliver at a time")

    def call_off(self, schedule: str) -> None:
        """Nothing is delivered later."""
        del schedule
        raise ProviderError(f"the provider {self.name} cannot call a delivery off")

    def suppressions(self) -> tuple[Suppression, ...]:
        """There is no list of those who left."""
        return ()
