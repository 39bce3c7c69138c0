"""An SMTP server on loopback that keeps the mail it accepts, built on aiosmtpd (a test dependency)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Inbox"]


class _Server(SMTP):
    """The server of one connection. aiosmtpd has no hook for the command DATA itself."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Refuse the command if the test says so."""
        recipients = self.envelope.rcpt_tos if self.envelope else []
        reply = self.event_handler.command_replies.get(recipients[0]) if recipients else None
        if reply is None:
            await super().smtp_DATA(arg)
        else:
            await self.push(reply)


class _Controller(Controller):
    def factory(self) -> SMTP:
        """Make the server of one connection."""
        return _Server(self.handler, **self.SMTP_kwargs)


class Inbox:
    """Accepts mail, or replies as the test says; a context manager.

    Attributes:
        messages: The accepted messages as bytes, without dot-stuffing.
        recipients: The recipient of each message, in the same order.
        rcpt_replies: The reply to RCPT by address, such as ``550 no such user``. Other recipients are accepted.
            ``drop`` closes the connection without a reply, and after a 421 it is closed (RFC 5321, section 3.8).
        command_replies: The reply to the command DATA by address, such as ``451 local error``.
        data_replies: The reply to the message by address. ``drop`` closes the connection without a reply.
        per_connection: After this many messages a connection takes no recipient (452); None for no limit.
        extensions: Further lines of the reply to EHLO, such as ``AUTH XOAUTH2``.
        refused: How many times RCPT was not accepted.
        connections: How many connections were opened.
        port: The port on 127.0.0.1.
    """

    def __init__(self, **options: Any) -> None:
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.rcpt_replies: dict[str, str] = {}
        self.data_replies: dict[str, str] = {}
        self.command_replies: dict[str, str] = {}
        self.per_connection: int | None = None
        self.extensions: list[str] = []
        self.refused = 0
        self.connections = 0
        with socket.socket() as probe:  # aiosmtpd's Controller does not report the port that it got for port 0
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port, **options)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count the connection."""
        del server, envelope
        session.host_name = hostname
        self.connections += 1
        session.taken = 0
        return [*responses[:-1], *(f"250-{line}" for line in self.extensions), *responses[-1:]]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Accept or refuse a recipient."""
        del options
        reply = self.rcpt_replies.get(address, "250 OK")
        if self.per_connection is not None and session.taken >= self.per_connection:
            reply = "452 4.5.3 Too many recipients in this connection"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
            return reply
        self.refused += 1
        if reply == "drop":
            server.transport.abort()
        elif reply.startswith("421"):
            await server.push(reply)
            server.transport.close()
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept or refuse a message."""
        session.taken += 1
        address = envelope.rcpt_tos[0]
        reply = self.data_replies.get(address, "250 accepted")
        if reply.startswith("250") or reply == "drop":
            self.messages.append(envelope.content)
            self.recipients.append(address)
        if reply == "drop":
            server.transport.close()
        return reply
