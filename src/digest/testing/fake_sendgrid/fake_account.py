"""The state of the fake SendGrid: the calls it received, the mails it accepted, and the faults of the next calls."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from digest.testing.fake_sendgrid.fake_batches import FakeBatches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DISTURBANCES", "FAKE_KEY", "FakeAccount", "SentMail"]

FAKE_KEY = "SG.fake-key"
DISTURBANCES = frozenset({"429", "500-before", "500-after", "hang-before", "hang-after", "drop-before", "drop-after"})


@dataclass(frozen=True, kw_only=True, slots=True)
class SentMail:
    """One mail to one recipient, with its substitutions applied where SendGrid applies them.

    Attributes:
        to: The address.
        to_name: The display name; may be empty.
        message_id: The X-Message-Id of the call.
        request: The body of the call.
        personalization: The recipient's part of it.
        accepted_at: Seconds since 1970.
    """

    to: str
    to_name: str
    message_id: str
    request: Mapping[str, Any] = field(repr=False)
    personalization: Mapping[str, Any] = field(repr=False)
    accepted_at: float = 0.0

    @property
    def send_at(self) -> float | None:
        """When to deliver it, in seconds since 1970; None means at once."""
        send_at: float | None = self.personalization.get("send_at", self.request.get("send_at"))
        return send_at

    @property
    def batch(self) -> str:
        """The batch id; empty if it has none."""
        return str(self.request.get("batch_id") or "")

    @property
    def subject(self) -> str:
        """The subject as the recipient sees it."""
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
        """The headers of this mail. The recipient's own override the shared ones."""
        return {**self.request.get("headers", {}), **self.personalization.get("headers", {})}

    @property
    def custom_args(self) -> dict[str, str]:
        """The custom arguments, which SendGrid returns with each event."""
        return {**self.request.get("custom_args", {}), **self.personalization.get("custom_args", {})}

    @property
    def categories(self) -> list[str]:
        """The categories, by which the logs can be queried."""
        return list(self.request.get("categories", ()))

    def _part(self, kind: str) -> str:
        return self._filled(next((part["value"] for part in self.request["content"] if part["type"] == kind), ""))

    def _filled(self, text: str) -> str:
        for tag, value in self.personalization.get("substitutions", {}).items():
            text = text.replace(tag, value)
        return text


