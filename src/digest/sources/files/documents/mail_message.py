"""Read a saved mail (.eml): its subject is the headline, its text the article."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from digest.errors import Place, SourceError
from digest.sources.encoding import decode_text
from digest.sources.files.wire_copy import headline_of_subject

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["MailText", "read_mail"]

_FLOWED = re.compile(r"(?<=[^ \n-]) \n(?=[^ \n>])")
#: Where the mail begins to which this one is the answer.
_ANSWERED = re.compile(
    r"^(?:-{2,}\s*(?:Original Message|Ursprüngliche Nachricht)|_{10,}\s*$"
    r"|(?:On|Am|Le|El) .{5,120}(?:wrote|schrieb|écrit|escribió).{0,20}:)",
    re.MULTILINE,
)
_FEWEST = 200  # characters of an answer that is a text of its own


@dataclass(frozen=True, kw_only=True, slots=True)
class MailText:
    """The parts of a mail. ``published`` is aware, in UTC; either ``text`` or ``html`` is empty."""

    title: str
    published: datetime | None
    text: str = ""
    html: str = ""


def read_mail(data: bytes, *, path: str) -> MailText:
    """Read a mail, or the one that it forwards as an attachment.

    Raises:
        SourceError: It has no text.
    """
    message = _innermost(message_from_bytes(data, policy=policy.default))
    plain, html = (_content(message, kind) for kind in ("plain", "html"))
    if not plain.strip() and not html.strip():
        raise SourceError("the mail has no text", place=Place(path), hint="Save its attachment as a file of its own.")
    # Programs write "This message needs HTML" into the plain part.
    prefers_html = bool(html) and len(plain.split()) < len(re.sub(r"<[^>]*>", " ", html).split()) / 3
    return MailText(
        title=headline_of_subject(str(message.get("Subject", ""))),
        published=_date(str(message.get("Date", ""))),
        text="" if prefers_html else _own(plain),
        html=html if prefers_html else "",
    )


def _innermost(message: EmailMessage) -> EmailMessage:
    """The mail that a nearly empty mail has as its attachment."""
    for _ in range(5):
        if len(_content(message, "plain").strip()) >= _FEWEST:
            return message
        inner = next((part for part in message.iter_attachments() if part.get_content_type() == "message/rfc822"), None)
        payload = inner.get_payload() if isinstance(inner, EmailMessage) else None
        if not isinstance(payload, list) or not isinstance(payload[0], EmailMessage):
            return message
        message = payload[0]
    return message


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if not isinstance(part, EmailMessage):
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError, KeyError):  # an unknown encoding
        text = decode_text(bytes(part.get_payload(decode=True) or b""))
    flowed = str(part.get_param("format", "")).lower() == "flowed"  # RFC 3676, 4
    return _FLOWED.sub(" ", text.replace("\r\n", "\n")) if flowed else text


def _own(text: str) -> str:
    """The text without the mail that it answers, if it is one itself."""
    answered = _ANSWERED.search(text)
    return text[: answered.start()] if answered and answered.start() >= _FEWEST else text


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
