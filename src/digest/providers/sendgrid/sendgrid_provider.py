"""`SendGridProvider`: sends one call, looks up its outcome, and schedules and cancels deliveries."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from digest.errors import CredentialsError, ProviderError
from digest.mail import redact_addresses
from digest.providers.base_provider import BaseProvider
from digest.providers.contract import Capabilities, Diagnosis, ProviderAccount
from digest.providers.provider_call import CallRefused, NotSent, Outcome, SendResult
from digest.providers.sendgrid.account_diagnosis import diagnose_account
from digest.providers.sendgrid.request_body import BodyBuilder, check_content
from digest.providers.sendgrid.scheduled_sends import UNDO_LIMIT, ScheduledSends
from digest.providers.sendgrid.sendgrid_api import CALLS_AT_ONCE, SendGridApi, error_messages
from digest.providers.sendgrid.sendgrid_settings import SendGridSettings
from digest.providers.sendgrid.suppression_lists import logged_addresses, read_suppression_lists
from digest.providers.sendgrid.webhook_events import read_webhook_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.models import Suppression
    from digest.providers.provider_call import MailContent, Recipient
    from digest.providers.sendgrid.sendgrid_api import ApiReply

__all__ = ["SendGridProvider"]

#: SendGrid allows a send_at at most 72 hours ahead. One hour of that is reserved for clocks that are wrong.
_SCHEDULE_LIMIT = timedelta(hours=71)


class _PreparedCall(NamedTuple):
    recipients: Sequence[Recipient]
    reference: str
    body: bytes


class SendGridProvider(BaseProvider):
    """Up to 1,000 recipients in a call, which SendGrid accepts or refuses as a whole."""

    Settings = SendGridSettings

    name = "sendgrid"
    capabilities = Capabilities(
        max_recipients=1000,
        calls_at_once=CALLS_AT_ONCE,
        hosts_unsubscribe=True,
        sandbox=True,
        schedules=_SCHEDULE_LIMIT,
        undo_until=UNDO_LIMIT,
        dkim_selectors=("s1", "s2"),  # "automated security", the default of domain authentication
    )

    def __init__(self, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]) -> None:
        del root  # every provider is constructed with the same arguments
        self._settings = config.provider_settings(self.name, SendGridSettings)
        self._undo = UNDO_LIMIT + timedelta(minutes=config.delivery.undo_minutes)
        self._environ = environ
        self._now = now
        self._api = SendGridApi(self._settings, environ=environ, now=now)
        self._holds = ScheduledSends(self._api)
        self._builder: tuple[MailContent, BodyBuilder] | None = None
        self._prepared: _PreparedCall | None = None

    # -- sending ------------------------------------------------------------------------------------------------------

    def check(self, content: MailContent) -> None:
        """Refuse reserved headers, ambiguous tags, and an undo time that is longer than SendGrid holds mail."""
        check_content(content)
        if self._settings.two_phase and self._undo > _SCHEDULE_LIMIT:
            limit = (_SCHEDULE_LIMIT - UNDO_LIMIT) // timedelta(minutes=1)
            raise ProviderError(
                f"two-phase sending can be undone for at most {limit} minutes",
                hint=f"Set delivery.undo_minutes to {limit} or less.",
            )

    def prepare(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> None:
        """Build the call's body."""
        self._prepared = _PreparedCall(recipients, reference, self._body(content, recipients, reference))

    def send(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
    ) -> SendResult:
        """Do `post`, and wait for the outcome."""
        return self.post(content, recipients, reference=reference, begin=begin)()

    def post(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
    ) -> Callable[[], SendResult]:
        """POST /v3/mail/send.

        SendGrid accepts with 202 and a message id, or with 200 in the sandbox, which sends nothing. It has no
        idempotency key, so 408, a 5xx, a time-out, a lost reply and any other 2xx (perhaps from a proxy or a portal)
        are unknown outcomes.
        """
        reply = self._api.post_mail(self._body(content, recipients, reference), begin=begin)
        return lambda: self._result(reply(), sandbox=content.sandbox)

    def _result(self, reply: ApiReply, *, sandbox: bool) -> SendResult:
        message_id = reply.headers.get("x-message-id", "")
        if (reply.status == 202 and message_id) or (sandbox and reply.status == 200):
            return SendResult(outcome=Outcome.ACCEPTED, message_id=message_id)
        if reply.is_success:
            reason = f"{reply.status} without a message id is not SendGrid's acceptance"
            return SendResult(outcome=Outcome.UNKNOWN, reason=reason)
        if reply.is_unclear:
            return SendResult(outcome=Outcome.UNKNOWN, reason=reply.reason)
        if reply.status == 400:
            _refuse_call(reply.text)
        raise self._api.refusal(reply)

    def lookup(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """Query the Email Logs (POST /v3/logs) for the addresses that were processed under this call's category."""
        addresses = self._logged(f"{content.campaign}.{reference}", limit=self.capabilities.max_recipients)
        return frozenset(recipient.key for recipient in recipients if recipient.email.casefold() in addresses)

    def knows(self, content: MailContent) -> bool:
        """Query the Email Logs, which go back 30 days, for mail in the edition's category."""
        return bool(self._logged(content.edition, limit=1))

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    def _body(self, content: MailContent, recipients: Sequence[Recipient], reference: str) -> bytes:
        prepared = self._prepared
        if prepared is not None and prepared.recipients is recipients and prepared.reference == reference:
            return prepared.body
        if self._builder is None or self._builder[0] is not content:
            self.check(content)
            self._builder = content, BodyBuilder(content)
        return self._builder[1].body(recipients, reference=reference).encode("ascii")

    def _logged(self, category: str, *, limit: int) -> frozenset[str]:
        query = {"query": f"categories IN ('{category}')", "limit": limit}
        return logged_addresses(self._api.ask(lambda client: client.logs.post(request_body=query)).text)

    # -- scheduling ---------------------------------------------------------------------------------------------------

    def reserve(self) -> str:
        """Create a batch id (POST /v3/mail/batch)."""
        reply = self._api.ask(lambda client: client.mail.batch.post())
        try:
            return str(json.loads(reply.text)["batch_id"])
        except (ValueError, KeyError, TypeError):
            raise ProviderError("SendGrid's reply has no batch id") from None

    def call_off(self, schedule: str) -> None:
        """Cancel a batch id, whether or not mail is held back under it."""
        self._holds.cancel(schedule)

    @property
    def holds(self) -> ScheduledSends | None:
        """How mail is held back, if ``providers.sendgrid.two_phase`` is on."""
        return self._holds if self._settings.two_phase else None

    @property
    def testable_holds(self) -> ScheduledSends:
        """How mail is held back, whether or not two-phase sending is on."""
        return self._holds

    def account(self) -> ProviderAccount:
        """The host and the API key."""
        return ProviderAccount(host=self._settings.host, api_key=self._api.api_key)

    # -- what SendGrid knows ------------------------------------------------------------------------------------------

    def diagnose(self, sender: str) -> Iterator[Diagnosis]:
        """Check the key's permissions, the sender, the unsubscribe group, the trackers and the clock."""
        try:
            yield from diagnose_account(self._api.get_json, sender=sender, settings=self._settings, now=self._now)
        except NotSent as error:
            remedy = "Check the network, and providers.sendgrid.host."
            yield Diagnosis(what="provider", state="error", words=str(error), remedy=remedy)
        except (CredentialsError, ProviderError) as error:
            yield Diagnosis(what="provider", state="error", words=error.message, remedy=error.hint)

    def suppressions(self) -> Iterator[Suppression]:
        """Hard bounces, spam reports, invalid addresses, and everyone who has unsubscribed."""
        return read_suppression_lists(self._api.get_list, group=self._settings.unsubscribe_group)

    def read_events(self, body: bytes, *, signature: str, timestamp: str) -> tuple[Suppression, ...]:
        """The suppressions in a signed request of the Event Webhook."""
        name = self._settings.webhook_key_env
        key = self._environ.get(name, "")
        if not key:
            raise CredentialsError(f"{name} is not set", hint="Copy the verification key from the webhook's settings.")
        return read_webhook_events(
            body, signature=signature, timestamp=timestamp, public_key=key, key_name=name, now=self._now()
        )


def _refuse_call(text: str) -> None:
    """Raise for a 400: a recipient's fault can be cut out with a smaller call, a fault in shared content cannot.

    One invalid personalization makes SendGrid refuse the whole call:
    https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
    """
    errors = error_messages(text)
    reason = redact_addresses("; ".join(message for message, _ in errors)) or "bad request"
    fields = [field for _, field in errors if field and field != "null"]
    if fields and not any(field.startswith("personalizations") for field in fields):
        raise ProviderError(f"SendGrid refused the message itself: {reason} ({', '.join(fields)})")
    raise CallRefused(reason)
