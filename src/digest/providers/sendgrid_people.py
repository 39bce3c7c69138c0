"""Whom SendGrid says not to mail, and whom it says it has mailed.

https://www.twilio.com/docs/sendgrid/api-reference: bounces, spam reports, invalid emails, unsubscribes, groups, logs.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from digest.errors import ProviderError
from digest.mail import normalise_address
from digest.models import Suppression, SuppressionReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["logged_addresses", "read_suppressions"]

#: The largest page that SendGrid gives.
_PAGE = 500
#: More pages than this are a server that repeats itself (five million addresses).
_MOST_PAGES = 10_000
_LISTS = {
    "suppression/bounces": SuppressionReason.HARD_BOUNCE,
    "suppression/spam_reports": SuppressionReason.COMPLAINT,
    "suppression/invalid_emails": SuppressionReason.INVALID,
    "suppression/unsubscribes": SuppressionReason.UNSUBSCRIBED,
}
#: RFC 3463, section 3.2: "bad destination address" in its kinds; 5.1.7 and 5.1.8 speak of the sender.
_NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.(?:[0-46]|10)\b")


def read_suppressions(
    page: Callable[[str, Mapping[str, int]], list[Any]], *, group: int | None
) -> Iterator[Suppression]:
    """Everybody on the lists; blocks are no suppressions, since the fault is not the reader's address.

    Args:
        page: Fetches one page of a list, by its path below /v3 and the query.
        group: The unsubscribe group of this newsletter, if it has one.

    Raises:
        ProviderError: An answer is not what the documentation says; nobody may be overlooked.
    """
    for path, reason in _LISTS.items():
        for entry in _entries(page, path):
            email = entry.get("email") if isinstance(entry, dict) else None
            if not isinstance(email, str):
                raise ProviderError(f"an entry of SendGrid's {path} has no address")
            if reason is SuppressionReason.HARD_BOUNCE and not _is_hard(entry):
                continue
            yield _suppression(email, reason, entry.get("created"), path)
    if group is not None:
        path = f"asm/groups/{group}/suppressions"
        for email in page(path, {}):
            if not isinstance(email, str):
                raise ProviderError(f"an entry of SendGrid's {path} is no address")
            yield _suppression(email, SuppressionReason.UNSUBSCRIBED, None, path)


def logged_addresses(text: str) -> frozenset[str]:
    """The casefolded addresses of an answer of /v3/logs.

    Raises:
        ProviderError: It is no such answer.
    """
    try:
        return frozenset(str(message["to_email"]).casefold() for message in json.loads(text)["messages"])
    except (ValueError, KeyError, TypeError):
        raise ProviderError("SendGrid's answer about its logs cannot be read") from None


def _entries(page: Callable[[str, Mapping[str, int]], list[Any]], path: str) -> Iterator[Any]:
    for number in range(_MOST_PAGES):
        found = page(path, {"limit": _PAGE, "offset": number * _PAGE})
        yield from found
        if len(found) < _PAGE:
            return
    raise ProviderError(f"SendGrid's {path} does not end")


def _is_hard(entry: Mapping[str, Any]) -> bool:
    """Whether a bounce says that the address does not exist: 5.1.x (RFC 3463), or SendGrid's own class for it.

    A full mailbox (5.2.2), a policy (5.7.x) or a 4.x.x may be over next week.
    """
    classification = str(entry.get("bounce_classification") or entry.get("classification") or "")
    if classification:
        return classification.lower() == "invalid address"
    return any(_NO_SUCH_ADDRESS.search(str(entry.get(key) or "")) for key in ("status", "reason"))


def _suppression(email: str, reason: SuppressionReason, created: object, path: str) -> Suppression:
    try:
        email = normalise_address(email)
    except ValueError:
        email = email.strip()  # no list can hold it, but it is not ours to drop
    at = datetime.fromtimestamp(created, UTC) if isinstance(created, int | float) else None
    return Suppression(email=email, reason=reason, at=at, source=f"sendgrid {path}")
