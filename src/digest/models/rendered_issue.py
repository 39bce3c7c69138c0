"""What is approved and sent: two parts and a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Approval", "Manifest", "PersonalTag", "RenderedIssue"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonalTag:
    """A place in the built bytes that is different for each recipient.

    Attributes:
        name: What is put there, such as ``unsubscribe_url`` or ``name``.
        tag: The literal text that stands for it. It holds a nonce of the issue, so nothing else can look like it.
        html: Offsets in the HTML part, in characters.
        text: Offsets in the text part, in characters.
        subject: Offsets in the subject, in characters.
    """

    name: str
    tag: str
    html: tuple[int, ...] = ()
    text: tuple[int, ...] = ()
    subject: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Everything that decides what a recipient gets. Its hash is the approval token.

    Attributes:
        html_sha256: Of the HTML part's UTF-8 bytes, in hex; ``text_sha256`` likewise.
        audience: The audience's name, and ``audience_where`` the expression that selects from its lists.
        unsubscribe: How a reader leaves: a URL template with ``{token}``, or ``group:12345``.
        not_after: Aware, in UTC. A live send that starts later is refused until the issue is built again.
        tags: Where the built bytes are personal.
        stories: The canonical URL of each story, in order.
    """

    issue: str
    html_sha256: str
    text_sha256: str
    subject: str
    preheader: str
    sender: str
    reply_to: str
    audience: str
    audience_where: str
    provider: str
    unsubscribe: str
    not_after: datetime
    tags: tuple[PersonalTag, ...] = ()
    stories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedIssue:
    """An issue as it will be sent.

    Attributes:
        html: The HTML part, with personal tags.
        text: The plain-text part, with personal tags.
        token: The hash of the manifest, which an approval names.
    """

    html: str
    text: str
    manifest: Manifest
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """That a person approved this build. ``at`` is aware, in UTC."""

    token: str
    by: str
    at: datetime
