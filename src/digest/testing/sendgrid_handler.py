"""The requests of the fake SendGrid: mail, suppressions, logs, batches."""

from __future__ import annotations

import json
import re
import secrets
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from digest.testing.sendgrid_rules import refusals

if TYPE_CHECKING:
    from digest.testing.sendgrid_account import SendGridAccount

__all__ = ["Handler"]

_LOG_QUERY = re.compile(r"categories IN \(((?:'[^']*'(?:, *)?)+)\)")
_GROUP = re.compile(r"asm/groups/\d+/suppressions")
_LISTS = {
    *("suppression/bounces", "suppression/blocks", "suppression/spam_reports"),
    *("suppression/invalid_emails", "suppression/unsubscribes"),
}


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def _account(self) -> SendGridAccount:
        account: SendGridAccount = self.server.account  # type: ignore[attr-defined]  # our own server class
        return account

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self._account.connections += 1

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: what is said would hold addresses."""

    def do_GET(self) -> None:
        """Suppressions, in pages."""
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/v3/")
        self._account.seen("GET", path)
        if not self._has_key():
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
        elif path == "user/scheduled_sends":
            self._answer(200, [{"batch_id": key, "status": value} for key, value in self._account.scheduled.items()])
        else:
            self._refuse(404, "not found")

    def do_POST(self) -> None:
        """Mail, logs, batch ids, pauses."""
        path = urlsplit(self.path).path.removeprefix("/v3/")
        self._account.seen("POST", path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._has_key():
            return
        if path == "mail/batch":
            self._answer(201, {"batch_id": secrets.token_urlsafe(36)})
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
            case "user/scheduled_sends":
                self._schedule(body)
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
        wrong = refusals(body, now=account.clock())
        if wrong:
            self._answer(400, {"errors": [{"message": said, "field": at, "help": None} for said, at in wrong]})
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
        found = _LOG_QUERY.fullmatch(body.get("query", ""))
        if found is None or not 1 <= limit <= 1000:
            self._refuse(400, "invalid query", "query")
            return
        self._answer(200, {"messages": self._account.find_logs(re.findall(r"'([^']*)'", found[1]), limit)})

    def _schedule(self, body: dict[str, Any]) -> None:
        status, batch = body.get("status"), body.get("batch_id")
        if status not in {"pause", "cancel"} or not batch or batch in self._account.scheduled:
            self._refuse(400, "a status was set already, or is none", "status")
        elif len(self._account.scheduled) >= 10:
            self._refuse(400, "the maximum number of cancellations and pauses is reached", "batch_id")
        else:
            self._account.scheduled[batch] = status
            self._answer(201, {"batch_id": batch, "status": status})

    def _has_key(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self._account.api_key}":
            return True
        self._refuse(401, "The provided authorization grant is invalid, expired, or revoked")
        return False

    def _refuse(
        self, status: int, message: str, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self._answer(status, {"errors": [{"message": message, "field": field, "help": None}]}, headers)

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
