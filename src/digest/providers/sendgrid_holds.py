"""Holding mail back at SendGrid: pause, release and cancel whatever is posted under one batch id.

https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends, and what people report of it: a batch
without a status takes POST and answers PATCH and GET with "batch id not found", one with a status takes PATCH and
answers POST with 400, and only what is paused or cancelled is listed (sendgrid-nodejs #1245).

None of it was tried on a live account; `digest doctor --two-phase` does that.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from digest.errors import ProviderError
from digest.mail import redact_addresses
from digest.providers.base import NoSlot, NotSent
from digest.providers.holds import CancelRefusedError
from digest.providers.sendgrid_answers import message_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn, Protocol

    from digest.providers.transport import KeepAliveClient

    class _Call(Protocol):
        def __call__(
            self, request: Callable[[KeepAliveClient], Any], *, lost: tuple[int, Mapping[str, str], str] | None = None
        ) -> tuple[int, Mapping[str, str], str]: ...


__all__ = ["EXPIRES", "SLOTS", "UNDO", "SendGridHolds"]

#: "You can't pause or cancel a batch later than 10 minutes before the scheduled send_at time."
UNDO = timedelta(minutes=10)
#: "Any messages left with a pause status that are more than 72 hours old will be discarded as Expired." Another page
#: counts from send_at, which is later; to count from here is safe.
EXPIRES = timedelta(hours=72)
#: "You can't pause or cancel more than 10 different batches at one time."
SLOTS = 10

_STATES: dict[str, Literal["paused", "cancelled"]] = {"pause": "paused", "cancel": "cancelled"}
_FULL = f"{SLOTS} batches are paused or cancelled at SendGrid already, which is the most that it allows"
#: What stands for an answer that was never read.
_LOST: tuple[int, Mapping[str, str], str] = (0, {}, "the reply was lost")


class SendGridHolds:
    """`MailHolds` by /v3/user/scheduled_sends. Every answer that may be read in two ways is settled by a GET."""

    slots = SLOTS
    lasts = EXPIRES

    def __init__(self, call: _Call, refuse: Callable[[int, Mapping[str, str], str], NoReturn]) -> None:
        """Ask by ``call``; ``refuse`` raises what an unwelcome status means."""
        self._call = call
        self._refuse = refuse

    def pause(self, schedule: str) -> None:
        """POST the status ``pause``."""
        status, headers, text = self._post(schedule, "pause")
        if 200 <= status < 300:
            return
        if not _is_unclear(status):
            self._refuse(status, headers, text)
        found = self.state(schedule)
        if found == "paused":
            return
        if found == "cancelled":
            raise ProviderError("this batch was cancelled, and cannot be paused any more")
        if _is_lost(status):
            raise NotSent(_said(status, text))
        if self.used() >= self.slots:
            raise NoSlot(_FULL)
        self._refuse(status, headers, text)

    def release(self, schedule: str) -> None:
        """DELETE the status; where there is none any more, that has happened."""
        status, headers, text = self._call(lambda client: _one(client, schedule).delete(), lost=_LOST)
        if 200 <= status < 300 or status == 404:
            return
        if _is_lost(status):
            raise NotSent(_said(status, text))
        if status != 400 or self.state(schedule):
            self._refuse(status, headers, text)

    def cancel(self, schedule: str) -> None:
        """PATCH the status of what has one, POST one to what has none."""
        found = self.state(schedule)
        if found == "cancelled":
            return
        status, headers, text = self._patch(schedule) if found else self._post(schedule, "cancel")
        if 200 <= status < 300:
            return
        if not _is_unclear(status):
            self._refuse(status, headers, text)
        after = self.state(schedule)
        if after == "cancelled":
            return
        if _is_lost(status) or after != found:
            raise NotSent(_said(status, text))
        if not found and self.used() >= self.slots:
            raise NoSlot(_FULL)
        raise CancelRefusedError(
            f"SendGrid refuses to cancel: {_said(status, text)}",
            hint=f"It does so from {UNDO // timedelta(minutes=1)} minutes before the time of delivery.",
        )

    def state(self, schedule: str) -> Literal["paused", "cancelled", ""]:
        """GET the status; an answer of "not found" is compared with the list, lest it be of a wrong address."""
        status, headers, text = self._call(lambda client: _one(client, schedule).get())
        if status in {400, 404}:
            return self._listed().get(schedule, "")
        return self._read(status, headers, text).get(schedule, "")

    def used(self) -> int:
        """GET the list."""
        return len(self._listed())

    def _listed(self) -> dict[str, Literal["paused", "cancelled"]]:
        return self._read(*self._call(lambda client: client.user.scheduled_sends.get()))

    def _read(self, status: int, headers: Mapping[str, str], text: str) -> dict[str, Literal["paused", "cancelled"]]:
        if _is_lost(status):
            raise NotSent(_said(status, text))
        if not 200 <= status < 300:
            self._refuse(status, headers, text)
        try:
            found = json.loads(text)
            entries = [found] if isinstance(found, dict) else found
            return {str(one["batch_id"]): _STATES[one["status"]] for one in entries}
        except (ValueError, KeyError, TypeError):
            # To take it for "no status" could send twice what is only held back.
            raise ProviderError("SendGrid's list of paused and cancelled batches cannot be read") from None

    def _post(self, schedule: str, status: str) -> tuple[int, Mapping[str, str], str]:
        body = {"batch_id": schedule, "status": status}
        return self._call(lambda client: client.user.scheduled_sends.post(request_body=body), lost=_LOST)

    def _patch(self, schedule: str) -> tuple[int, Mapping[str, str], str]:
        return self._call(lambda client: _one(client, schedule).patch(request_body={"status": "cancel"}), lost=_LOST)


def _one(client: KeepAliveClient, schedule: str) -> Any:
    """The address of one batch; SendGrid's ids are letters, digits, - and _."""
    return client.user.scheduled_sends._(schedule)


def _is_lost(status: int) -> bool:
    """No answer, or a failure that may have come after the deed."""
    return status in {0, 408} or status >= 500


def _is_unclear(status: int) -> bool:
    """As `_is_lost`, or a refusal of what may have been done already."""
    return _is_lost(status) or status in {400, 404}


def _said(status: int, text: str) -> str:
    return redact_addresses(f"{status} {message_in(text)}" if status else text)
