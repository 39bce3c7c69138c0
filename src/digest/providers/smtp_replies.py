"""Interprets SMTP replies, wherever they are read: in a session, a list of bounces or a webhook."""

from __future__ import annotations

import re

from digest.mail import redact_addresses

__all__ = ["LOGIN_REQUIRED", "is_hard_bounce", "is_policy_refusal", "reply_text"]

#: The server requires authentication, or refused it (RFC 4954, section 6).
LOGIN_REQUIRED = frozenset({530, 535, 538})
#: Enhanced status codes that mean "bad destination address" (RFC 3463, section 3.2). 5.1.5 means a valid address;
#: 5.1.7, 5.1.8 and 5.1.9 are about the sender or the body. 5.1.10 is a null MX (RFC 7505, section 3).
_BAD_ADDRESS = re.compile(r"(?<![\d.])5\.1\.(?:[0-46]|10)(?![\d.]*\d)")
_POLICY = re.compile(rb"5\.7\.\d")


def is_hard_bounce(*replies: object) -> bool:
    """Whether any of these replies or status codes means that the address permanently does not exist.

    A full mailbox (5.2.2), a policy (5.7.x) or a temporary failure (4.x.x) may be resolved by next week.

    Args:
        replies: Texts such as ``5.1.1`` or ``550 5.1.1 no such user``; anything else counts as empty.
    """
    return any(isinstance(reply, str) and _BAD_ADDRESS.search(reply) for reply in replies)


def is_policy_refusal(reply: bytes) -> bool:
    """Whether a refusal is a matter of security or policy (RFC 3463, section 3.8).

    A relay gives this answer to every client that it does not know, whoever the recipient is, so it says nothing about
    the recipient.
    """
    return _POLICY.match(reply) is not None


def reply_text(code: int, reply: bytes) -> str:
    """A reply in one line, without addresses."""
    return redact_addresses(f"{code} {reply.decode('utf-8', 'replace')}")
