"""Composes the message for each recipient, for providers that take complete messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.mail import MessageTemplate

if TYPE_CHECKING:
    from digest.providers.provider_call import MailContent, Recipient

__all__ = ["MessageComposer"]


class MessageComposer:
    """Composes the messages of one campaign. The same recipient always gets the same Message-ID."""

    def __init__(self, content: MailContent) -> None:
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

    def message(self, recipient: Recipient, *, stuffed: bool = False) -> bytes:
        """The message of one recipient; ``stuffed`` doubles leading dots, as SMTP requires (RFC 5321, 4.5.2)."""
        return self._template.message(
            to=recipient.email,
            to_name=recipient.name,
            message_id=f"<{recipient.key}.{self.content.campaign}@{self._domain}>",
            values=recipient.values,
            headers={**self._headers, **recipient.headers},
            stuffed=stuffed,
        )
