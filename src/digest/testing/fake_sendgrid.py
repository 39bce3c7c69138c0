"""A SendGrid on loopback: a real HTTP server that refuses what SendGrid refuses, and fails as a network fails.

.. code-block:: python

    with FakeSendGrid() as fake:
        fake.disturb("429", "drop-after")      # what the next calls of /v3/mail/send meet
        config.providers.sendgrid.host = fake.host
        ...
        assert [mail.to for mail in fake.mails] == ["ana@example.com"]
"""

from __future__ import annotations

import threading
import time
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from digest.testing.sendgrid_account import FAKE_KEY, SendGridAccount
from digest.testing.sendgrid_handler import Handler
from digest.testing.sendgrid_mail import SentMail

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["FAKE_KEY", "FakeSendGrid", "SentMail"]


class FakeSendGrid(SendGridAccount):
    """A SendGrid account behind a real HTTP server; a context manager."""

    def __init__(self, *, api_key: str = FAKE_KEY, clock: Callable[[], float] = time.time) -> None:
        super().__init__(api_key=api_key, clock=clock)
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.account = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def host(self) -> str:
        """Its base address, for ``providers.sendgrid.host``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    account: SendGridAccount

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what is being tested."""
