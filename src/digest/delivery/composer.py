"""Composes a campaign: the content that all recipients share, and each recipient's own values and headers. Pure."""

from __future__ import annotations

import re
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.mail import clean_value, list_id, parse_sender, unsubscribe_headers
from digest.providers import LinkedRecipients, MailContent, Recipient
from digest.subscribers import PackedSubscribers, batch_signer, signer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.models import RenderedIssue, Subscriber

__all__ = ["Composer"]

_GROUP = "group:"
_UNSUBSCRIBE = "unsubscribe_url"
_PLACEHOLDER = "{token}"
_NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class Composer:
    """Makes a provider's content and recipients from an approved issue.

    Attributes:
        content: The content, shared by all calls.
    """

    def __init__(
        self,
        rendered: RenderedIssue,
        *,
        config: Config,
        secret: bytes,
        date: datetime,
        sandbox: bool = False,
        send_at: datetime | None = None,
        schedule: str = "",
    ) -> None:
        manifest = rendered.manifest
        self._tags = tuple((tag.tag, *_name_and_fallback(tag.name)) for tag in manifest.tags)
        self._only_link = self._tags[0][0] if [field for _, field, _ in self._tags] == [_UNSUBSCRIBE] else ""
        hosted = manifest.unsubscribe.startswith(_GROUP)
        template = "" if hosted else manifest.unsubscribe
        before, _, after = template.partition(_PLACEHOLDER)
        self._around = (before, after)
        self._token = signer(secret, manifest.audience)
        self._tokens = batch_signer(secret, manifest.audience)
        # Tokens are letters and digits only, so the headers of all links differ in nothing else.
        sample = unsubscribe_headers(f"{before}{self._token('a@example.com')}{after}") if before else {}
        self._one_click = {name: value for name, value in sample.items() if name != "List-Unsubscribe"}
        sender = parse_sender(manifest.sender)
        list_name = list_id(config.newsletter.name, manifest.audience, sender[1])
        tag = next((tag.tag for tag in manifest.tags if tag.name == _UNSUBSCRIBE), "")
        self.content = MailContent(
            issue=manifest.issue,
            campaign=_campaign_name(manifest.issue, manifest.audience, rendered.token),
            edition=_edition(manifest.issue, manifest.audience, f"{config.newsletter.name}\0{sender[1]}"),
            sender=sender,
            reply_to=parse_sender(manifest.reply_to) if manifest.reply_to else None,
            subject=manifest.subject,
            html=rendered.html,
            text=rendered.text,
            date=date,
            tags=tuple(tag.tag for tag in manifest.tags),
            headers={
                "List-Id": list_name,
                "Auto-Submitted": "auto-generated",  # asks email clients not to reply (RFC 3834, section 5)
            },
            unsubscribe_group=int(manifest.unsubscribe.removeprefix(_GROUP)) if hosted else None,
            unsubscribe_tag=tag,
            sandbox=sandbox,
            send_at=send_at,
            schedule=schedule,
        )

    def recipient(self, key: bytes, person: Subscriber) -> Recipient:
        """Compose one recipient.

        Args:
            key: The keyed hash of the address.
            person: The subscriber.
        """
        before, after = self._around
        url = f"{before}{self._token(person.email)}{after}" if before else ""
        fields = {field.casefold(): clean_value(value) for field, value in person.fields.items()}
        return self._of_row(key.hex(), person.email, clean_value(person.name), url, fields)

    def recipients(self, keys: Sequence[bytes], people: Sequence[Subscriber]) -> Sequence[Recipient]:
        """Compose the recipients of one call. ``keys`` are their keyed hashes, in the same order."""
        if not (self._only_link and self._around[0] and isinstance(people, PackedSubscribers)):
            return [self.recipient(key, person) for key, person in zip(keys, people, strict=True)]
        emails, names = people.mailboxes()  # they were cleaned when the lists were read
        return LinkedRecipients(
            keys=[key.hex() for key in keys],
            emails=emails,
            names=names,
            tokens=self._tokens(emails),
            around=self._around,
            tag=self._only_link,
            headers=self._one_click,
        )

    def _of_row(self, key: str, email: str, name: str, url: str, fields: Mapping[str, str] = _NO_FIELDS) -> Recipient:
        own = {"name": name, "email": email, _UNSUBSCRIBE: url}
        values = {tag: (own if at in own else fields).get(at) or fallback for tag, at, fallback in self._tags}
        headers = {"List-Unsubscribe": f"<{url}>", **self._one_click} if url else _NO_FIELDS
        return Recipient(key, email, name, values, headers)


def _name_and_fallback(name: str) -> tuple[str, str]:
    """Split a tag's name: ``name|there`` is the field ``name``, or "there" if that is empty."""
    field, _, fallback = name.partition("|")
    return field.casefold(), fallback


def _edition(issue: str, audience: str, newsletter: str) -> str:
    """An id that is the same for every build and on every machine that has this newsletter."""
    return f"{issue}.{_plain(audience)}.{blake2b(newsletter.encode(), digest_size=6).hexdigest()}"


def _campaign_name(issue: str, audience: str, token: str) -> str:
    """An id that is unique in a provider's account, where other newsletters may send an issue of the same week."""
    return f"{issue}.{_plain(audience)}.{token[:12]}"


def _plain(audience: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", audience)
