"""One message as bytes: text first, HTML last, every line of it legal, and no header encoded that must not be.

The standard library's ``EmailMessage`` encodes a long List-Unsubscribe (python/cpython#85725), loses spaces between the
encoded words of a name, and takes twenty times as long; its ``Header`` and ``binascii`` do the same work rightly.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_qp
from email.header import Header
from email.utils import format_datetime, quote
from typing import TYPE_CHECKING

from digest.errors import IssueError
from digest.mail.headers import check_header

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["build_message"]

#: RFC 5322, section 2.1.1: the longest line without its line break.
_LONGEST_LINE = 998
_LINE_END = re.compile(r"\r\n?|\n")
#: RFC 5322, section 3.2.3: what a name may hold without quotes.
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
    """A multipart/alternative message with CRLF line ends (RFC 2046, section 5.1.4; RFC 5322).

    Args:
        sender: Name (may be empty) and address, as ``parse_sender`` gives them; ``reply_to`` likewise.
        to: A normalised address.
        message_id: With its angle brackets.
        date: Aware.
        headers: More headers, such as those of ``unsubscribe_headers``: ASCII, written as they are.

    Raises:
        IssueError: A header would hold a control character, or is too long for a line.
    """
    # An equals sign and an underscore never stand together in quoted-printable (RFC 2045, section 6.7).
    boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"
    lines = [
        _mailbox("From", *sender),
        _mailbox("To", to_name, to),
        *([_mailbox("Reply-To", *reply_to)] if reply_to else []),
        _words("Subject", subject),
        f"Date: {format_datetime(date)}",
        _verbatim("Message-ID", message_id),
        *(_verbatim(name, value) for name, value in (headers or {}).items()),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        "",
    ]
    parts = (_part(boundary, "plain", text), _part(boundary, "html", html))
    return b"".join(("\r\n".join(lines).encode("ascii"), *parts, f"--{boundary}--\r\n".encode("ascii")))


def _part(boundary: str, subtype: str, content: str) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode("ascii") + _quoted_printable(content) + b"\r\n"


def _quoted_printable(content: str) -> bytes:
    data = _LINE_END.sub("\r\n", content).encode("utf-8")
    encoded = b2a_qp(data, istext=True)
    # Without a line end to learn from, b2a_qp breaks lines with a bare line feed.
    return encoded if b"\r\n" in data else encoded.replace(b"=\n", b"=\r\n")


def _verbatim(name: str, value: str) -> str:
    """A header that must be neither encoded (RFC 2047, section 5) nor folded."""
    check_header(name, value)
    line = f"{name}: {value}"
    if len(line) > _LONGEST_LINE or not line.isascii():
        raise IssueError(f"the header {name} is too long for one line, or holds letters outside ASCII")
    return line


def _words(name: str, value: str) -> str:
    check_header(name, value)
    longest_word = max(map(len, value.split()), default=0)
    charset = "us-ascii" if value.isascii() and longest_word < _LONGEST_LINE - len(name) - 2 else "utf-8"
    if "=?" in value:
        charset = "utf-8"  # else it would read as an encoded word
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
