"""The body of SendGrid's /v3/mail/send, built by us (twilio.com/docs/sendgrid/api-reference/mail-send)."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from digest.errors import ProviderError
from digest.mail import check_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from digest.providers.base import Content, Recipient

__all__ = ["check_content", "mail_body"]

#: The tag that SendGrid replaces by the address of its own unsubscribe page, without a link around it.
_GROUP_LINK = "<%asm_group_unsubscribe_raw_url%>"
_RESERVED = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)
#: All trackers, off in every request: they rewrite the links and add what nobody approved.
_TRACKERS_OFF = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}


def check_content(content: Content) -> None:
    """Refuse what SendGrid cannot express.

    Raises:
        ProviderError: A header is one of those that SendGrid keeps for itself, or a tag is part of another, since
            nobody knows which of them SendGrid would replace first.
    """
    for name in content.headers:
        if name.lower() in _RESERVED:
            raise ProviderError(f"SendGrid does not let the header {name} be set")
    for tag in content.tags:
        if any(tag in other for other in content.tags if other != tag):
            raise ProviderError(f"the personal tag {tag} is part of another one")


def mail_body(content: Content, recipients: Sequence[Recipient], *, reference: str) -> dict[str, Any]:
    """One request for all recipients, each in a personalization of their own.

    The category names the call, for `lookup`; ``custom_args`` hold opaque keys alone, since SendGrid keeps them for
    ever and shows them to its staff.
    """
    hosted = content.unsubscribe_group is not None
    parts = _Parts(content, recipients, hosted=hosted)
    body: dict[str, Any] = {
        "personalizations": [parts.personalization(person, reference) for person in recipients],
        "from": _mailbox(*content.sender),
        "subject": check_header("Subject", content.subject),
        "content": [{"type": "text/plain", "value": parts.text}, {"type": "text/html", "value": parts.html}],
        "categories": [content.campaign, f"{content.campaign}.{reference}"],
        "tracking_settings": _TRACKERS_OFF,
    }
    if content.reply_to:
        body["reply_to"] = _mailbox(*content.reply_to)
    if hosted:
        body["asm"] = {"group_id": content.unsubscribe_group, "groups_to_display": [content.unsubscribe_group]}
    if content.sandbox:
        body["mail_settings"] = {"sandbox_mode": {"enable": True}}
    return body


class _Parts:
    """The shared parts, with tags as SendGrid is to see them.

    SendGrid puts the same value into HTML and text. Where escaping changes a value of this call, the HTML part gets a
    tag of its own for it.
    """

    def __init__(self, content: Content, recipients: Sequence[Recipient], *, hosted: bool) -> None:
        self._content = content
        self.html, self.text = content.html, content.text
        tags = [tag for tag in content.tags if not (hosted and tag == content.unsubscribe_tag)]
        if hosted and content.unsubscribe_tag:
            self.html = self.html.replace(content.unsubscribe_tag, _GROUP_LINK)
            self.text = self.text.replace(content.unsubscribe_tag, _GROUP_LINK)
        self._tags = tags
        self._html_tags: dict[str, str] = {}
        for tag in tags:
            differs = any(
                html.escape(value) != value for value in (person.values.get(tag, "") for person in recipients)
            )
            if differs and tag in self.html:
                own = f"{tag[: len(tag) // 2]}.h.{tag[len(tag) // 2 :]}"
                self._html_tags[tag] = own
                self.html = self.html.replace(tag, own)

    def personalization(self, person: Recipient, reference: str) -> dict[str, Any]:
        """One recipient: the address, the values, the headers and the opaque keys."""
        made: dict[str, Any] = {
            "to": [_mailbox(person.name, person.email)],
            "custom_args": {"di": self._content.issue, "db": f"{self._content.campaign}.{reference}", "rk": person.key},
        }
        substitutions = self._substitutions(person.values)
        if substitutions:
            made["substitutions"] = substitutions
        # Shared headers stand here too: the documentation does not say that both levels are merged.
        headers = {**self._content.headers, **person.headers}
        if headers:
            made["headers"] = {name: check_header(name, value) for name, value in headers.items()}
        return made

    def _substitutions(self, values: Mapping[str, str]) -> dict[str, str]:
        made = {tag: values.get(tag, "") for tag in self._tags}
        for tag, own in self._html_tags.items():
            made[own] = html.escape(values.get(tag, ""))
        return made


def _mailbox(name: str, address: str) -> dict[str, str]:
    if not name:
        return {"email": address}
    # A name with a comma is cut there unless it is quoted (sendgrid/sendgrid-python#578).
    if "," in name or ";" in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return {"email": address, "name": check_header("To", name)}
