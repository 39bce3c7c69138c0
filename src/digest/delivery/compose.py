"""What a campaign's recipients share, and what is each one's own. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.mail import clean_value, list_id, parse_sender, unsubscribe_headers
from digest.providers import Content, Recipient
from digest.subscribers import make_token

if TYPE_CHECKING:
    from datetime import datetime

    from digest.config import Config
    from digest.models import RenderedIssue, Subscriber

__all__ = ["Composer"]

_GROUP = "group:"
_UNSUBSCRIBE = "unsubscribe_url"


class Composer:
    """Makes a provider's content and recipients from an approved issue.

    Attributes:
        content: Shared by every call.
    """

    def __init__(
        self, rendered: RenderedIssue, *, config: Config, secret: bytes, date: datetime, sandbox: bool = False
    ) -> None:
        manifest = rendered.manifest
        self._audience = manifest.audience
        self._secret = secret
        self._tags = manifest.tags
        hosted = manifest.unsubscribe.startswith(_GROUP)
        self._url = "" if hosted else manifest.unsubscribe
        sender = parse_sender(manifest.sender)
        tag = next((tag.tag for tag in manifest.tags if tag.name == _UNSUBSCRIBE), "")
        self.content = Content(
            issue=manifest.issue,
            campaign=_campaign_name(manifest.issue, manifest.audience, rendered.token),
            sender=sender,
            reply_to=parse_sender(manifest.reply_to) if manifest.reply_to else None,
            subject=manifest.subject,
            html=rendered.html,
            text=rendered.text,
            date=date,
            tags=tuple(tag.tag for tag in manifest.tags),
            headers={
                "List-Id": list_id(config.newsletter.name, manifest.audience, sender[1]),
                "Auto-Submitted": "auto-generated",  # asks programs not to answer (RFC 3834, section 5)
            },
            unsubscribe_group=int(manifest.unsubscribe.removeprefix(_GROUP)) if hosted else None,
            unsubscribe_tag=tag,
            sandbox=sandbox,
        )

    def recipient(self, key: bytes, person: Subscriber) -> Recipient:
        """One person of the audience.

        Args:
            key: Their keyed hash.
        """
        url = self._url.replace("{token}", make_token(self._secret, list=self._audience, email=person.email))
        return Recipient(
            key=key.hex(),
            email=person.email,
            name=clean_value(person.name),
            values={tag.tag: self._value(tag.name, person, url) for tag in self._tags},
            headers=unsubscribe_headers(url) if url else {},
        )

    def _value(self, name: str, person: Subscriber, url: str) -> str:
        """The value of a personal tag; ``name|there`` falls back to "there"."""
        name, _, fallback = name.partition("|")
        if name == _UNSUBSCRIBE:
            return url
        value = {"name": person.name, "email": person.email}.get(name, person.fields.get(name, ""))
        return clean_value(value) or fallback


def _campaign_name(issue: str, audience: str, token: str) -> str:
    """Unique in a provider's account, where other newsletters may have an issue of the same week."""
    return f"{issue}.{re.sub(r'[^A-Za-z0-9_-]+', '-', audience)}.{token[:12]}"
