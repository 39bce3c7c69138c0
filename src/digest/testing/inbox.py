"""An SMTP server on loopback that keeps what it is given, over aiosmtpd (a test dependency)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Inbox"]


class Inbox:
    """Takes mail, or answers as it is told.

    Attributes:
        messages: What was taken, as it came, dots unstuffed.
        recipients: To whom, in the same order.
        rcpt_replies: The answer to RCPT by address, such as ``550 no such user``; else it is taken.
        data_replies: The answer to the message by address; ``drop`` closes the connection instead.
        connections: How many were made.
    """

    def __init__(self, **options: Any) -> None:
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.rcpt_replies: dict[str, str] = {}
        self.data_replies: dict[str, str] = {}
        self.connections = 0
        with socket.socket() as probe:  # the controller cannot find a free port for itself
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
        """Take or refuse a recipient."""
        del server, session, options
        reply = self.rcpt_replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take or refuse a message."""
        del session
        address = envelope.rcpt_tos[0]
        reply = self.data_replies.get(address, "250 taken")
        if reply.startswith("250") or reply == "drop":
            self.messages.append(envelope.content)
            self.recipients.append(address)
        if reply == "drop":
            server.transport.close()
        return reply
