"""What the fake SendGrid knows: the calls that it got, the mails that it took, and what the next calls are to meet."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from digest.testing.sendgrid_batches import Batches
from digest.testing.sendgrid_mail import SentMail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DISTURBANCES", "FAKE_KEY", "SendGridAccount"]

FAKE_KEY = "SG.fake-key"
DISTURBANCES = frozenset({"429", "500-before", "500-after", "hang-before", "hang-after", "drop-before", "drop-after"})


class SendGridAccount:
    """One account, as its server sees it. Safe to look at while the server runs.

    Attributes:
        api_key: The only key that it takes.
        requests: The body of each call of /v3/mail/send that was read, in order, taken or not.
        mails: What was accepted, one for each recipient.
        suppressions: Entries by path below /v3, such as ``suppression/bounces``.
        settings: What the account says about itself, by path below /v3, such as ``scopes``.
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
        self.settings: dict[str, Any] = {
            "scopes": {"scopes": ["mail.send", "suppression.read", "email_logs.read"]},
            "whitelabel/domains": [{"domain": "example.org", "valid": True}],
            "verified_senders": {"results": []},
            "tracking_settings": {"result": [{"name": "click", "enabled": True}, {"name": "open", "enabled": False}]},
        }
        self.batches = Batches()
        self.watch: Callable[[str, Mapping[str, Any]], None] = _look_away
        self.retry_after = 1
        self.released = threading.Event()
        self._disturbances: deque[str] = deque()
        self._hold_disturbances: defaultdict[str, deque[str]] = defaultdict(deque)
        self._lock = threading.Lock()

    def disturb(self, *kinds: str) -> None:
        """Say what the next calls of /v3/mail/send meet, one for each, in order; "" is nothing.

        ``429``; ``500-before`` and ``500-after`` acceptance; ``hang-before`` and ``hang-after`` (no answer until the
        server is closed); ``drop-before`` and ``drop-after`` (the connection is closed instead of an answer); or a
        status such as ``401``.
        """
        self._disturbances.extend(_known(kinds))

    def disturb_holds(self, *kinds: str, method: str = "") -> None:
        """Say what the next calls of /v3/user/scheduled_sends meet, as `disturb` does for mail.

        Args:
            method: Only calls of this method count, such as DELETE; without it all do.
        """
        self._hold_disturbances[method].extend(_known(kinds))

    def next_disturbance(self) -> str:
        """What the call at hand meets; for the handler."""
        with self._lock:
            return self._disturbances.popleft() if self._disturbances else ""

    def next_hold_disturbance(self, method: str) -> str:
        """What the call at hand meets; for the handler."""
        with self._lock:
            queue = self._hold_disturbances[method] or self._hold_disturbances[""]
            return queue.popleft() if queue else ""

    @property
    def scheduled(self) -> dict[str, str]:
        """What /v3/user/scheduled_sends lists now: ``pause`` or ``cancel`` by batch id."""
        with self._lock:
            return self.batches.listed(self.clock())

    def delivered(self) -> list[SentMail]:
        """What has reached an inbox by now, in that order.

        Mail without ``send_at`` does at once, other mail when its time has come, but for what `Batches` keeps back.
        """
        with self._lock:
            now = self.clock()
            moments = [(self.batches.leaves_at(mail, now), mail) for mail in self.mails]
        gone = [(moment, mail) for moment, mail in moments if moment is not None and moment <= now]
        return [mail for _, mail in sorted(gone, key=lambda pair: pair[0])]

    def new_batch(self) -> str:
        """A batch id; for the handler."""
        with self._lock:
            return self.batches.create()

    def hold(self, method: str, batch: str, body: Any) -> tuple[int, Any]:
        """Status and body of the answer to a call of /v3/user/scheduled_sends; for the handler."""
        with self._lock:
            return self.batches.answer(method, batch, body, now=self.clock())

    def seen(self, method: str, path: str) -> None:
        """Count a request; for the handler."""
        with self._lock:
            self.calls.append((method, path))

    def accept(self, body: dict[str, Any], message_id: str) -> None:
        """Take a call's mails; for the handler."""
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
            self.batches.take(mails, now=now)

    def find_logs(self, categories: list[str], limit: int) -> list[dict[str, str]]:
        """What /v3/logs says of mails with one of the categories; of what is held back it has nothing to say."""
        with self._lock:
            now = self.clock()
            named = [mail for mail in self.mails if set(categories) & set(mail.categories)]
            found = [mail for mail in named if self.batches.leaves_at(mail, now) is not None]
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


def _known(kinds: tuple[str, ...]) -> tuple[str, ...]:
    for kind in kinds:
        if kind and kind not in DISTURBANCES and not kind.isdigit():
            raise ValueError(f"no disturbance is called {kind!r}")
    return kinds


def _look_away(moment: str, body: Mapping[str, Any]) -> None:
    """Where nobody watches."""
