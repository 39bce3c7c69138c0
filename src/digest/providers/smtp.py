"""SMTP: one connection for the campaign, one transaction for each recipient (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from digest.config import ProviderSettings
from digest.errors import CredentialsError, DigestError, ProviderError
from digest.mail import redact_addresses
from digest.models import is_loopback_host
from digest.providers.base_provider import BaseProvider
from digest.providers.contract import Capabilities, Diagnosis
from digest.providers.message_composition import MessageComposer
from digest.providers.provider_call import Deferred, Fault, NotSent, Outcome, SendResult
from digest.providers.smtp_replies import LOGIN_REQUIRED, fault_of, is_greylisting, reply_text, retry_after_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.providers.provider_call import MailContent, Recipient
    from digest.providers.smtp_replies import Stage

__all__ = ["SmtpProvider", "SmtpSettings"]

#: Seconds. RFC 5321, section 4.5.3.2, allows ten minutes after the data, but no relay in use takes that long.
_CONNECT, _REPLY = 10.0, 60.0
#: Seconds until a server that greylists a whole connection is tried again (RFC 6647, section 4.5).
_GREYLISTED = 60.0
#: What `smtplib` can log in with. Servers that want OAuth only offer XOAUTH2 or OAUTHBEARER (RFC 7628).
_PASSWORD_METHODS = frozenset({"CRAM-MD5", "PLAIN", "LOGIN"})


class SmtpSettings(ProviderSettings):
    """The provider ``smtp``, which hands each mail to one SMTP server."""

    usual_variables: ClassVar[tuple[str, ...]] = ("SMTP_",)
    pace_keys: ClassVar[frozenset[str]] = frozenset({"max_per_minute", "max_per_connection"})

    host: str = "127.0.0.1"
    """The server's name or address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 1025
    """The server's port."""
    security: Literal["none", "starttls", "tls"] = "starttls"
    """How the connection is encrypted."""
    username_env: str | None = None
    """The environment variable with the user name. Without it, the client does not log in."""
    password_env: str | None = None
    """The environment variable with the password."""
    max_per_minute: Annotated[int | None, Field(ge=1)] = None
    """The most mails in a minute, spread evenly. Without it, mail is sent as fast as the server takes it."""
    max_per_connection: Annotated[int | None, Field(ge=1)] = None
    """After this many mails, a new connection is opened. Without it, one connection is kept as long as it lasts."""


class _ConnectionTroubleError(Exception):
    """The connection broke, or has carried enough. ``outcome`` is what to raise if a new one does not help."""

    def __init__(self, outcome: NotSent, *, carried: int | None = None) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome
        #: A connection that has taken no mail yet cannot have carried too much; one that broke may have been idle.
        self.may_be_the_connection = carried is None or carried > 0


