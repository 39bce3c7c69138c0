"""SMTP: one connection for the campaign, one transaction for each recipient (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from digest.config import ProviderSettings
from digest.errors import CredentialsError, DigestError, ProviderError
from digest.mail import redact_addresses
from digest.models import is_loopback_host
from digest.providers.base_provider import BaseProvider
from digest.providers.contract import Capabilities, Diagnosis, do_nothing
from digest.providers.message_composition import MessageComposer
from digest.providers.provider_call import Deferred, NotSent, Outcome, SendResult
from digest.providers.smtp_replies import LOGIN_REQUIRED, is_policy_refusal, reply_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.providers.provider_call import MailContent, Recipient

__all__ = ["SmtpProvider", "SmtpSettings"]

#: Seconds. RFC 5321, section 4.5.3.2, allows ten minutes after the data, but no relay in use takes that long.
_CONNECT, _REPLY = 10.0, 60.0
#: After this many policy refusals in a row, the cause is not the recipients.
_MOST_POLICY = 3


class SmtpSettings(ProviderSettings):
    """The provider ``smtp``, which hands each mail to one SMTP server."""

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
        self._accepted_previous = False  # whether this connection took the mail before this one
        self._policy_refusals = 0

    def send(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
        meanwhile: Callable[[], None] = do_nothing,
    ) -> SendResult:
        """One transaction. ``begin`` is called when the server is ready for the message itself (reply 354)."""
        del reference, meanwhile
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

    def _open_transaction(self, sender: str, to: str) -> tuple[smtplib.SMTP, SendResult | None]:
        """MAIL, RCPT and DATA. If the kept connection has died, try once on a new one: nothing was sent yet."""
        fresh = self._server is None
        try:
            return self._envelope(self._connected(), sender, to)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            if fresh:
                raise NotSent(_error_text(error)) from None
        return self._open_transaction(sender, to)

    def _envelope(self, server: smtplib.SMTP, sender: str, to: str) -> tuple[smtplib.SMTP, SendResult | None]:
        code, reply = server.mail(sender)
        if code // 100 != 2:
            self._refuse_all(code, reply)
        code, reply = server.rcpt(to)
        if code // 100 != 2:
            refusal = self._refuse_one(code, reply)
            server.rset()
            return server, refusal
        code, reply = server.docmd("DATA")
        if code != 354:
            self._drop()
            self._refuse_all(code, reply)
        return server, None

    def _transmit(self, server: smtplib.SMTP, message: bytes) -> SendResult:
        try:
            server.send(message + b".\r\n")
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()  # without the final dot there is no message (RFC 5321, section 4.1.1.4)
            raise NotSent(_error_text(error)) from None
        try:
            code, reply = server.getreply()
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError) as error:
            self._drop()
            return SendResult(outcome=Outcome.UNKNOWN, reason=_error_text(error))
        except BaseException:
            self._drop()  # a reply that arrives later must not be read as the reply to the next mail
            raise
        reason = reply_text(code, reply)
        if code // 100 == 2:
            self._accepted_previous, self._policy_refusals = True, 0
            return SendResult(outcome=Outcome.ACCEPTED, message_id=redact_addresses(reply.decode("utf-8", "replace")))
        if code // 100 == 5:
            return SendResult(outcome=Outcome.REJECTED, reason=reason)
        raise Deferred(reason)

    def _refuse_one(self, code: int, reply: bytes) -> SendResult:
        if code == 421:
            self._drop()
            raise NotSent(reply_text(code, reply))
        if code in LOGIN_REQUIRED:
            self._refuse_all(code, reply)
        if code // 100 == 5 and not self._is_about_the_sender(reply):
            return SendResult(outcome=Outcome.REJECTED, reason=reply_text(code, reply))
        if self._policy_refusals >= _MOST_POLICY:
            self._refuse_all(code, reply)
        if self._server is not None:
            self._server.rset()
        raise Deferred(reply_text(code, reply))

    def _is_about_the_sender(self, reply: bytes) -> bool:
        """Whether a refusal may concern all recipients: a policy, unless the server has just accepted another mail."""
        if not is_policy_refusal(reply):
            return False
        if self._accepted_previous:
            self._accepted_previous = False
            return False
        self._policy_refusals += 1
        return True

    def _refuse_all(self, code: int, reply: bytes) -> None:
        self._drop()
        reason = reply_text(code, reply)
        if code in LOGIN_REQUIRED:
            raise CredentialsError(
                f"the SMTP server requires a log-in: {reason}",
                hint="Set providers.smtp.username_env and password_env, and the variables they name.",
            )
        if code // 100 == 5:
            raise ProviderError(
                f"the SMTP server refuses this sender or message: {reason}",
                hint="Check [providers.smtp], and that this machine may use the server: digest send-test --to YOU",
            )
        raise NotSent(reason)

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
            server.login(*login)
        if server.sock is not None:
            server.sock.settimeout(_REPLY)

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
        self._accepted_previous = False


def _error_text(error: Exception) -> str:
    """What an error of `smtplib` or of the network says, without addresses."""
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return reply_text(error.smtp_code, reply if isinstance(reply, bytes) else reply.encode())
    return redact_addresses(str(error) or type(error).__name__)
