"""SMTP: one connection for all, one transaction for each recipient (RFC 5321)."""

from __future__ import annotations

import re
import smtplib
import ssl
from typing import TYPE_CHECKING

from digest.errors import CredentialsError, DigestError, ProviderError
from digest.mail import redact_addresses
from digest.providers.base import Capabilities, Deferred, Diagnosis, NotSent, Outcome, SendResult, nothing
from digest.providers.composing import MessageMaker, PlainProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.providers.base import Content, Recipient

__all__ = ["SmtpProvider"]

#: Seconds. RFC 5321, section 4.5.3.2, allows ten minutes after the data; nobody waits that long for a relay.
_CONNECT, _REPLY = 10.0, 60.0
#: Who has not said who they are (RFC 4954, section 6).
_LOGIN_FIRST = frozenset({530, 535, 538})
#: RFC 3463, section 3.8, security or policy: a relay answers so to whoever it does not know, whoever the mail is for.
_POLICY = re.compile(rb"5\.7\.\d")
#: So many such answers in a row are no longer about the recipients.
_MOST_POLICY = 3


class SmtpProvider(PlainProvider):
    """Hands each mail to one server. A lost reply after the last dot is unknown; everything before it is not sent."""

    name = "smtp"
    capabilities = Capabilities(max_recipients=1)

    def __init__(self, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]) -> None:
        del root, now  # every provider is made with the same things
        self._config = config.providers.smtp
        self._environ = environ
        self._server: smtplib.SMTP | None = None
        self._maker: MessageMaker | None = None
        self._taken = False  # the mail before this one, on this connection
        self._policy = 0

    def send(
        self,
        content: Content,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
        meanwhile: Callable[[], None] = nothing,
    ) -> SendResult:
        """One transaction. ``begin`` is called when the server waits for the message itself."""
        del reference, meanwhile
        self.check(content)
        (person,) = recipients
        if self._maker is None or self._maker.content is not content:
            self._maker = MessageMaker(content)
        message = self._maker.message(person, stuffed=True)
        server, refused = self._open_transaction(content.sender[1], person.email)
        if refused is not None:
            return refused
        try:
            begin()
        except BaseException:
            self._drop()
            raise
        return self._transmit(server, message)

    def lookup(self, content: Content, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """SMTP cannot be asked what it took."""
        del content, recipients, reference
        return frozenset()

    def diagnose(self, sender: str) -> tuple[Diagnosis, ...]:
        """Connect, log in, and offer the sender; nobody is named as a recipient."""
        where = f"{self._config.host}:{self._config.port}"
        try:
            code, reply = self._connected().mail(sender)
        except (NotSent, DigestError) as error:
            remedy = getattr(error, "hint", "") or "Check providers.smtp, and whether this machine may send there."
            return (Diagnosis(what="provider", state="error", words=str(error), remedy=remedy),)
        except (smtplib.SMTPException, OSError) as error:
            return (Diagnosis(what="provider", state="error", words=_said(error), remedy="Check providers.smtp."),)
        finally:
            self.close()
        if code // 100 != 2:
            return (
                Diagnosis(
                    what="sender",
                    state="error",
                    words=f"{where} does not take the sender: {_words(code, reply)}",
                    remedy="Ask who runs the server which senders it takes.",
                ),
            )
        found = [Diagnosis(what="provider", state="ok", words=f"{where} takes mail of this sender")]
        if self._config.security == "none" and self._config.host not in {"127.0.0.1", "localhost", "::1"}:
            words = "the connection is not encrypted"
            found.append(
                Diagnosis(what="provider", state="warning", words=words, remedy='Set security = "starttls" or "tls".')
            )
        return tuple(found)

    def close(self) -> None:
        """Say goodbye."""
        if self._server is not None:
            try:
                self._server.quit()
            except (smtplib.SMTPException, OSError):
                self._server.close()
            self._server = None

    def _open_transaction(self, sender: str, to: str) -> tuple[smtplib.SMTP, SendResult | None]:
        """MAIL, RCPT and DATA, on a new connection when the kept one has died: nothing has been sent by then."""
        fresh = self._server is None
        try:
            return self._envelope(self._connected(), sender, to)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            if fresh:
                raise NotSent(_said(error)) from None
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
            self._drop()  # without the last dot there is no message (RFC 5321, section 4.1.1.4)
            raise NotSent(_said(error)) from None
        try:
            code, reply = server.getreply()
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError) as error:
            self._drop()
            return SendResult(outcome=Outcome.UNKNOWN, reason=_said(error))
        except BaseException:
            self._drop()  # a reply that is still to come must not be read as the answer to the next mail
            raise
        words = _words(code, reply)
        if code // 100 == 2:
            self._taken, self._policy = True, 0
            return SendResult(outcome=Outcome.ACCEPTED, message_id=redact_addresses(reply.decode("utf-8", "replace")))
        if code // 100 == 5:
            return SendResult(outcome=Outcome.REJECTED, reason=words)
        raise Deferred(words)

    def _refuse_one(self, code: int, reply: bytes) -> SendResult:
        if code == 421:
            self._drop()
            raise NotSent(_words(code, reply))
        if code in _LOGIN_FIRST:
            self._refuse_all(code, reply)
        if code // 100 == 5 and not self._is_about_the_sender(reply):
            return SendResult(outcome=Outcome.REJECTED, reason=_words(code, reply))
        if self._policy >= _MOST_POLICY:
            self._refuse_all(code, reply)
        if self._server is not None:
            self._server.rset()
        raise Deferred(_words(code, reply))

    def _is_about_the_sender(self, reply: bytes) -> bool:
        """Whether a refusal may be everybody's: of policy, from a server that has not just taken another's mail."""
        if not _POLICY.match(reply):
            return False
        if self._taken:
            self._taken = False
            return False
        self._policy += 1
        return True

    def _refuse_all(self, code: int, reply: bytes) -> None:
        self._drop()
        words = _words(code, reply)
        if code in _LOGIN_FIRST:
            raise CredentialsError(
                f"the SMTP server wants to know who sends: {words}",
                hint="Set providers.smtp.username_env and password_env, and the variables they name.",
            )
        if code // 100 == 5:
            raise ProviderError(
                f"the SMTP server does not take this sender or message: {words}",
                hint="Check providers.smtp, and whether the server lets this machine send: digest send-test --to YOU",
            )
        raise NotSent(words)

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            self._server = self._connect()
        return self._server

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        login = self._login()
        try:
            context = ssl.create_default_context()
            if config.security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=_CONNECT, context=context)
            else:
                server = smtplib.SMTP(config.host, config.port, timeout=_CONNECT)
            try:
                self._greet(server, context, login)
            except BaseException:
                server.close()
                raise
        except ssl.SSLCertVerificationError as error:
            raise ProviderError(
                f"the certificate of {config.host} is not to be trusted: {error.verify_message}",
                hint="Check providers.smtp.host; name a private authority in SSL_CERT_FILE.",
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            raise ProviderError(
                f"the SMTP server cannot do it: {_said(error)}",
                hint='providers.smtp.security is "starttls", "tls" or "none".',
            ) from None
        except smtplib.SMTPAuthenticationError as error:
            raise CredentialsError(
                f"the SMTP server refused the name or password: {_said(error)}",
                hint=f"Check the variables {config.username_env} and {config.password_env}.",
            ) from None
        except smtplib.SMTPException as error:
            raise NotSent(_said(error)) from None
        except OSError as error:
            said = error.strerror or str(error)
            raise NotSent(f"{config.host}:{config.port} cannot be reached: {said}") from None
        return server

    def _greet(self, server: smtplib.SMTP, context: ssl.SSLContext, login: tuple[str, str] | None) -> None:
        server.ehlo_or_helo_if_needed()
        if self._config.security == "starttls":
            server.starttls(context=context)
            server.ehlo()
        if login:
            server.login(*login)
        if server.sock is not None:
            server.sock.settimeout(_REPLY)

    def _login(self) -> tuple[str, str] | None:
        if self._config.username_env is None:
            return None
        found = []
        for name in (self._config.username_env, self._config.password_env or ""):
            value = self._environ.get(name, "")
            if not value:
                raise CredentialsError(
                    f"{name or 'providers.smtp.password_env'} is not set", hint="Set it in the environment."
                )
            found.append(value)
        return found[0], found[1]

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._taken = False


def _words(code: int, reply: bytes) -> str:
    return redact_addresses(f"{code} {reply.decode('utf-8', 'replace')}")


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return _words(error.smtp_code, reply if isinstance(reply, bytes) else reply.encode())
    return redact_addresses(str(error) or type(error).__name__)
