"""The headers of bulk mail: how to leave (RFC 8058, RFC 2369) and which list this is (RFC 2919)."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from digest.errors import ConfigError, IssueError

__all__ = ["check_header", "list_id", "unsubscribe_headers"]

_NAME = re.compile(r"[!-9;-~]+")
#: Names that need no look; what is printable holds no control character.
_KNOWN = frozenset({"To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"})
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: The longest part of a name (RFC 1035, section 2.3.4).
_LABEL = 63
_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")


def check_header(name: str, value: str) -> str:
    """Return ``value`` when it can stand in a header as it is.

    Raises:
        IssueError: It, or the name, holds a line break or another control character, and would make a header of
            its own (RFC 5322, section 2.2).
    """
    if value.isprintable() and name in _KNOWN:
        return value
    if not _NAME.fullmatch(name):
        raise IssueError("a header's name holds a character that it cannot hold")
    if _UNSAFE.search(value):
        raise IssueError(
            f"the header {name} would hold a line break or another control character",
            hint="Take it out of the text that the header is made of.",
        )
    return value


def unsubscribe_headers(url: str) -> dict[str, str]:
    """The headers that make a mail program show its own unsubscribe button.

    One click needs https (RFC 8058, section 3.1); for another address only RFC 2369's header is given.

    Raises:
        ConfigError: The address is not absolute, is not ASCII, or does not fit on one line, which it must, since
            mail programs do not read an encoded or a broken one.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[^!-;=?-~]", url) or len(url) > 900:
        raise ConfigError(
            "delivery.unsubscribe_url does not make an address that fits in a header",
            hint="It begins with https:// and holds no space and no letters outside ASCII.",
        )
    headers = {"List-Unsubscribe": f"<{url}>"}
    if parts.scheme == "https":
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def list_id(newsletter: str, audience: str, sender_address: str) -> str:
    """The name under which mail programs file this list: the same for every issue of one audience (RFC 2919).

    Args:
        newsletter: The newsletter's name; it becomes the phrase where plain ASCII can say it.
        audience: The audience's name, as configured.
        sender_address: Whose domain names the list.
    """
    label = re.sub(r"[^a-z0-9-]+", "-", audience.lower()).strip("-")
    if label != audience.lower() or len(label) > _LABEL:  # two names must not become one list
        label = f"{label[: _LABEL - 9]}-{hashlib.sha256(audience.encode()).hexdigest()[:8]}".strip("-")
    identifier = f"<{label}.{sender_address.rpartition('@')[2]}>"
    return f"{newsletter} {identifier}" if _PHRASE.fullmatch(newsletter) else identifier
