"""SendGrid, by the official package over a keep-alive transport (twilio.com/docs/sendgrid/api-reference)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from digest.errors import CredentialsError, ProviderError
from digest.mail import redact_addresses
from digest.providers.base import CallRefused, Capabilities, Diagnosis, NotSent, Outcome, SendResult, nothing
from digest.providers.sendgrid_account import diagnose_account
from digest.providers.sendgrid_answers import errors_in, message_in
from digest.providers.sendgrid_body import BodyMaker, check_content
from digest.providers.sendgrid_holds import UNDO, SendGridHolds
from digest.providers.sendgrid_people import logged_addresses, read_suppressions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from digest.config import Config
    from digest.models import Suppression
    from digest.providers.base import Content, Recipient
    from digest.providers.transport import Exchange, KeepAliveClient

__all__ = ["SendGridProvider"]


#: The documentation allows 72 hours (mail/send, send_at); an hour is left for a clock that is wrong.
_AHEAD = timedelta(hours=71)


class _Prepared(NamedTuple):
    """The body of a call that is to come."""

    recipients: Sequence[Recipient]
    reference: str
    body: bytes


class SendGridProvider:
    """Up to 1,000 people in a call, which is accepted or refused as a whole."""

    name = "sendgrid"
    capabilities = Capabilities(
        max_recipients=1000, hosts_unsubscribe=True, sandbox=True, schedules=_AHEAD, undo_until=UNDO
    )

    def __init__(self, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]) -> None:
        del root  # every provider is made with the same things
        self._config = config.providers.sendgrid
        self._undo = UNDO + timedelta(minutes=config.delivery.undo_minutes)
        self._environ = environ
        self._now = now
        self._holds = SendGridHolds(self._call, self._raise_for)
        self._made: KeepAliveClient | None = None
        self._maker: tuple[Content, BodyMaker] | None = None
        self._prepared: _Prepared | None = None

    @property
    def holds(self) -> SendGridHolds | None:
        """How mail is held back, where ``providers.sendgrid.two_phase`` says so."""
        return self._holds if self._config.two_phase else None

    def check(self, content: Content) -> None:
        """Refuse headers that SendGrid keeps for itself, and a time to undo that is longer than it waits."""
        check_content(content)
        if self._config.two_phase and self._undo > _AHEAD:
            most = (_AHEAD - UNDO) // timedelta(minutes=1)
            raise ProviderError(
                f"two-phase sending can be undone for {most} minutes at most",
                hint=f"Set delivery.undo_minutes to {most} or less.",
            )

    def prepare(self, content: Content, recipients: Sequence[Recipient], *, reference: str) -> None:
        """Write the call's body."""
        self._prepared = _Prepared(recipients, reference, self._body(content, recipients, reference))

    def _body(self, content: Content, recipients: Sequence[Recipient], reference: str) -> bytes:
        ready = self._prepared
        if ready is not None and ready.recipients is recipients and ready.reference == reference:
            return ready.body
        if self._maker is None or self._maker[0] is not content:
            self.check(content)
            self._maker = content, BodyMaker(content)
        return self._maker[1].body(recipients, reference=reference).encode("ascii")

    def send(
        self,
        content: Content,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
        meanwhile: Callable[[], None] = nothing,
    ) -> SendResult:
        """One call of /v3/mail/send (design, section 6).

        Accepted is 202 (200 in the sandbox), or any other 2xx. A 5xx, a time-out and a lost reply are unknown.
        """
        from digest.providers.transport import Exchange  # noqa: PLC0415 - heavy

        exchange = Exchange(body=self._body(content, recipients, reference), begin=begin, meanwhile=meanwhile)
        status, headers, text = self._call(
            lambda client: client.mail.send.post(request_body={}), exchange=exchange, lost=(0, {}, "the reply was lost")
        )
        if 200 <= status < 300:
            return SendResult(outcome=Outcome.ACCEPTED, message_id=headers.get("x-message-id", ""))
        if status == 0 or status >= 500 or status == 408:
            reason = redact_addresses(f"{status} {message_in(text)}" if status else text)
            return SendResult(outcome=Outcome.UNKNOWN, reason=reason)
        if status == 400:
            self._refused(text)
        self._raise_for(status, headers, text)
        raise AssertionError(status)  # every other status raises above

    def lookup(self, content: Content, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """Ask the Email Logs (POST /v3/logs) who was processed under this call's category."""
        query = f"categories IN ('{content.campaign}.{reference}')"
        _, _, text = self._ask(
            lambda client: client.logs.post(request_body={"query": query, "limit": self.capabilities.max_recipients})
        )
        seen = logged_addresses(text)
        return frozenset(person.key for person in recipients if person.email.casefold() in seen)

    def knows(self, content: Content) -> bool:
        """Ask the Email Logs, which go back 30 days, for mail of the edition's category."""
        query = f"categories IN ('{content.edition}')"
        _, _, text = self._ask(lambda client: client.logs.post(request_body={"query": query, "limit": 1}))
        return bool(logged_addresses(text))

    def reserve(self) -> str:
        """A batch id (POST /v3/mail/batch)."""
        _, _, text = self._ask(lambda client: client.mail.batch.post())
        try:
            return str(json.loads(text)["batch_id"])
        except (ValueError, KeyError, TypeError):
            raise ProviderError("SendGrid's answer has no batch id") from None

    def call_off(self, schedule: str) -> None:
        """Cancel a batch id, whether or not mail is held back under it."""
        self._holds.cancel(schedule)

    def diagnose(self, sender: str) -> Iterator[Diagnosis]:
        """Ask the account: the key's rights, the sender, the group, the trackers, and the time."""
        try:
            yield from diagnose_account(self._get, sender=sender, config=self._config, now=self._now)
        except NotSent as error:
            remedy = "Check the network, and providers.sendgrid.host."
            yield Diagnosis(what="provider", state="error", words=str(error), remedy=remedy)
        except (CredentialsError, ProviderError) as error:
            yield Diagnosis(what="provider", state="error", words=error.message, remedy=error.hint)

    def _get(self, path: str, query: Mapping[str, str]) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and JSON of an address below /v3; a 401 raises."""
        status, headers, text = self._call(lambda client: client._(path).get(query_params=dict(query)))
        if status == 401 or status >= 500:
            self._raise_for(status, headers, text)
        try:
            return status, headers, json.loads(text or "null")
        except ValueError:
            return status, headers, None

    def suppressions(self) -> Iterator[Suppression]:
        """Bounces of addresses that do not exist, spam reports, invalid addresses, and who has unsubscribed."""
        return read_suppressions(self._page, group=self._config.unsubscribe_group)

    def close(self) -> None:
        """Let go of the connection."""
        if self._made is not None:
            self._made.connection.close()

    def _page(self, path: str, query: Mapping[str, int]) -> list[Any]:
        _, _, text = self._ask(lambda client: client._(path).get(query_params=dict(query)))
        try:
            found = json.loads(text or "[]")
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise ProviderError(f"SendGrid's answer to {path} is no list")
        return found

    def _ask(self, request: Callable[[KeepAliveClient], Any]) -> tuple[int, Mapping[str, str], str]:
        """A question that may be asked again."""
        status, headers, text = self._call(request)
        if status >= 500:
            raise NotSent(redact_addresses(f"{status} {message_in(text)}"))
        if status >= 300:
            self._raise_for(status, headers, text)
        return status, headers, text

    def _call(
        self,
        request: Callable[[KeepAliveClient], Any],
        *,
        exchange: Exchange | None = None,
        lost: tuple[int, Mapping[str, str], str] | None = None,
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers by lower-case name, and body. ``lost`` is the answer when none was read."""
        from digest.providers.transport import ReplyLost, Unreachable  # noqa: PLC0415 - heavy

        client = self._client()
        if exchange is not None:
            client.exchange = exchange
        try:
            response = request(client)
        except Unreachable as error:
            raise NotSent(f"SendGrid cannot be reached: {error}") from None
        except ReplyLost as error:
            if lost is None:
                raise NotSent(f"SendGrid did not answer: {error}") from None
            return lost
        finally:
            client.exchange = None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status_code, headers, response.body.decode("utf-8", "replace")

    def _client(self) -> KeepAliveClient:
        if self._made is None:
            from sendgrid import SendGridAPIClient  # noqa: PLC0415 - heavy

            from digest.providers.transport import Connection, KeepAliveClient  # noqa: PLC0415 - heavy

            key = self._environ.get(self._config.api_key_env, "").strip()
            if not key:
                raise CredentialsError(
                    f"{self._config.api_key_env} is not set",
                    hint=f"Make a key with the right to send mail, then: export {self._config.api_key_env}=…",
                )
            if not key.isascii() or not key.isprintable():
                raise CredentialsError(f"{self._config.api_key_env} holds a character that no key has")
            official = SendGridAPIClient(api_key=key, host=self._config.host)
            made = KeepAliveClient(
                connection=Connection(self._config.host),
                host=self._config.host,
                request_headers=official.client.request_headers,
                version=3,
            )
            official.client = made
            self._made = made
        return self._made

    def _refused(self, text: str) -> None:
        """Raise for a 400: a recipient's fault can be cut out, a fault of what all share cannot."""
        errors = errors_in(text)
        said = redact_addresses("; ".join(message for message, _ in errors)) or "bad request"
        fields = [field for _, field in errors if field and field != "null"]
        if fields and not any(field.startswith("personalizations") for field in fields):
            raise ProviderError(f"SendGrid refuses the message itself: {said} ({', '.join(fields)})")
        raise CallRefused(said)

    def _raise_for(self, status: int, headers: Mapping[str, str], text: str) -> NoReturn:
        said = redact_addresses(message_in(text))
        if status == 429:
            raise NotSent(f"SendGrid asks to wait: {said}", retry_after=self._wait(headers))
        if status in {401, 403}:
            raise CredentialsError(
                f"SendGrid refused the key: {status} {said}",
                hint=f"Check {self._config.api_key_env}, its rights, and that the sender is verified.",
            )
        raise ProviderError(f"SendGrid refuses the request: {status} {said}", hint="Check providers.sendgrid.host.")

    def _wait(self, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait, by Retry-After (RFC 9110, 10.2.3, in seconds) or the moment in X-RateLimit-Reset."""
        try:
            if "retry-after" in headers:
                return max(0.0, float(headers["retry-after"]))
            if "x-ratelimit-reset" in headers:
                reset = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
                return max(0.0, (reset - self._now()).total_seconds())
        except (ValueError, OverflowError, OSError):
            pass
        return None
