"""What a SendGrid account says about itself: rights, sender, group, trackers, time.

https://www.twilio.com/docs/sendgrid/api-reference: API key permissions (scopes), domain authentication, verified
senders, suppression groups, tracking settings.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from digest.providers.base import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from digest.config import SendGridConfig

    Get = Callable[[str, Mapping[str, str]], tuple[int, Mapping[str, str], Any]]

__all__ = ["diagnose_account"]

#: Rights of a key, and what is not done without each.
_NEEDED = {
    "mail.send": "nothing can be sent",
    "suppression.read": "nobody can be asked who has left, so that nothing is sent",
}
_USEFUL = {
    "email_logs.read": "it cannot be asked whether an issue was mailed before, nor what became of a lost answer",
}
#: Seconds by which clocks may differ: a moment of delivery and a wait are told by the clock.
_CLOCK = 60


def diagnose_account(
    get: Get, *, sender: str, config: SendGridConfig, now: Callable[[], datetime]
) -> Iterator[Diagnosis]:
    """Look at an account.

    Args:
        get: Asks for an address below /v3, with a query; gives status, headers by lower-case name, and JSON.
        sender: The address that mail comes from.
    """
    status, headers, answer = get("scopes", {})
    scopes = set(answer.get("scopes", ())) if status == 200 and isinstance(answer, dict) else set()
    yield from _rights(scopes)
    yield from _clock(headers.get("date", ""), now())
    yield from _sender(get, sender)
    if config.unsubscribe_group is not None:
        yield from _group(get, config.unsubscribe_group)
    yield from _trackers(get)


def _rights(scopes: set[str]) -> Iterator[Diagnosis]:
    if not scopes:
        words = "the key does not tell its rights"
        yield Diagnosis(what="key", state="warning", words=words, remedy="Try it: digest send-test --sandbox --to YOU")
        return
    missing = {right: so for right, so in (_NEEDED | _USEFUL).items() if not _has(scopes, right)}
    for right, so in missing.items():
        remedy = "Give the key this right, under Settings, API Keys."
        words = f"it lacks {right}: {so}"
        yield Diagnosis(what="key", state="error" if right in _NEEDED else "warning", words=words, remedy=remedy)
    if not missing:
        yield Diagnosis(what="key", state="ok", words="it has the rights that a send needs")


def _has(scopes: set[str], right: str) -> bool:
    """Whether a right, or all of its part, is there; logs have had two names."""
    part = right.partition(".")[0]
    names = {right, f"{part}.all", "messages.read"} if part == "email_logs" else {right, f"{part}.all"}
    return bool(scopes & names) or any(scope.startswith(f"{right}.") for scope in scopes)


def _clock(date: str, now: datetime) -> Iterator[Diagnosis]:
    try:
        there = parsedate_to_datetime(date).astimezone(UTC)
    except (TypeError, ValueError):
        return
    seconds = abs((now - there).total_seconds())
    if seconds > _CLOCK:
        remedy = "Set it by the network's time, and unset DIGEST_NOW."
        words = f"this machine's clock is {seconds:,.0f} seconds away from SendGrid's"
        yield Diagnosis(what="clock", state="error", words=words, remedy=remedy)
    else:
        yield Diagnosis(what="clock", state="ok", words="as SendGrid's")


def _sender(get: Get, sender: str) -> Iterator[Diagnosis]:
    domain = sender.rpartition("@")[2]
    status, _, domains = get("whitelabel/domains", {"limit": "50"})
    known = domains if status == 200 and isinstance(domains, list) else ()
    if any(one.get("valid") and _covers(str(one.get("domain", "")), domain) for one in known):
        yield Diagnosis(what="sender", state="ok", words=f"{domain} is authenticated")
        return
    status, _, senders = get("verified_senders", {"limit": "100"})
    results = senders.get("results", ()) if status == 200 and isinstance(senders, dict) else ()
    if any(one.get("verified") and str(one.get("from_email", "")).casefold() == sender.casefold() for one in results):
        words = f"the address is verified, and {domain} is not authenticated"
        remedy = "Authenticate the domain: Gmail and Yahoo ask for it (SPF, DKIM and DMARC that fit the sender)."
        yield Diagnosis(what="sender", state="warning", words=words, remedy=remedy)
        return
    remedy = "Settings, Sender Authentication: authenticate the domain."
    yield Diagnosis(what="sender", state="error", words=f"neither {domain} nor the address is verified", remedy=remedy)


def _covers(authenticated: str, domain: str) -> bool:
    return domain.casefold() == authenticated.casefold() or domain.casefold().endswith(f".{authenticated.casefold()}")


def _group(get: Get, number: int) -> Iterator[Diagnosis]:
    status, _, group = get(f"asm/groups/{number}", {})
    if status == 200 and isinstance(group, dict):
        yield Diagnosis(what="unsubscribe group", state="ok", words=f"{number} is “{group.get('name', '')}”")
    else:
        remedy = "Suppressions, Unsubscribe Groups: make one, and set providers.sendgrid.unsubscribe_group."
        yield Diagnosis(what="unsubscribe group", state="error", words=f"there is no group {number}", remedy=remedy)


def _trackers(get: Get) -> Iterator[Diagnosis]:
    status, _, settings = get("tracking_settings", {})
    if status != 200 or not isinstance(settings, dict):
        return
    on = [str(one.get("name", "")).replace("_", " ") for one in settings.get("result", ()) if one.get("enabled")]
    words = (
        f"the account has {', '.join(on)} on; digest turns it off in each request" if on else "off in the account too"
    )
    yield Diagnosis(what="trackers", state="ok", words=words)
