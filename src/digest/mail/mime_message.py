"""Build one message as bytes: the text part first, the HTML part last.

This does not use the standard library's ``EmailMessage``, which encodes a long List-Unsubscribe header so that clients
cannot read it (https://github.com/python/cpython/issues/85725), loses spaces between the encoded words of a name, and
takes twenty times as long. ``email.header`` and ``binascii``, which are used instead, have none of these problems.
"""

from __future__ import annotations

import hashlib
import html as html_module
import re
from binascii import b2a_qp
from email.header import Header
from email.utils import format_datetime, quote
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.errors import IssueError
from digest.mail.mail_headers import check_header
from digest.mail.personal_values import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

__all__ = ["MessageTemplate", "build_message"]

#: The maximum length of a line without its line break (RFC 5322, section 2.1.1).
_LONGEST_LINE = 998
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_LONGEST_QP_LINE = 76
#: A line break that decoding removes (RFC 2045, section 6.7, rule 5).
_SOFT_BREAK = b"=\r\n"
_LINE_END = re.compile(r"\r\n?|\n")
#: The characters of a display name that needs no quotes (RFC 5322, section 3.2.3).
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")


def build_message(
    *,
    sender: tuple[str, str],
    to: str,
    subject: str,
    html: str,
    text: str,
    message_id: str,
    date: datetime,
    to_name: str = "",
    reply_to: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A multipart/alternative message with CRLF line ends (RFC 5322; RFC 2046, section 5.1.4).

    Args:
        sender: Name (may be empty) and address, as returned by ``parse_sender``.
        to: A normalised address.
        subject: The subject, as plain text.
        html: The HTML part.
        text: The text part.
        message_id: The Message-ID, in angle brackets.
        date: The time in the Date header; aware, in any time zone.
        to_name: The recipient's name; may be empty.
        reply_to: Name and address, like ``sender``.
        headers: Additional headers, such as those of ``unsubscribe_headers``: ASCII, written unchanged.

    Raises:
        IssueError: A header would contain a control character, or is too long for one line.
    """
    template = MessageTemplate(sender=sender, reply_to=reply_to, subject=subject, html=html, text=text, date=date)
    return template.message(to=to, to_name=to_name, message_id=message_id, headers=headers or {})


class MessageTemplate:
    """Makes the messages of one campaign. The shared content is encoded once, and each reader's values are inserted.

    The arguments are those of `build_message`, and ``tags``: the literal texts in subject, html and text that are
    replaced for each reader.
    """

    def __init__(
        self,
        *,
        sender: tuple[str, str],
        subject: str,
        html: str,
        text: str,
        date: datetime,
        reply_to: tuple[str, str] | None = None,
        tags: Sequence[str] = (),
    ) -> None:
        self._subject = subject
        self._personal_subject = any(tag in subject for tag in tags)
        self._first = _mailbox("From", *sender)
        self._reply_to = [_mailbox("Reply-To", *reply_to)] if reply_to else []
        self._subject_line = _unstructured("Subject", subject)
        self._date = f"Date: {format_datetime(date)}"
        self._parts = (("plain", _Part(text, tags)), ("html", _Part(html, tags)))

    def message(
        self,
        *,
        to: str,
        message_id: str,
        to_name: str = "",
        values: Mapping[str, str] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
        stuffed: bool = False,
    ) -> bytes:
        """The message for one reader.

        Args:
            to: A normalised address.
            message_id: The Message-ID, in angle brackets.
            to_name: The reader's name; may be empty.
            values: The reader's values by tag, as plain text; escaped here for the HTML part.
            headers: Additional headers: ASCII, written unchanged.
            stuffed: Double a dot at the start of a line, as SMTP's DATA command requires (RFC 5321, section 4.5.2).

        Raises:
            IssueError: A header would contain a control character, or is too long for one line.
        """
        # "=_" never occurs in quoted-printable text, so the boundary cannot either (RFC 2045, section 6.7).
        boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"
        subject = (
            _unstructured("Subject", fill(self._subject, values)) if self._personal_subject else self._subject_line
        )
        lines = [
            self._first,
            _mailbox("To", to_name, to),
            *self._reply_to,
            subject,
            self._date,
            _verbatim("Message-ID", message_id),
            *(_verbatim(name, value) for name, value in headers.items()),
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
            "",
            "",
        ]
        message = ["\r\n".join(lines).encode("ascii")]
        for subtype, part in self._parts:
            escape = html_module.escape if subtype == "html" else str
            message.append(_head(boundary, subtype))
            message.append(part.encoded(values, escape=escape, stuffed=stuffed))
            message.append(b"\r\n")
        message.append(f"--{boundary}--\r\n".encode("ascii"))
        return b"".join(message)


class _Part:
    """One part: pieces in quoted-printable, and the tags between them.

    Each tag is set between soft line breaks, so the pieces before and after it are the same for all readers and are
    encoded once.
    """

    def __init__(self, content: str, tags: Sequence[str]) -> None:
        longest_first = sorted(tags, key=len, reverse=True)
        pieces = re.split("(" + "|".join(map(re.escape, longest_first)) + ")", content) if tags else [content]
        self._plain = [_with_room(_quoted_printable(piece)) for piece in pieces[::2]]
        self._stuffed = [_LEADING_DOT.sub(b"..", piece) for piece in self._plain]
        self._tags = pieces[1::2]

    def encoded(self, values: Mapping[str, str], *, escape: Callable[[str], str], stuffed: bool) -> bytes:
        pieces = self._stuffed if stuffed else self._plain
        if not self._tags:
            return pieces[0]
        own = {tag: _with_room(_quoted_printable(escape(values.get(tag, tag)))) for tag in dict.fromkeys(self._tags)}
        if stuffed:
            own = {tag: _LEADING_DOT.sub(b"..", value) for tag, value in own.items()}
        encoded = [pieces[0]]
        for tag, piece in zip(self._tags, pieces[1:], strict=True):
            encoded += [_SOFT_BREAK, own[tag], _SOFT_BREAK, piece]
        return b"".join(encoded)


def _with_room(encoded: bytes) -> bytes:
    """``encoded`` with room for a soft break in its last line, within the 76 characters of RFC 2045, section 6.7."""
    before, end, last = encoded.rpartition(b"\n")
    if len(last) < _LONGEST_QP_LINE:
        return encoded
    cut = _LONGEST_QP_LINE // 2
    while b"=" in last[cut - 2 : cut]:
        cut -= 1
    return b"".join((before, end, last[:cut], _SOFT_BREAK, last[cut:]))


def _head(boundary: str, subtype: str) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode("ascii")


def _quoted_printable(content: str) -> bytes:
    data = _LINE_END.sub("\r\n", content).encode("utf-8")
    encoded = b2a_qp(data, istext=True)
    # b2a_qp copies the line ends of its input; if there are none, it breaks lines with a bare line feed.
    return encoded if b"\r\n" in data else encoded.replace(b"=\n", b"=\r\n")


def _verbatim(name: str, value: str) -> str:
    """A header that may not be encoded (RFC 2047, section 5) or folded."""
    check_header(name, value)
    line = f"{name}: {value}"
    if len(line) > _LONGEST_LINE or not line.isascii():
        raise IssueError(f"the header {name} is too long for one line, or contains characters outside ASCII")
    return line


def _unstructured(name: str, value: str) -> str:
    check_header(name, value)
    longest_word = max(map(len, value.split()), default=0)
    charset = "us-ascii" if value.isascii() and longest_word < _LONGEST_LINE - len(name) - 2 else "utf-8"
    if "=?" in value:
        charset = "utf-8"  # otherwise the value would be read as an encoded word (RFC 2047)
    return f"{name}: {_encoded(name, value, charset)}"


def _encoded(name: str, value: str, charset: str) -> str:
    return Header(value, charset, header_name=name, maxlinelen=76).encode(linesep="\r\n")


def _mailbox(name: str, display: str, address: str) -> str:
    check_header(name, display)
    if not display:
        return _verbatim(name, address)
    if display.isascii() and "=?" not in display and len(display) < 200:
        shown = display if _ATOMS.fullmatch(display) else f'"{quote(display)}"'
        return _verbatim(name, f"{shown} <{address}>")
    encoded = _encoded(name, display, "utf-8")
    return f"{name}: {encoded}\r\n <{check_header(name, address)}>"
