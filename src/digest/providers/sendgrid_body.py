"""The body of SendGrid's /v3/mail/send, built by us (twilio.com/docs/sendgrid/api-reference/mail-send)."""

from __future__ import annotations

import html
import json
import re
from json.encoder import encode_basestring_ascii as _json
from typing import TYPE_CHECKING, Any

from digest.errors import ProviderError
from digest.mail import check_header
from digest.providers.base import LinkedRecipients

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from digest.providers.base import Content, Recipient

__all__ = ["BodyMaker", "check_content"]

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
#: What `html.escape` changes.
_TURNED = re.compile("[&<>\"']")
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


class BodyMaker:
    """Makes the requests of one campaign: what all share is written once, the rest is spliced in.

    Each recipient is a personalization of their own. One category names the issue, for `knows`, the other the call, for
    `lookup`; ``custom_args`` hold
    opaque keys alone, since SendGrid keeps them for ever and shows them to its staff.
    """

    def __init__(self, content: Content) -> None:
        self._content = content
        hosted = content.unsubscribe_group is not None
        own = [tag for tag in content.tags if not (hosted and tag == content.unsubscribe_tag)]
        self._tags = [(tag, _json(tag)) for tag in own]
        self._last: dict[str, tuple[str, str]] = {}
        self._shared: dict[tuple[str, ...], str] = {}
        self._headers = {
            name: f"{_json(name)}:{_json(check_header(name, value))}" for name, value in content.headers.items()
        }
        self._all_headers = ",".join(self._headers.values())

    def body(self, recipients: Sequence[Recipient], *, reference: str) -> str:
        """One request, as JSON in ASCII.

        Raises:
            IssueError: A header or a name would hold a line break.
        """
        turned = tuple(tag for tag, _ in self._tags if tag in self._content.html and _is_turned(tag, recipients))
        campaign = self._content.campaign
        keys = f'"di":{_json(self._content.issue)},"db":{_json(f"{campaign}.{reference}")}'
        if isinstance(recipients, LinkedRecipients) and not turned and self._takes(recipients):
            people = self._linked(recipients, keys)
        else:
            people = ",".join([self._personalization(person, keys, turned) for person in recipients])
        categories = f"[{_json(self._content.edition)},{_json(f'{campaign}.{reference}')}]"
        return f'{{"personalizations":[{people}],"categories":{categories},{self._rest(turned)}'

    def _personalization(self, person: Recipient, keys: str, turned: tuple[str, ...]) -> str:
        key, email, name, values, headers = person
        substitutions = ""
        if self._tags:
            pairs = [f"{shown}:{_json(values.get(tag, ''))}" for tag, shown in self._tags]
            if turned:
                pairs += [f"{_json(_html_tag(tag))}:{_json(html.escape(values.get(tag, '')))}" for tag in turned]
            substitutions = f',"substitutions":{{{",".join(pairs)}}}'
        lines = ",".join([self._line(name, value) for name, value in headers.items()])
        shared = self._shared_lines(headers)
        lines = f"{lines},{shared}" if lines and shared else lines or shared
        lines = f',"headers":{{{lines}}}' if lines else ""
        box = f'{{"email":{_json(email)}{_named(name)}}}'
        return f'{{"to":[{box}],"custom_args":{{{keys},"rk":"{key}"}}{substitutions}{lines}}}'

    def _takes(self, people: LinkedRecipients) -> bool:
        """Whether their links are the only tag, and can stand in JSON as they are."""
        return [people.tag] == [tag for tag, _ in self._tags] and _needs_no_escape("".join(people.links))

    def _linked(self, people: LinkedRecipients, keys: str) -> str:
        """The personalizations of people with nothing of their own but a link."""
        lines = [f"{_json(name)}:{_json(check_header(name, value))}" for name, value in people.headers.items()]
        shared = self._shared_lines(people.headers)
        tail = "".join(f",{line}" for line in (*lines, shared) if line)
        tag = _json(people.tag)
        return ",".join(
            [
                f'{{"to":[{{"email":{_json(email)}{_named(name)}}}],"custom_args":{{{keys},"rk":"{key}"}},'
                f'"substitutions":{{{tag}:"{link}"}},"headers":{{"List-Unsubscribe":"<{link}>"{tail}}}}}'
                for key, (email, name), link in zip(people.keys, people.rows, people.links, strict=True)
            ]
        )

    def _shared_lines(self, headers: Mapping[str, str]) -> str:
        """The headers of all, which stand with each: the documentation does not say that both levels are merged."""
        if self._headers.keys().isdisjoint(headers):
            return self._all_headers
        return ",".join(line for name, line in self._headers.items() if name not in headers)

    def _line(self, name: str, value: str) -> str:
        """A header as a member of a JSON object. The last one is kept, since some are the same for everybody."""
        known, line = self._last.get(name, ("", ""))
        if known != value:
            line = f"{_json(name)}:{_json(check_header(name, value))}"
            self._last[name] = value, line
        return line

    def _rest(self, turned: tuple[str, ...]) -> str:
        """What all calls share, from "from" to the last brace.

        SendGrid puts the same value into HTML and text. Where escaping changes a value of this call, the HTML part has
        a tag of its own for it: ``turned`` names them.
        """
        found = self._shared.get(turned)
        if found is not None:
            return found
        content = self._content
        page, text = content.html, content.text
        if content.unsubscribe_group is not None and content.unsubscribe_tag:
            page = page.replace(content.unsubscribe_tag, _GROUP_LINK)
            text = text.replace(content.unsubscribe_tag, _GROUP_LINK)
        for tag in turned:
            page = page.replace(tag, _html_tag(tag))
        rest: dict[str, Any] = {
            "from": _mailbox(*content.sender),
            "subject": check_header("Subject", content.subject),
            "content": [{"type": "text/plain", "value": text}, {"type": "text/html", "value": page}],
            "tracking_settings": _TRACKERS_OFF,
        }
        if content.reply_to:
            rest["reply_to"] = _mailbox(*content.reply_to)
        if content.unsubscribe_group is not None:
            group = content.unsubscribe_group
            rest["asm"] = {"group_id": group, "groups_to_display": [group]}
        if content.send_at is not None:
            rest["send_at"] = int(content.send_at.timestamp())
            if content.schedule:
                rest["batch_id"] = content.schedule
        if content.sandbox:
            rest["mail_settings"] = {"sandbox_mode": {"enable": True}}
        self._shared[turned] = json.dumps(rest)[1:]
        return self._shared[turned]


def _is_turned(tag: str, recipients: Sequence[Recipient]) -> bool:
    """Whether escaping for HTML changes somebody's value."""
    if isinstance(recipients, LinkedRecipients):
        return bool(recipients.tag == tag and _TURNED.search("".join(recipients.links)))
    return any(_TURNED.search(person.values.get(tag, "")) for person in recipients)


def _needs_no_escape(text: str) -> bool:
    """Whether text stands in JSON as it is."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _html_tag(tag: str) -> str:
    return f"{tag[: len(tag) // 2]}.h.{tag[len(tag) // 2 :]}"


def _named(name: str) -> str:
    return f',"name":{_json(_display(name))}' if name else ""


def _mailbox(name: str, address: str) -> dict[str, str]:
    return {"email": address, "name": _display(name)} if name else {"email": address}


def _display(name: str) -> str:
    """A name with a comma is cut there unless it is quoted (sendgrid/sendgrid-python#578)."""
    if "," in name or ";" in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return check_header("To", name)
