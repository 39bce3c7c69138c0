"""The headers of bulk mail: how to unsubscribe (RFC 8058, RFC 2369) and which list it is (RFC 2919)."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from digest.errors import ConfigError, IssueError
from digest.models import is_web_address

__all__ = ["check_header", "list_id", "unsubscribe_headers"]

_NAME = re.compile(r"[!-9;-~]+")
#: Valid header names, for which only the value has to be checked.
_VALID_NAMES = frozenset({"To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"})
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: The maximum length of a label of a domain name (RFC 1035, section 2.3.4).
_LABEL = 63
_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")


def check_header(name: str, value: str) -> str:
    """Return ``value`` if it is safe in a header.

    Raises:
        IssueError: The name is invalid, or the value contains a line break or another control character. A line break
            would end the header and start another one (RFC 5322, section 2.2).
    """
    if value.isprintable() and name in _VALID_NAMES:
        return value
    if not _NAME.fullmatch(name):
        raise IssueError(f"{name!r} is not a valid header name", hint="Use letters, digits and hyphens.")
    if _UNSAFE.search(value):
        raise IssueError(
            f"the header {name} would contain a line break or another control character",
            hint="Remove it from the text that the header is made from.",
        )
    return value


def unsubscribe_headers(url: str) -> dict[str, str]:
    """The headers for which email clients show an unsubscribe button of their own.

    Gmail requires one-click unsubscribing from bulk senders (https://support.google.com/mail/answer/81126). It requires
    https (https://www.rfc-editor.org/rfc/rfc8058#section-3.1), so for an http address only the header of RFC 2369 is
    returned.

    Args:
        url: The address for one reader.

    Raises:
        ConfigError: The address is not absolute, not ASCII, or too long for one line. Clients do not read this header
            if it is encoded or folded.
    """
    if not is_web_address(url) or re.search(r"[^!-;=?-~]", url) or len(url) > 900:
        raise ConfigError(
            "delivery.unsubscribe_url does not give a valid address for the List-Unsubscribe header",
            hint="Start it with https://, and use only ASCII characters, without spaces.",
        )
    headers = {"List-Unsubscribe": f"<{url}>"}
    if urlsplit(url).scheme == "https":
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def list_id(newsletter: str, audience: str, sender_address: str) -> str:
    """The List-Id, by which email clients filter and group a list: the same for every issue of one audience (RFC 2919).

    Args:
        newsletter: The newsletter's name; it becomes the phrase before the identifier if it is plain ASCII.
        audience: The audience's name, as configured.
        sender_address: The address whose domain ends the identifier.
    """
    label = re.sub(r"[^a-z0-9-]+", "-", audience.lower()).strip("-")
    if label != audience.lower() or len(label) > _LABEL:  # two audiences must not share a List-Id
        label = f"{label[: _LABEL - 9]}-{hashlib.sha256(audience.encode()).hexdigest()[:8]}".strip("-")
    identifier = f"<{label}.{sender_address.rpartition('@')[2]}>"
    return f"{newsletter} {identifier}" if _PHRASE.fullmatch(newsletter) else identifier
