"""An SMTP server on loopback that keeps the mail it accepts, built on aiosmtpd (a test dependency)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Inbox"]


class Inbox:
    """Accepts mail, or replies as the test says; a context manager.

    Attributes:
        messages: The accepted messages as bytes, without dot-stuffing.
        recipients: The recipient of each message, in the same order.
        rcpt_replies: The reply to RCPT by address, such as ``550 no such user``. Other recipients are accepted.
        data_replies: The reply to the message by address. ``drop`` closes the connection without a reply.
        connections: How many connections were opened.
        port: The port on 127.0.0.1.
    """

    def __init__(self, **options: Any) -> None:
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.rcpt_replies: dict[str, str] = {}
        self.data_replies: dict[str, str] = {}
        self.connections = 0
        with socket.socket() as probe:  # aiosmtpd's Controller does not report the port that it got for port 0
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

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
        return responses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Accept or refuse a recipient."""
        del server, session, options
        reply = self.rcpt_replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept or refuse a message."""
        del session
        address = envelope.rcpt_tos[0]
        reply = self.data_replies.get(address, "250 accepted")
        if reply.startswith("250") or reply == "drop":
            self.messages.append(envelope.content)
            self.recipients.append(address)
        if reply == "drop":
            server.transport.close()
        return reply
