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
from collections import deque
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from digest.testing.sendgrid_handler import DISTURBANCES, Handler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

__all__ = ["FakeSendGrid", "SentMail"]

FAKE_KEY = "SG.fake-key"


@dataclass(frozen=True, kw_only=True, slots=True)
class SentMail:
    """One mail to one recipient, with its substitutions applied where SendGrid applies them."""

    to: str
    to_name: str
    message_id: str
    request: Mapping[str, Any] = field(repr=False)
    personalization: Mapping[str, Any] = field(repr=False)

    @property
    def subject(self) -> str:
        """The subject that is read."""
        return self._filled(self.personalization.get("subject") or self.request.get("subject", ""))

    @property
    def html(self) -> str:
        """The HTML part."""
        return self._part("text/html")

    @property
    def text(self) -> str:
        """The text part."""
        return self._part("text/plain")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of this mail; the recipient's own win."""
        return {**self.request.get("headers", {}), **self.personalization.get("headers", {})}

    @property
    def custom_args(self) -> dict[str, str]:
        """What comes back with each event."""
        return {**self.request.get("custom_args", {}), **self.personalization.get("custom_args", {})}

    @property
    def categories(self) -> list[str]:
        """What the logs are asked by."""
        return list(self.request.get("categories", ()))

    def _part(self, kind: str) -> str:
        return self._filled(next((part["value"] for part in self.request["content"] if part["type"] == kind), ""))

    def _filled(self, text: str) -> str:
        for tag, value in self.personalization.get("substitutions", {}).items():
            text = text.replace(tag, value)
        return text


class FakeSendGrid:
    """The server and what it has seen. Safe to look at while it runs.

    Attributes:
        api_key: The only key that it takes.
        requests: The body of each call of /v3/mail/send that was read, in order, taken or not.
        mails: What was accepted, one for each recipient.
        suppressions: Entries by path below /v3, such as ``suppression/bounces``.
        watch: Called with "received", "accepted" and "answered" and the body, from the thread that serves the call.
    """

    def __init__(self, *, api_key: str = FAKE_KEY, clock: Callable[[], float] = time.time) -> None:
        self.api_key = api_key
        self.clock = clock
        self.requests: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.mails: list[SentMail] = []
        self.sandboxed = 0
        self.connections = 0
        self.suppressions: dict[str, list[Any]] = {}
        self.scheduled: dict[str, str] = {}
        self.watch: Callable[[str, Mapping[str, Any]], None] = _look_away
        self.retry_after = 1
        self.released = threading.Event()
        self._disturbances: deque[str] = deque()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.fake = self
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

    def disturb(self, *kinds: str) -> None:
        """Say what the next calls of /v3/mail/send meet, one for each, in order; "" is nothing.

        ``429``; ``500-before`` and ``500-after`` acceptance; ``hang-before`` and ``hang-after`` (no answer until the
        server is closed); ``drop-before`` and ``drop-after`` (the connection is closed instead of an answer); or a
        status such as ``401``.
        """
        for kind in kinds:
            if kind and kind not in DISTURBANCES and not kind.isdigit():
                raise ValueError(f"no disturbance is called {kind!r}")
        self._disturbances.extend(kinds)

    def next_disturbance(self) -> str:
        """What the call at hand meets; for the handler."""
        with self._lock:
            return self._disturbances.popleft() if self._disturbances else ""

    def seen(self, method: str, path: str) -> None:
        """Count a request; for the handler."""
        with self._lock:
            self.calls.append((method, path))

    def accept(self, body: dict[str, Any], message_id: str) -> None:
        """Take a call's mails; for the handler."""
        mails = [
            SentMail(
                to=mailbox["email"],
                to_name=mailbox.get("name", ""),
                message_id=message_id,
                request=body,
                personalization=group,
            )
            for group in body["personalizations"]
            for mailbox in group["to"]
        ]
        with self._lock:
            self.mails.extend(mails)

    def find_logs(self, categories: list[str], limit: int) -> list[dict[str, str]]:
        """What /v3/logs says of mails with one of the categories."""
        with self._lock:
            found = [mail for mail in self.mails if set(categories) & set(mail.categories)]
        return [
            {
                "from_email": mail.request["from"]["email"],
                "sg_message_id": f"{mail.message_id}.recvd-fake-{number}",
                "subject": mail.subject,
                "to_email": mail.to,
                "status": "processed",
                "sg_message_id_created_at": "2026-11-20T09:00:00Z",
            }
            for number, mail in enumerate(found[:limit])
        ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeSendGrid

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what is being tested."""


def _look_away(moment: str, body: Mapping[str, Any]) -> None:
    """Where nobody watches."""
