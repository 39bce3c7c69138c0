"""The build that is approved and sent: an HTML part, a text part and a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Approval", "Manifest", "PersonalTag", "RenderedIssue"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonalTag:
    """A part of the build that differs for each recipient.

    Attributes:
        name: What replaces the tag, such as ``unsubscribe_url`` or ``name``.
        tag: The literal text that is replaced. It contains a nonce of the issue, so no other text can match it.
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
    """Everything that decides what recipients receive. The approval token is its hash.

    Attributes:
        html_sha256: The SHA-256 of the HTML part's UTF-8 bytes, in hex; ``text_sha256`` likewise.
        audience: The audience's name; ``audience_files`` are the names of its lists as configured, never their
            content, and ``audience_where`` is the expression that selects from them.
        route: Where the mail goes and with which keys: each setting that decides it, as its dotted key and its value
            in JSON, sorted. A key or password is in it only as the name of its environment variable.
        unsubscribe: How a recipient unsubscribes: a URL template with ``{token}``, or ``group:12345``.
        not_after: An aware datetime in UTC. A live send that starts later is refused until the issue is built again.
        tags: The personal parts of the build.
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
    audience_files: tuple[str, ...] = ()
    audience_where: str
    provider: str
    route: tuple[tuple[str, str], ...] = ()
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
        token: The hash of the manifest; an approval names it.
    """

    html: str
    text: str
    manifest: Manifest
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """The approval of one build.

    Attributes:
        token: The hash of the approved manifest.
        by: Who approved it.
        at: When, as an aware datetime in UTC.
    """

    token: str
    by: str
    at: datetime
