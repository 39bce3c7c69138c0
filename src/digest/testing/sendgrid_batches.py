"""The batch ids of the fake SendGrid: what is paused, cancelled and let go, and when mail leaves because of it.

From the vendor's published document (tsg_scheduled_sends_v3) and pages:
https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends. Where two pages differ, the fake does what is
worse for the caller: paused mail expires 72 hours after it was taken, not after its ``send_at``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.testing.sendgrid_mail import SentMail

__all__ = ["Batches"]

_SLOTS = 10
_TOO_LATE = 10 * 60
_KEPT = 72 * 3600


@dataclass
class _Batch:
    """What happened to one batch id, so that any question about any moment can be answered afterwards.

    Attributes:
        events: Moment and status ("pause", "cancel", or "" for none), oldest first.
        mails: When each of its calls was taken, and when that is to be delivered.
    """

    events: list[tuple[float, str]] = field(default_factory=list)
    mails: set[tuple[float, float | None]] = field(default_factory=set)

    def status(self, moment: float) -> str:
        return next((status for at, status in reversed(self.events) if at <= moment), "")

    def deadline(self) -> float | None:
        """When it is too late to pause or cancel; None while nothing is scheduled."""
        moments = [send_at for _, send_at in self.mails if send_at is not None]
        return min(moments) - _TOO_LATE if moments else None

    def forget_at(self) -> float:
        """When the status that it has is no longer kept: its mails have expired, or were thrown away."""
        since, status = self.events[-1]
        if status == "pause":
            return max([since, *(taken for taken, _ in self.mails)]) + _KEPT
        moments = [send_at for _, send_at in self.mails if send_at is not None]
        return min(max([since, *moments]) if moments else since + _KEPT, since + _KEPT)


class Batches:
    """All batch ids of an account. Nothing here looks at a clock: each question comes with its moment."""

    def __init__(self) -> None:
        self._batches: dict[str, _Batch] = {}

    def create(self) -> str:
        """A new id."""
        made = secrets.token_urlsafe(36)
        self._batches[made] = _Batch()
        return made

    def knows(self, id: str) -> bool:
        """Whether mail may be sent under this id; "" is none."""
        return not id or id in self._batches

    def take(self, mails: Iterable[SentMail], *, now: float) -> None:
        """Remember when mail was taken."""
        self._forget(now)
        for mail in mails:
            if mail.batch:
                self._batches[mail.batch].mails.add((now, mail.send_at))

    def listed(self, now: float) -> dict[str, str]:
        """The status of each batch that has one, and so takes one of the ten places."""
        self._forget(now)
        found = {id: batch.status(now) for id, batch in self._batches.items()}
        return {id: status for id, status in found.items() if status and now < self._batches[id].forget_at()}

    def leaves_at(self, mail: SentMail, now: float) -> float | None:
        """When a mail leaves; None when it never does, or only after something more has happened."""
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
        after, freed = next(((at, status) for at, status in batch.events if at > due), (0.0, "pause"))
        return after if not freed and after < mail.accepted_at + _KEPT else None

    def answer(self, method: str, id: str, body: Any, *, now: float) -> tuple[int, Any]:
        """Status and body of the answer to a call of /v3/user/scheduled_sends, or of one batch below it."""
        listed = self.listed(now)
        if method == "POST" and not id:
            return self._post(body, listed, now)
        if method == "GET" and not id:
            return 200, [_entry(one, status) for one, status in listed.items()]
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
        """Write down the end of pauses that are over: what expired does not come back when it is asked later.

        A cancellation that is no longer listed still holds for mail that comes late.
        """
        for batch in self._batches.values():
            if batch.events and batch.events[-1][1] == "pause" and batch.forget_at() <= now:
                batch.events.append((batch.forget_at(), ""))


def _entry(id: str, status: str) -> dict[str, str]:
    return {"batch_id": id, "status": status}


def _errors(message: str, field: str | None = None) -> dict[str, Any]:
    return {"errors": [{"field": field, "message": message}]}
