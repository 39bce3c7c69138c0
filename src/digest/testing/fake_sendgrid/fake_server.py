"""The HTTP server of the fake SendGrid: mail, suppressions, logs, batches."""

from __future__ import annotations

import json
import re
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from digest.testing.fake_sendgrid.fake_account import FAKE_KEY, FakeAccount
from digest.testing.fake_sendgrid.refusal_rules import refusals

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["FakeSendGrid"]

_LOG_QUERY = re.compile(r"categories IN \(((?:'[^']*'(?:, *)?)+)\)")
_GROUP = re.compile(r"asm/groups/\d+/suppressions")
_HOLDS = re.compile(r"user/scheduled_sends(?:/([A-Za-z0-9_-]+))?")
_LISTS = {
    *("suppression/bounces", "suppression/blocks", "suppression/spam_reports"),
    *("suppression/invalid_emails", "suppression/unsubscribes"),
}


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def _account(self) -> FakeAccount:
        account: FakeAccount = self.server.account  # type: ignore[attr-defined]  # our own server class
        return account

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self._account.connections += 1

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing: requests hold addresses."""

    def do_GET(self) -> None:
        """Suppressions in pages, settings, and the status of batches."""
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/v3/")
        self._account.record("GET", path)
        if not self._has_key():
            return
        if path in self._account.raw_replies:
            self._answer_raw(*self._account.raw_replies[path])
            return
        entries = self._account.suppressions.get(path, [])
        if _GROUP.fullmatch(path):
            self._answer(200, entries)
        elif path in _LISTS:
            query = parse_qs(parts.query)
            limit, offset = int(query.get("limit", ["500"])[0]), int(query.get("offset", ["0"])[0])
            if 1 <= limit <= 500 and offset >= 0:
                self._answer(200, entries[offset : offset + limit])
            else:
                self._refuse(400, "limit must be between 1 and 500", "limit")
        elif path in self._account.settings:
            self._answer(200, self._account.settings[path])
        else:
            self._holds("GET", path)

    def do_PATCH(self) -> None:
        """Change the status of a batch."""
        self._change("PATCH")

    def do_DELETE(self) -> None:
        """Delete the status of a batch."""
        self._change("DELETE")

    def _change(self, method: str) -> None:
        path = urlsplit(self.path).path.removeprefix("/v3/")
        self._account.record(method, path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._has_key():
            self._holds(method, path, raw)

    def do_POST(self) -> None:
        """Mail, log queries, new batch ids, pauses and cancellations."""
        path = urlsplit(self.path).path.removeprefix("/v3/")
        self._account.record("POST", path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._has_key():
            return
        if path == "mail/batch":
            self._answer(201, {"batch_id": self._account.new_batch()})
            return
        if path == "user/scheduled_sends":
            self._holds("POST", path, raw)
            return
        try:
            body = json.loads(raw)
        except ValueError:
            self._refuse(400, "Bad Request", "null")
            return
        match path:
            case "mail/send":
                self._mail(body)
            case "logs":
                self._logs(body)
            case _:
                self._refuse(404, "not found")

    def _mail(self, body: Any) -> None:
        account = self._account
        account.requests.append(body)
        account.watch("received", body)
        kind = account.next_disturbance()
        what, _, when = kind.partition("-")
        if when == "before" or kind.isdigit():
            self._disturb(what)
            return
        errors = refusals(body, now=account.clock())
        if not errors and not account.batches.knows(body.get("batch_id", "")):
            errors = [("The batch_id is invalid.", "batch_id")]
        if errors:
            listed = [{"message": message, "field": field, "help": None} for message, field in errors]
            self._answer(400, {"errors": listed})
            return
        if body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            account.sandboxed += len(body["personalizations"])
            self._answer(200, None)
            return
        message_id = secrets.token_urlsafe(16)
        account.accept(body, message_id)
        account.watch("accepted", body)
        if when == "after":
            self._disturb(what)
            return
        self._answer(202, None, {"X-Message-Id": message_id})
        account.watch("answered", body)

    def _disturb(self, what: str) -> None:
        if what == "429":
            reset = str(int(self._account.clock()) + self._account.retry_after)
            limits = {"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
            self._refuse(429, "too many requests", headers={**limits, "Retry-After": str(self._account.retry_after)})
        elif what == "hang":
            self._account.released.wait()
            self.close_connection = True
        elif what == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._refuse(int(what), "internal server error" if what == "500" else "refused")

    def _logs(self, body: dict[str, Any]) -> None:
        limit = body.get("limit", 10)
        match = _LOG_QUERY.fullmatch(body.get("query", ""))
        if match is None or not 1 <= limit <= 1000:
            self._refuse(400, "invalid query", "query")
            return
        self._answer(200, {"messages": self._account.find_logs(re.findall(r"'([^']*)'", match[1]), limit)})

    def _holds(self, method: str, path: str, raw: bytes = b"") -> None:
        """Requests of /v3/user/scheduled_sends."""
        account = self._account
        match = _HOLDS.fullmatch(path)
        if match is None:
            self._refuse(404, "not found")
            return
        kind = account.next_hold_disturbance(method)
        what, _, when = kind.partition("-")
        if when == "before" or kind.isdigit():
            self._disturb(what)
            return
        try:
            body = json.loads(raw or b"null")
        except ValueError:
            body = None
        status, answer = account.hold(method, match[1] or "", body)
        if when == "after":
            self._disturb(what)
        else:
            self._answer(status, answer)

    def _has_key(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self._account.api_key}":
            return True
        self._refuse(401, "The provided authorization grant is invalid, expired, or revoked")
        return False

    def _refuse(
        self, status: int, message: str, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self._answer(status, {"errors": [{"message": message, "field": field, "help": None}]}, headers)

    def _answer_raw(self, status: int, body: bytes, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length > len(body)

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


class FakeSendGrid(FakeAccount):
    """A SendGrid account behind a real HTTP server; a context manager."""

    def __init__(self, *, api_key: str = FAKE_KEY, clock: Callable[[], float] = time.time) -> None:
        super().__init__(api_key=api_key, clock=clock)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.account = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def host(self) -> str:
        """The base address, for ``providers.sendgrid.host``."""
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
    account: FakeAccount

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: that is what some tests are about."""