class SmtpProvider(BaseProvider):
    """Hands each mail to one server.

    A reply that is lost after the final dot is an unknown outcome. If the connection fails earlier, nothing was sent.
    """

    Settings = SmtpSettings

    name = "smtp"
    capabilities = Capabilities(max_recipients=1)

    def __init__(self, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]) -> None:
        del root, now  # every provider is constructed with the same arguments
        self._settings = config.provider_settings(self.name, SmtpSettings)
        self._environ = environ
        self._server: smtplib.SMTP | None = None
        self._composer: MessageComposer | None = None
        self._carried = 0  # how many mails this connection has taken
        self.capabilities = Capabilities(max_recipients=1, calls_per_minute=self._settings.max_per_minute)

    def send(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
    ) -> SendResult:
        """One transaction. ``begin`` is called when the server is ready for the message itself (reply 354)."""
        del reference
        self.check(content)
        (recipient,) = recipients
        if self._composer is None or self._composer.content is not content:
            self._composer = MessageComposer(content)
        message = self._composer.message(recipient, stuffed=True)
        server, refusal = self._open_transaction(content.sender[1], recipient.email)
        if refusal is not None:
            return refusal
        try:
            begin()
        except BaseException:
            self._drop()
            raise
        return self._transmit(server, message)

    def lookup(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """Always empty: SMTP has no way to ask what a server accepted."""
        del content, recipients, reference
        return frozenset()

    def diagnose(self, sender: str) -> tuple[Diagnosis, ...]:
        """Connect, log in, and offer the sender (MAIL FROM). No recipient is named, so nothing can be sent."""
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            code, reply = self._connected().mail(sender)
        except (NotSent, DigestError) as error:
            remedy = getattr(error, "hint", "") or "Check [providers.smtp], and that this machine may use the server."
            return (Diagnosis(what="provider", state="error", words=str(error), remedy=remedy),)
        except (smtplib.SMTPException, OSError) as error:
            return (
                Diagnosis(what="provider", state="error", words=_error_text(error), remedy="Check [providers.smtp]."),
            )
        finally:
            self.close()
        if code // 100 != 2:
            return (
                Diagnosis(
                    what="sender",
                    state="error",
                    words=f"{where} refuses the sender: {reply_text(code, reply)}",
                    remedy="Ask the server's administrator which senders it accepts.",
                ),
            )
        diagnoses = [Diagnosis(what="provider", state="ok", words=f"{where} accepts mail from this sender")]
        if self._settings.security == "none" and not is_loopback_host(self._settings.host):
            message = "the connection is not encrypted"
            diagnoses.append(
                Diagnosis(what="provider", state="warning", words=message, remedy='Set security = "starttls" or "tls".')
            )
        return tuple(diagnoses)

    def close(self) -> None:
        """Send QUIT and close the connection."""
        if self._server is not None:
            try:
                self._server.quit()
            except (smtplib.SMTPException, OSError):
                self._server.close()
            self._server = None
        self._carried = 0

    def _open_transaction(self, sender: str, to: str) -> tuple[smtplib.SMTP, SendResult | None]:
        """MAIL, RCPT and DATA. What may be the fault of the connection is tried once more on a new one."""
        if self._settings.max_per_connection is not None and self._carried >= self._settings.max_per_connection:
            self.close()
        is_reused = self._server is not None
        try:
            return self._envelope(self._connected(), sender, to)
        except _ConnectionTroubleError as trouble:
            self._drop()
            if not (is_reused and trouble.may_be_the_connection):
                raise trouble.outcome from None
        return self._open_transaction(sender, to)

    def _envelope(self, server: smtplib.SMTP, sender: str, to: str) -> tuple[smtplib.SMTP, SendResult | None]:
        stages: tuple[tuple[Stage, Callable[[], tuple[int, bytes]], int], ...] = (
            ("mail", lambda: server.mail(sender), 2),
            ("rcpt", lambda: server.rcpt(to), 2),
            ("data", lambda: server.docmd("DATA"), 3),
        )
        for stage, command, expected in stages:
            try:
                code, reply = command()
            except (smtplib.SMTPException, OSError) as error:
                # After RCPT, the server may stumble over this recipient, so the others are not kept waiting.
                reason = _error_text(error)
                raise _ConnectionTroubleError(NotSent(reason) if stage == "mail" else Deferred(reason)) from None
            if code // 100 != expected:
                return server, self._refusal(code, reply, stage)
        return server, None

    def _transmit(self, server: smtplib.SMTP, message: bytes) -> SendResult:
        try:
            server.send(message + b".\r\n")
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()  # without the final dot there is no message (RFC 5321, section 4.1.1.4)
            raise Deferred(_error_text(error)) from None
        try:
            code, reply = server.getreply()
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError) as error:
            self._drop()
            return SendResult(outcome=Outcome.UNKNOWN, reason=_error_text(error))
        except BaseException:
            self._drop()  # a reply that arrives later must not be read as the reply to the next mail
            raise
        if code // 100 == 2:
            self._carried += 1
            return SendResult(outcome=Outcome.ACCEPTED, message_id=redact_addresses(reply.decode("utf-8", "replace")))
        if code // 100 not in {4, 5}:
            self._drop()
            return SendResult(outcome=Outcome.UNKNOWN, reason=reply_text(code, reply))
        try:
            return self._refusal(code, reply, "message")
        except _ConnectionTroubleError as trouble:
            self._drop()
            raise trouble.outcome from None

    def _refusal(self, code: int, reply: bytes, stage: Stage) -> SendResult:
        """What a refusal means for the send, by `fault_of`.

        Returns: A rejection of this recipient.

        Raises:
            Deferred, _ConnectionTroubleError: It is temporary.
            CredentialsError, ProviderError: It concerns every recipient.
        """
        reason = reply_text(code, reply)
        fault = fault_of(code, reason.removeprefix(str(code)), stage=stage)
        if fault is Fault.SENDER:
            self._drop()
            raise _sender_refused(code, reason)
        wait = retry_after_in(reason) if code // 100 == 4 else None
        if fault is Fault.CONNECTION:
            if stage == "mail":
                if wait is None and is_greylisting(reason):
                    wait = _GREYLISTED
                raise _ConnectionTroubleError(NotSent(reason, retry_after=wait), carried=self._carried)
            raise _ConnectionTroubleError(Deferred(reason, retry_after=wait), carried=self._carried)
        if stage == "data":
            self._drop()  # after RCPT was accepted and DATA was not, servers differ in what they expect next
        elif stage == "rcpt":
            self._reset()
        if fault is Fault.LATER:
            raise Deferred(reason, retry_after=wait)
        # A recorded reason that begins with the code is a reply to RCPT: see `is_bounce_at_rcpt`.
        return SendResult(
            outcome=Outcome.REJECTED, fault=fault, reason=reason if stage == "rcpt" else f"message refused: {reason}"
        )

    def _reset(self) -> None:
        try:
            if self._server is not None:
                self._server.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            self._server = self._connect()
        return self._server

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        login = self._login()
        try:
            context = ssl.create_default_context()
            if settings.security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=_CONNECT, context=context)
            else:
                server = smtplib.SMTP(settings.host, settings.port, timeout=_CONNECT)
            try:
                self._greet(server, context, login)
            except BaseException:
                server.close()
                raise
        except ssl.SSLCertVerificationError as error:
            raise ProviderError(
                f"the certificate of {settings.host} is not trusted: {error.verify_message}",
                hint="Check providers.smtp.host. For a private authority, set SSL_CERT_FILE.",
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            raise ProviderError(
                f"the SMTP server lacks a feature: {_error_text(error)}",
                hint='Set providers.smtp.security to "starttls", "tls" or "none".',
            ) from None
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code // 100 == 4:  # such as 454: a temporary failure of the server (RFC 4954, section 6)
                raise NotSent(_error_text(error)) from None
            raise CredentialsError(
                f"the SMTP server refused the username or password: {_error_text(error)}",
                hint=f"Check the variables {settings.username_env} and {settings.password_env}.",
            ) from None
        except smtplib.SMTPException as error:
            raise NotSent(_error_text(error)) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotSent(f"cannot reach {settings.host}:{settings.port}: {reason}") from None
        return server

    def _greet(self, server: smtplib.SMTP, context: ssl.SSLContext, login: tuple[str, str] | None) -> None:
        server.ehlo_or_helo_if_needed()
        if self._settings.security == "starttls":
            server.starttls(context=context)
            server.ehlo()
        if login:
            self._require_login_method(server)
            server.login(*login)
        if server.sock is not None:
            server.sock.settimeout(_REPLY)

    def _require_login_method(self, server: smtplib.SMTP) -> None:
        """Refuse a server that takes no password, such as one for OAuth only: trying again would not help."""
        offered = server.esmtp_features.get("auth", "").upper().split()
        if _PASSWORD_METHODS.isdisjoint(offered):
            raise CredentialsError(
                f"the SMTP server has no log-in with a password; it offers {', '.join(offered) or 'no log-in at all'}",
                hint="Use a server or an account that takes a password (PLAIN, LOGIN or CRAM-MD5). Some offer it only "
                'with providers.smtp.security = "starttls".',
            )

    def _login(self) -> tuple[str, str] | None:
        if self._settings.username_env is None:
            return None
        credentials = []
        for name in (self._settings.username_env, self._settings.password_env or ""):
            value = self._environ.get(name, "")
            if not value:
                raise CredentialsError(
                    f"{name or 'providers.smtp.password_env'} is not set",
                    hint="Set it in the environment, or remove providers.smtp.username_env.",
                )
            credentials.append(value)
        return credentials[0], credentials[1]

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._carried = 0


def _sender_refused(code: int, reason: str) -> CredentialsError | ProviderError:
    if code in LOGIN_REQUIRED:
        return CredentialsError(
            f"the SMTP server requires a log-in: {reason}",
            hint="Set providers.smtp.username_env and password_env, and the variables they name.",
        )
    return ProviderError(
        f"the SMTP server refuses this sender or message: {reason}",
        hint="If the account has reached a limit, wait until it is reset; otherwise check [providers.smtp]. "
        "Then: digest send --live --resume",
    )


def _error_text(error: Exception) -> str:
    """What an error of `smtplib` or of the network says, without addresses."""
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return reply_text(error.smtp_code, reply if isinstance(reply, bytes) else reply.encode())
    return redact_addresses(str(error) or type(error).__name__)
