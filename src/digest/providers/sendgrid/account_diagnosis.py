"""Diagnoses a SendGrid account: the key's permissions, the sender, the group, the trackers and the clock.

https://www.twilio.com/docs/sendgrid/api-reference: API key permissions (scopes), domain authentication, verified
senders, suppression groups, tracking settings.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from digest.providers.contract import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from digest.providers.sendgrid.sendgrid_api import ApiReply
    from digest.providers.sendgrid.sendgrid_settings import SendGridSettings

    GetJson = Callable[[str, Mapping[str, str]], tuple[ApiReply, Any]]

__all__ = ["diagnose_account"]

#: Permissions of a key, and what fails without each.
_NEEDED = {
    "mail.send": "nothing can be sent",
    "suppression.read": "digest cannot fetch the suppression lists, so it sends nothing",
}
_USEFUL = {
    "email_logs.read": "digest cannot check whether an issue was already mailed, or resolve a lost reply",
}
#: Seconds by which clocks may differ. Delivery times and rate limits are given as times of day.
_CLOCK = 60


def diagnose_account(
    get: GetJson, *, sender: str, settings: SendGridSettings, now: Callable[[], datetime]
) -> Iterator[Diagnosis]:
    """Check one account.

    Args:
        get: GETs a path below /v3 with a query, and returns the reply and its JSON.
        sender: The address that mail is sent from.
        settings: The provider's settings.
        now: The clock; aware.

    Raises:
        NotSent, CredentialsError, ProviderError: Raised by ``get``.
    """
    reply, answer = get("scopes", {})
    scopes = set(answer.get("scopes", ())) if reply.status == 200 and isinstance(answer, dict) else set()
    yield from _permissions(scopes)
    yield from _clock(reply.headers.get("date", ""), now())
    yield from _sender(get, sender)
    if settings.unsubscribe_group is not None:
        yield from _group(get, settings.unsubscribe_group)
    yield from _trackers(get)


def _permissions(scopes: set[str]) -> Iterator[Diagnosis]:
    if not scopes:
        message = "SendGrid does not list the key's permissions"
        yield Diagnosis(
            what="key", state="warning", words=message, remedy="Try it: digest send-test --sandbox --to YOU"
        )
        return
    missing = {name: effect for name, effect in (_NEEDED | _USEFUL).items() if not _has(scopes, name)}
    for name, effect in missing.items():
        remedy = "Give the key this permission, under Settings, API Keys."
        message = f"it lacks {name}: {effect}"
        yield Diagnosis(what="key", state="error" if name in _NEEDED else "warning", words=message, remedy=remedy)
    if not missing:
        yield Diagnosis(what="key", state="ok", words="it has the permissions that a send needs")


def _has(scopes: set[str], permission: str) -> bool:
    """Whether the key has a permission, or all permissions of its group. The logs have had two names."""
    group = permission.partition(".")[0]
    names = {permission, f"{group}.all"} | ({"messages.read"} if group == "email_logs" else set())
    return bool(scopes & names) or any(scope.startswith(f"{permission}.") for scope in scopes)


def _clock(date: str, now: datetime) -> Iterator[Diagnosis]:
    try:
        server_time = parsedate_to_datetime(date).astimezone(UTC)
    except (TypeError, ValueError):
        return
    seconds = abs((now - server_time).total_seconds())
    if seconds > _CLOCK:
        remedy = "Set it from a time server, and unset DIGEST_NOW."
        message = f"this machine's clock differs from SendGrid's by {seconds:,.0f} seconds"
        yield Diagnosis(what="clock", state="error", words=message, remedy=remedy)
    else:
        yield Diagnosis(what="clock", state="ok", words="agrees with SendGrid's")


def _sender(get: GetJson, sender: str) -> Iterator[Diagnosis]:
    domain = sender.rpartition("@")[2]
    reply, domains = get("whitelabel/domains", {"limit": "50"})
    entries = domains if reply.status == 200 and isinstance(domains, list) else ()
    if any(entry.get("valid") and _covers(str(entry.get("domain", "")), domain) for entry in entries):
        yield Diagnosis(what="sender", state="ok", words=f"{domain} is authenticated")
        return
    reply, senders = get("verified_senders", {"limit": "100"})
    results = senders.get("results", ()) if reply.status == 200 and isinstance(senders, dict) else ()
    if any(
        item.get("verified") and str(item.get("from_email", "")).casefold() == sender.casefold() for item in results
    ):
        message = f"the address is verified, but {domain} is not authenticated"
        remedy = "Authenticate the domain: Gmail and Yahoo require SPF, DKIM and DMARC that match the sender."
        yield Diagnosis(what="sender", state="warning", words=message, remedy=remedy)
        return
    remedy = "Authenticate the domain, under Settings, Sender Authentication."
    yield Diagnosis(what="sender", state="error", words=f"neither {domain} nor the address is verified", remedy=remedy)


def _covers(authenticated: str, domain: str) -> bool:
    return domain.casefold() == authenticated.casefold() or domain.casefold().endswith(f".{authenticated.casefold()}")


def _group(get: GetJson, number: int) -> Iterator[Diagnosis]:
    reply, group = get(f"asm/groups/{number}", {})
    if reply.status == 200 and isinstance(group, dict):
        yield Diagnosis(what="unsubscribe group", state="ok", words=f"{number} is “{group.get('name', '')}”")
    else:
        remedy = "Create one under Suppressions, Unsubscribe Groups, and set providers.sendgrid.unsubscribe_group."
        yield Diagnosis(what="unsubscribe group", state="error", words=f"there is no group {number}", remedy=remedy)


def _trackers(get: GetJson) -> Iterator[Diagnosis]:
    reply, settings = get("tracking_settings", {})
    if reply.status != 200 or not isinstance(settings, dict):
        return
    trackers = [item for item in settings.get("result", ()) if item.get("enabled")]
    names = ", ".join(str(item.get("name", "")).replace("_", " ") for item in trackers)
    message = (
        f"on in the account: {names}; digest turns them off in each request" if names else "off in the account too"
    )
    yield Diagnosis(what="trackers", state="ok", words=message)