class FakeAccount:
    """One account, as its server sees it. It is safe to read while the server runs.

    Attributes:
        api_key: The only key that it accepts.
        clock: Returns the time, in seconds since 1970.
        requests: The body of each call of /v3/mail/send, in order, accepted or not.
        calls: The method and the path below /v3 of each request, in order.
        mails: What was accepted, one for each recipient.
        sandboxed: How many mails were validated in the sandbox.
        connections: How many connections were opened.
        suppressions: Entries by path below /v3, such as ``suppression/bounces``.
        settings: What the account says about itself, by path below /v3, such as ``scopes``.
        watch: Called with "received", "accepted" or "answered" and the body, in the thread that serves the call.
        retry_after: The Retry-After of a 429, in seconds.
        raw_replies: What GET returns for a path in place of the account's reply: status, body, and the length that the
            reply announces. With fewer bytes than announced, the connection closes, as when a reply is cut off.
        released: Set when the server closes, which ends the calls that hang.
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
        self.settings: dict[str, Any] = {
            "scopes": {"scopes": ["mail.send", "suppression.read", "email_logs.read"]},
            "whitelabel/domains": [{"domain": "example.org", "valid": True}],
            "verified_senders": {"results": []},
            "tracking_settings": {"result": [{"name": "click", "enabled": True}, {"name": "open", "enabled": False}]},
        }
        self.batches = FakeBatches()
        self.watch: Callable[[str, Mapping[str, Any]], None] = _ignore
        self.retry_after = 1
        self.released = threading.Event()
        self.raw_replies: dict[str, tuple[int, bytes, int]] = {}
        self._disturbances: deque[str] = deque()
        self._hold_disturbances: defaultdict[str, deque[str]] = defaultdict(deque)
        self._lock = threading.Lock()

    def disturb(self, *kinds: str) -> None:
        """Choose the faults of the next calls of /v3/mail/send, one per call, in order; "" means no fault.

        ``429``; ``500-before`` and ``500-after`` acceptance; ``hang-before`` and ``hang-after`` (no reply until the
        server closes); ``drop-before`` and ``drop-after`` (the connection closes without a reply); or a status such
        as ``401``.
        """
        self._disturbances.extend(_checked(kinds))

    def disturb_holds(self, *kinds: str, method: str = "") -> None:
        """Choose the faults of the next calls of /v3/user/scheduled_sends, as `disturb` does for mail.

        Args:
            kinds: As for `disturb`.
            method: Only calls with this method count, such as DELETE; by default all do.
        """
        self._hold_disturbances[method].extend(_checked(kinds))

    def next_disturbance(self) -> str:
        """What the current call meets; for the handler."""
        with self._lock:
            return self._disturbances.popleft() if self._disturbances else ""

    def next_hold_disturbance(self, method: str) -> str:
        """What the current call meets; for the handler."""
        with self._lock:
            queue = self._hold_disturbances[method] or self._hold_disturbances[""]
            return queue.popleft() if queue else ""

    @property
    def scheduled(self) -> dict[str, str]:
        """What /v3/user/scheduled_sends lists now: ``pause`` or ``cancel`` by batch id."""
        with self._lock:
            return self.batches.listed(self.clock())

    def delivered(self) -> list[SentMail]:
        """What has been delivered by now, in the order of delivery.

        Mail without ``send_at`` is delivered immediately, other mail at its time unless `FakeBatches` holds it back.
        """
        with self._lock:
            now = self.clock()
            times = [(self.batches.leaves_at(mail, now), mail) for mail in self.mails]
        delivered = [(time, mail) for time, mail in times if time is not None and time <= now]
        return [mail for _, mail in sorted(delivered, key=lambda pair: pair[0])]

    def new_batch(self) -> str:
        """Create a batch id; for the handler."""
        with self._lock:
            return self.batches.create()

    def hold(self, method: str, batch: str, body: Any) -> tuple[int, Any]:
        """The status and the body of the reply to a call of /v3/user/scheduled_sends; for the handler."""
        with self._lock:
            return self.batches.answer(method, batch, body, now=self.clock())

    def record(self, method: str, path: str) -> None:
        """Record a request; for the handler."""
        with self._lock:
            self.calls.append((method, path))

    def accept(self, body: dict[str, Any], message_id: str) -> None:
        """Accept the mails of a call; for the handler."""
        now = self.clock()
        mails = [
            SentMail(
                to=mailbox["email"],
                to_name=mailbox.get("name", ""),
                message_id=message_id,
                request=body,
                personalization=group,
                accepted_at=now,
            )
            for group in body["personalizations"]
            for mailbox in group["to"]
        ]
        with self._lock:
            self.mails.extend(mails)
            self.batches.add(mails, now=now)

    def find_logs(self, categories: list[str], limit: int) -> list[dict[str, str]]:
        """What /v3/logs lists: mails in one of the categories. Mail that is held back is not listed."""
        with self._lock:
            now = self.clock()
            matches = [mail for mail in self.mails if set(categories) & set(mail.categories)]
            listed = [mail for mail in matches if self.batches.leaves_at(mail, now) is not None]
        return [
            {
                "from_email": mail.request["from"]["email"],
                "sg_message_id": f"{mail.message_id}.recvd-fake-{number}",
                "subject": mail.subject,
                "to_email": mail.to,
                "status": "processed",
                "sg_message_id_created_at": "2026-11-20T09:00:00Z",
            }
            for number, mail in enumerate(listed[:limit])
        ]


def _checked(kinds: tuple[str, ...]) -> tuple[str, ...]:
    for kind in kinds:
        if kind and kind not in DISTURBANCES and not kind.isdigit():
            raise ValueError(f"unknown disturbance: {kind!r}")
    return kinds


def _ignore(moment: str, body: Mapping[str, Any]) -> None:
    """The default for `FakeAccount.watch`."""
