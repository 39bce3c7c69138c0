"""Holds mail back at SendGrid: pauses, releases and cancels everything that is posted under one batch id.

https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends, and what users report about it: a batch
without a status takes POST and answers PATCH and GET with "batch id not found", one with a status takes PATCH and
answers POST with 400, and only paused and cancelled batches are listed
(https://github.com/sendgrid/sendgrid-nodejs/issues/1245).

None of this was tested on a live account. `digest doctor --two-phase` does that.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from digest.errors import ProviderError
from digest.providers.contract import CancelRefusedError
from digest.providers.provider_call import NoSlot, NotSent
from digest.providers.sendgrid.sendgrid_api import NO_REPLY

if TYPE_CHECKING:
    from digest.providers.sendgrid.keep_alive_transport import KeepAliveClient
    from digest.providers.sendgrid.sendgrid_api import ApiReply, SendGridApi

    BatchStatus = Literal["paused", "cancelled"]

__all__ = ["EXPIRES", "SLOTS", "UNDO_LIMIT", "ScheduledSends"]

#: "You can't pause or cancel a batch later than 10 minutes before the scheduled send_at time."
UNDO_LIMIT = timedelta(minutes=10)
#: "Any messages left with a pause status that are more than 72 hours old will be discarded as Expired." Another page
#: counts from send_at, which is later; counting from the call is safe.
EXPIRES = timedelta(hours=72)
#: "You can't pause or cancel more than 10 different batches at one time."
SLOTS = 10

_STATUSES: dict[str, BatchStatus] = {"pause": "paused", "cancel": "cancelled"}
_FULL = f"{SLOTS} batches are already paused or cancelled at SendGrid, which is its limit"


class ScheduledSends:
    """`MailHolds` through /v3/user/scheduled_sends. Every ambiguous reply is settled by a GET."""

    slots = SLOTS
    lasts = EXPIRES

    def __init__(self, api: SendGridApi) -> None:
        self._api = api

    def pause(self, schedule: str) -> None:
        """POST the status ``pause``."""
        reply = self._post(schedule, "pause")
        if reply.is_success:
            return
        if not _may_have_happened(reply):
            raise self._api.refusal(reply)
        status = self.state(schedule)
        if status == "paused":
            return
        if status == "cancelled":
            raise ProviderError("this batch was cancelled and can no longer be paused")
        if reply.is_unclear:
            raise NotSent(reply.reason)
        if self.used() >= self.slots:
            raise NoSlot(_FULL)
        raise self._api.refusal(reply)

    def release(self, schedule: str) -> None:
        """DELETE the status. If it is already gone, an earlier call has deleted it."""
        reply = self._api.call(lambda client: _batch(client, schedule).delete(), lost=NO_REPLY)
        if reply.is_success or reply.status == 404:
            return
        if reply.is_unclear:
            raise NotSent(reply.reason)
        if reply.status != 400 or self.state(schedule):
            raise self._api.refusal(reply)

    def cancel(self, schedule: str) -> None:
        """PATCH the status of a batch that has one, POST a status to a batch that has none."""
        before = self.state(schedule)
        if before == "cancelled":
            return
        reply = self._patch(schedule) if before else self._post(schedule, "cancel")
        if reply.is_success:
            return
        if not _may_have_happened(reply):
            raise self._api.refusal(reply)
        after = self.state(schedule)
        if after == "cancelled":
            return
        if reply.is_unclear or after != before:
            raise NotSent(reply.reason)
        if not before and self.used() >= self.slots:
            raise NoSlot(_FULL)
        raise CancelRefusedError(
            f"SendGrid refused to cancel: {reply.reason}",
            hint=f"It refuses from {UNDO_LIMIT // timedelta(minutes=1)} minutes before the time of delivery.",
        )

    def state(self, schedule: str) -> Literal["paused", "cancelled", ""]:
        """GET the status. "Not found" is confirmed with the list, in case the address was wrong."""
        reply = self._api.call(lambda client: _batch(client, schedule).get())
        if reply.status in {400, 404}:
            return self._listed().get(schedule, "")
        return self._read(reply).get(schedule, "")

    def used(self) -> int:
        """GET the list, and count it."""
        return len(self._listed())

    def _listed(self) -> dict[str, BatchStatus]:
        return self._read(self._api.call(lambda client: client.user.scheduled_sends.get()))

    def _read(self, reply: ApiReply) -> dict[str, BatchStatus]:
        if reply.is_unclear:
            raise NotSent(reply.reason)
        if not reply.is_success:
            raise self._api.refusal(reply)
        try:
            content = json.loads(reply.text)
            entries = [content] if isinstance(content, dict) else content
            return {str(entry["batch_id"]): _STATUSES[entry["status"]] for entry in entries}
        except (ValueError, KeyError, TypeError):
            # Reading this as "no status" could send mail again that is only held back.
            raise ProviderError("cannot read SendGrid's list of paused and cancelled batches") from None

    def _post(self, schedule: str, status: str) -> ApiReply:
        body = {"batch_id": schedule, "status": status}
        return self._api.call(lambda client: client.user.scheduled_sends.post(request_body=body), lost=NO_REPLY)

    def _patch(self, schedule: str) -> ApiReply:
        body = {"status": "cancel"}
        return self._api.call(lambda client: _batch(client, schedule).patch(request_body=body), lost=NO_REPLY)


def _batch(client: KeepAliveClient, schedule: str) -> Any:
    """The address of one batch. SendGrid's ids consist of letters, digits, - and _."""
    return client.user.scheduled_sends._(schedule)


def _may_have_happened(reply: ApiReply) -> bool:
    """Whether the reply is unclear, or refuses what an earlier request may have done already."""
    return reply.is_unclear or reply.status in {400, 404}
