"""What a hard bounce is: a reply that says that the address does not exist."""

from __future__ import annotations

import re

__all__ = ["is_hard_bounce"]

#: Enhanced status codes that mean "bad destination address" (RFC 3463, section 3.2). 5.1.5 means a valid address;
#: 5.1.7, 5.1.8 and 5.1.9 are about the sender or the body. 5.1.10 is a null MX (RFC 7505, section 3).
_BAD_ADDRESS = re.compile(r"(?<![\d.])5\.1\.(?:[0-46]|10)(?![\d.]*\d)")


def is_hard_bounce(*replies: object) -> bool:
    """Whether any of these replies or status codes says that the address does not exist, now and next week.

    A full mailbox (5.2.2), a policy (5.7.x) or a temporary failure (4.x.x) may be over next week.

    Args:
        replies: Texts such as ``5.1.1`` or ``550 5.1.1 no such user``; anything else counts as empty.
    """
    return any(isinstance(reply, str) and _BAD_ADDRESS.search(reply) for reply in replies)
