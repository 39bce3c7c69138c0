"""SendGrid's suppression lists, and the addresses in its Email Logs.

https://www.twilio.com/docs/sendgrid/api-reference: bounces, spam reports, invalid emails, unsubscribes, groups, logs.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from digest.errors import ProviderError
from digest.mail import normalise_address
from digest.models import Suppression, SuppressionReason
from digest.providers.smtp_replies import is_hard_bounce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    #: Fetches one page of a list, by its path below /v3 and its query.
    GetList = Callable[[str, Mapping[str, int]], list[Any]]

__all__ = ["event_time", "is_hard", "logged_addresses", "read_suppression_lists"]

#: The largest page that SendGrid returns.
_PAGE_SIZE = 500
#: A server with more pages than this (five million addresses) repeats itself.
_MOST_PAGES = 10_000
#: Blocks are not among them: a block is not the fault of the reader's address.
_LISTS = {
    "suppression/bounces": SuppressionReason.HARD_BOUNCE,
    "suppression/spam_reports": SuppressionReason.COMPLAINT,
    "suppression/invalid_emails": SuppressionReason.INVALID,
    "suppression/unsubscribes": SuppressionReason.UNSUBSCRIBED,
}


def read_suppression_lists(get_list: GetList, *, group: int | None) -> Iterator[Suppression]:
    """Everyone on the lists of bounces (hard ones only), spam reports, invalid addresses and unsubscribes.

    Args:
        get_list: Fetches one page of a list, by its path below /v3 and its query.
        group: The newsletter's unsubscribe group, if it has one.

    Raises:
        ProviderError: A reply does not have the documented form. Guessing could overlook someone.
    """
    for path, reason in _LISTS.items():
        for entry in _entries(get_list, path):
            email = entry.get("email") if isinstance(entry, dict) else None
            if not isinstance(email, str) or not email.strip():
                raise ProviderError(f"an entry in SendGrid's {path} has no address")
            if reason is SuppressionReason.HARD_BOUNCE and not is_hard(entry):
                continue
            yield _suppression(email, reason, entry.get("created"), path)
    if group is not None:
        path = f"asm/groups/{group}/suppressions"
        for email in get_list(path, {}):
            if not isinstance(email, str):
                raise ProviderError(f"an entry in SendGrid's {path} is not an address")
            yield _suppression(email, SuppressionReason.UNSUBSCRIBED, None, path)


def logged_addresses(text: str) -> frozenset[str]:
    """The casefolded addresses in a reply of /v3/logs.

    Raises:
        ProviderError: The reply cannot be read.
    """
    try:
        return frozenset(str(message["to_email"]).casefold() for message in json.loads(text)["messages"])
    except (ValueError, KeyError, TypeError):
        raise ProviderError("cannot read SendGrid's reply about its logs") from None


def event_time(seconds: object) -> datetime | None:
    """A time in seconds since 1970, aware; None if it is not a valid time. The event counts all the same."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _entries(get_list: GetList, path: str) -> Iterator[Any]:
    for number in range(_MOST_PAGES):
        page = get_list(path, {"limit": _PAGE_SIZE, "offset": number * _PAGE_SIZE})
        yield from page
        if len(page) < _PAGE_SIZE:
            return
    raise ProviderError(f"SendGrid's {path} does not end")


def is_hard(entry: Mapping[str, Any]) -> bool:
    """Whether a bounce means that the address does not exist, by the server's reply, or SendGrid's classification.

    Args:
        entry: An entry in the list of bounces, or an event of the webhook.

    https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/bounce-and-block-classifications
    """
    classification = str(entry.get("bounce_classification") or entry.get("classification") or "")
    is_invalid = classification.lower() == "invalid address" if classification else None
    return is_hard_bounce(entry.get("status"), entry.get("reason"), otherwise=is_invalid)


def _suppression(email: str, reason: SuppressionReason, created: object, path: str) -> Suppression:
    try:
        email = normalise_address(email)
    except ValueError:
        email = email.strip()  # no list can hold it, but dropping it is not this function's decision
    return Suppression(email=email, reason=reason, at=event_time(created), source=f"sendgrid {path}")
