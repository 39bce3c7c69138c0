"""The batch ids of the fake SendGrid: which are paused, cancelled and released, and when their mail leaves.

From the vendor's published document (tsg_scheduled_sends_v3) and pages:
https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends. If two pages differ, the fake does
what is worse for the caller: paused mail expires 72 hours after it was accepted, not after its ``send_at``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.testing.fake_sendgrid.fake_account import SentMail

__all__ = ["FakeBatches"]

_SLOTS = 10
#: Seconds before ``send_at`` from which a batch can no longer be paused or cancelled.
_TOO_LATE = 10 * 60
#: Seconds for which paused mail is kept.
_EXPIRES = 72 * 3600


@dataclass
class _Batch:
    """The history of one batch id, from which its status at any time follows.

    Attributes:
        events: Time and status ("pause", "cancel", or "" for none), oldest first.
        mails: When each of its calls was accepted, and when it is to be delivered.
    """

    events: list[tuple[float, str]] = field(default_factory=list)
    mails: set[tuple[float, float | None]] = field(default_factory=set)

    def status(self, time: float) -> str:
        return next((status for at, status in reversed(self.events) if at <= time), "")

    def deadline(self) -> float | None:
        """When it is too late to pause or cancel; None while nothing is scheduled."""
        times = [send_at for _, send_at in self.mails if send_at is not None]
        return min(times) - _TOO_LATE if times else None

    def forget_at(self) -> float:
        """When SendGrid forgets the current status, because the mails have expired or were discarded."""
        since, status = self.events[-1]
        if status == "pause":
            return max([since, *(accepted for accepted, _ in self.mails)]) + _EXPIRES
        times = [send_at for _, send_at in self.mails if send_at is not None]
        return min(max([since, *times]) if times else since + _EXPIRES, since + _EXPIRES)


class FakeBatches:
    """All batch ids of an account. Nothing here reads a clock: every method takes the time, in seconds since 1970."""

    def __init__(self) -> None:
        self._batches: dict[str, _Batch] = {}

    def create(self) -> str:
        """Create a batch id."""
        id = secrets.token_urlsafe(36)
        self._batches[id] = _Batch()
        return id

    def knows(self, id: str) -> bool:
        """Whether mail may be sent under this id; "" means without one."""
        return not id or id in self._batches

    def add(self, mails: Iterable[SentMail], *, now: float) -> None:
        """Record mails that were accepted now."""
        self._forget(now)
        for mail in mails:
            if mail.batch:
                self._batches[mail.batch].mails.add((now, mail.send_at))

    def listed(self, now: float) -> dict[str, str]:
        """The status of each batch that has one, and so occupies one of the ten slots."""
        self._forget(now)
        statuses = {id: batch.status(now) for id, batch in self._batches.items()}
        return {id: status for id, status in statuses.items() if status and now < self._batches[id].forget_at()}

    def leaves_at(self, mail: SentMail, now: float) -> float | None:
        """When a mail leaves; None if it never does, or only after another request."""
        self._forget(now)
        if mail.send_at is None:
            return mail.accepted_at
        due = max(mail.accepted_at, mail.send_at)
        batch = self._batches.get(mail.batch)
        status = batch.status(due) if batch else ""
        if batch is None or not status:
            return due
        if status == "cancel":
            return None
        after, next_status = next(((at, status) for at, status in batch.events if at > due), (0.0, "pause"))
        return after if not next_status and after < mail.accepted_at + _EXPIRES else None

    def answer(self, method: str, id: str, body: Any, *, now: float) -> tuple[int, Any]:
        """The status and the body of the reply to a call of /v3/user/scheduled_sends, or of one batch below it."""
        listed = self.listed(now)
        if method == "POST" and not id:
            return self._post(body, listed, now)
        if method == "GET" and not id:
            return 200, [_entry(each, status) for each, status in listed.items()]
        if id not in listed:
            return 404, _errors("batch id not found")
        if method == "GET":
            return 200, [_entry(id, listed[id])]
        if method == "DELETE":
            self._batches[id].events.append((now, ""))
            return 204, None
        return self._patch(id, body, now)

    def _post(self, body: Any, listed: dict[str, str], now: float) -> tuple[int, Any]:
        id, status = (body.get("batch_id"), body.get("status")) if isinstance(body, dict) else (None, None)
        if status not in {"pause", "cancel"}:
            return 400, _errors("invalid status", "status")
        if id not in self._batches:
            return 400, _errors("invalid batch id", "batch_id")
        if id in listed:
            return 400, _errors("a status for this batch id exists, try PATCH to update the status")
        if len(listed) >= _SLOTS:
            return 400, _errors("max limit reached")
        if self._is_too_late(id, now):
            return 400, _errors("the scheduled time is too near")
        self._batches[id].events.append((now, status))
        return 201, _entry(id, status)

    def _patch(self, id: str, body: Any, now: float) -> tuple[int, Any]:
        status = body.get("status") if isinstance(body, dict) else None
        if status not in {"pause", "cancel"}:
            return 400, _errors("invalid status", "status")
        if self._is_too_late(id, now):
            return 400, _errors("the scheduled time is too near")
        self._batches[id].events.append((now, status))
        return 204, None

    def _is_too_late(self, id: str, now: float) -> bool:
        deadline = self._batches[id].deadline()
        return deadline is not None and now > deadline

    def _forget(self, now: float) -> None:
        """Record the end of pauses that have expired, so that expired mail stays gone.

        A cancellation that is no longer listed still applies to mail that arrives late.
        """
        for batch in self._batches.values():
            if batch.events and batch.events[-1][1] == "pause" and batch.forget_at() <= now:
                batch.events.append((batch.forget_at(), ""))


def _entry(id: str, status: str) -> dict[str, str]:
    return {"batch_id": id, "status": status}


def _errors(message: str, field: str | None = None) -> dict[str, Any]:
    return {"errors": [{"field": field, "message": message}]}
