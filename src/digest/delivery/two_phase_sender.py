"""Sending in two phases: the provider holds back what it accepts, until a whole group is accepted.

::

    reserve ─▶ gather (preparing) ─▶ pause ─▶ post every call ─▶ prepared ─▶ committing ─▶ delete the pause ─▶ committed
                        │                            │
                        └──────── a reply is lost ───┴──▶ abandoned ─▶ seen held back ─▶ pending again ─▶ cancel

No mail leaves before the pause is deleted, and the pause of a group that was given up is never deleted. So a lost reply
costs a repetition, and no outcome stays unknown. This rests on behaviour that the provider documents, and that
``digest doctor --two-phase`` tries out.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from digest.delivery.calls.retry import retry_query
from digest.delivery.stores.batch_rows import ClaimLostError
from digest.errors import CredentialsError, ProviderError
from digest.providers import NoSlot, NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from digest.delivery.batch_sender import BatchSender
    from digest.delivery.composer import Composer
    from digest.delivery.group_ledger import CallGroup, CampaignLedger
    from digest.providers import MailHolds

__all__ = ["TwoPhaseSender"]

_Answer = TypeVar("_Answer")

#: The least number of calls in a group, and the greatest number of groups in a campaign. All groups can then be
#: cancelled together, with some slots to spare for groups that were given up (`MailHolds.slots`).
_MIN_CALLS, _MAX_GROUPS = 5, 8
#: After this many groups in a row with a lost reply, the send stops.
_MAX_LOST = 3
#: An older group may no longer be held back: the provider soon discards it (`MailHolds.lasts`).
_MAX_AGE = timedelta(hours=70)


class _NotNowError(Exception):
    """The provider does not answer or has no free slot; the message says why."""


@dataclass(kw_only=True)
class TwoPhaseSender:
    """Sends the pending batches of one campaign in groups.

    Attributes:
        batches: The campaign's batches and groups in the ledger.
        calls: Posts the batches of a group, with that group's batches and content in place of its own.
        holds: Pauses, releases and cancels groups at the provider.
        compose: Composes the content for a delivery time and the provider's name for it.
        at: Aware; when the campaign is to be delivered. None: as soon as possible.
        undo: How long a delivery is put off, so that it can be cancelled.
        now: The clock; aware.
        closed: Returns why nobody may be mailed at the given time; empty if somebody may. Asked before each group.
    """

    batches: CampaignLedger
    calls: BatchSender
    holds: MailHolds
    compose: Callable[[datetime, str], Composer]
    at: datetime | None
    undo: timedelta
    now: Callable[[], datetime]
    closed: Callable[[datetime], str]
    _problem: str = field(default="", init=False)

    def resolve_unknown(self, *, resend: bool, in_time: bool) -> None:
        """Settle the groups that dead senders left, then unknown outcomes outside of groups, as `BatchSender` does.

        Args:
            resend: As for `BatchSender.resolve_unknown`.
            in_time: Whether anybody may be mailed now. If not, prepared groups are given up.
        """
        self._problem = ""
        for group in self.batches.groups():
            if group.mine:
                try:
                    self._settle(group, in_time=in_time)
                except _NotNowError as error:
                    self._problem = str(error)
                except ClaimLostError:
                    continue  # another sender was faster
        self.calls.resolve_unknown(resend=resend, in_time=in_time)

    def send_with_others(self) -> str:
        """Send until nothing is pending, or nothing more can be done now, as `BatchSender.send_with_others`.

        Returns: Why something is still pending; empty if nothing is.
        """
        trouble = self._problem or self._send_groups()
        while not trouble and not self.calls.stop.requested and self.batches.waits_for_others():
            if not self.calls.wait_for_others():
                return "another digest process is still sending"
            self.resolve_unknown(resend=False, in_time=True)
            trouble = self._problem or self._send_groups()
        return trouble

    def _send_groups(self) -> str:
        lost = 0
        while not self.calls.stop.requested and self.batches.pending(after=0, limit=1):
            try:
                ended, trouble = self._send_group()
            except _NotNowError as error:
                return str(error)
            except ClaimLostError:
                continue  # another sender has settled the group
            if trouble:
                return trouble
            lost = lost + 1 if ended == "unknown" else 0
            if lost == _MAX_LOST:
                return f"replies from {self.calls.provider.name} were lost {lost} times in a row"
        return "stopped" if self.calls.stop.requested else ""

    def _send_group(self) -> tuple[str, str]:
        """Send one group. Returns what `CampaignLedger.prepare` says of it, and why something is still pending."""
        delay = self.calls.provider.capabilities.undo_until + self.undo
        send_at = max(self.at or self.now(), self.now() + delay)
        if reason := self.closed(send_at):
            return "nothing", reason
        if self._ask(self.holds.used) >= self.holds.slots:
            raise self._no_slot()
        schedule = self._ask(self.calls.provider.reserve)
        size = max(_MIN_CALLS, -(-self.batches.size() // _MAX_GROUPS))
        no = self.batches.gather(schedule=schedule, send_at=send_at, limit=size)
        if no is None:
            return "nothing", ""
        if not self._paused(no, schedule):
            raise self._no_slot()
        calls = replace(self.calls, batches=self.batches.within(no), composer=self.compose(send_at, schedule))
        try:
            trouble = calls.send_pending()
        except (CredentialsError, ProviderError):
            with suppress(_NotNowError, ClaimLostError, ProviderError, CredentialsError):
                self._give_up(no, "the provider refuses")
            raise
        ended = self.batches.prepare(no)
        if ended == "prepared":
            self.batches.begin_commit(no)
            self._commit(no, schedule, send_at)
        else:
            self._give_up(no, "a reply was lost" if ended == "unknown" else trouble)
        return ended, trouble

    def _paused(self, no: int, schedule: str) -> bool:
        """Pause the group before its first call. Returns False if no slot is free."""

        def pause() -> bool:
            try:
                self.holds.pause(schedule)
            except NoSlot:
                return False
            return True

        try:
            done = self._ask(pause)
        except BaseException:
            self._give_up(no, "it could not be paused")
            raise
        if not done:
            self._give_up(no, "no slot was free")
        return done

    def _settle(self, group: CallGroup, *, in_time: bool) -> None:
        """Finish a group that a dead sender left."""
        is_old = self.now() - group.made_at > _MAX_AGE
        if group.state in {"prepared", "committing"} and is_old:
            self.batches.expire(group.no, reason="it was held back for too long")
        elif group.state == "committing":
            self._commit(group.no, group.schedule, group.send_at)
        elif group.state == "prepared" and in_time and self._is_paused(group):
            self.batches.begin_commit(group.no)
            self._commit(group.no, group.schedule, group.send_at)
        elif group.state in {"preparing", "prepared"}:
            self._give_up(group.no, "its sender died" if in_time else "it is too late")
        elif group.state == "abandoned" and group.open:
            self._give_back(group)

    def _commit(self, no: int, schedule: str, send_at: datetime) -> None:
        """Delete the pause. The ledger must have the group in ``committing``, so that this can be repeated."""
        self._ask(lambda: self.holds.release(schedule))
        try:
            self.batches.commit(no, send_at=send_at)
        except ClaimLostError:  # another process has committed it too, or has cancelled what was just released
            if self._group(no).state == "cancelled":
                self._ask(lambda: self.holds.cancel(schedule))

    def _is_paused(self, group: CallGroup) -> bool:
        """Whether a prepared group is still paused.

        A missing pause proves a commit only in the state ``committing``.
        """
        return self._ask(lambda: self.holds.state(group.schedule)) == "paused"

    def _group(self, no: int) -> CallGroup:
        return next(group for group in self.batches.groups() if group.no == no)

    def _give_up(self, no: int, reason: str) -> None:
        self.batches.abandon(no, reason=reason)
        self._give_back(self._group(no))

    def _give_back(self, group: CallGroup) -> None:
        """Make an abandoned group's batches pending again, once the provider confirms that it holds the group back."""
        state = self._ask(lambda: self.holds.state(group.schedule))
        if not state and not group.untouched:
            name = self.calls.provider.name
            self.batches.expire(group.no, reason=f"{name} does not hold it back, and nobody has released it")
            return
        self.batches.give_back(group.no)
        with suppress(NotSent, ProviderError, CredentialsError):  # else it stays paused until it expires
            _discard(self.holds, group, state)

    def _no_slot(self) -> _NotNowError:
        return _NotNowError(_describe_slots(self.batches.groups(), holds=self.holds, now=self.now()))

    def _ask(self, query: Callable[[], _Answer]) -> _Answer:
        try:
            return retry_query(query, stop=self.calls.stop, sleep=self.calls.sleep)
        except NotSent as error:
            raise _NotNowError(error.reason) from None


def _discard(holds: MailHolds, group: CallGroup, state: str) -> None:
    """Make sure that a group is never delivered, and that its slot becomes free soon.

    Args:
        holds: The provider's holds.
        group: A group that is held back.
        state: What `MailHolds.state` says of it now.
    """
    if group.untouched and state == "paused":
        holds.release(group.schedule)  # nothing was posted under it
    elif state == "paused":
        holds.cancel(group.schedule)


def _describe_slots(groups: Sequence[CallGroup], *, holds: MailHolds, now: datetime) -> str:
    """Say that no slot is free, and when one will be, at the latest."""
    held = [group for group in groups if group.state in {"abandoned", "cancelled"} and not group.untouched]
    ends = [group.send_at if group.send_at > now else group.made_at + holds.lasts for group in held]
    first = min((end for end in ends if end > now), default=now + holds.lasts)
    return f"{holds.slots} mailings are already held back or cancelled; a slot is free at {first:%Y-%m-%d %H:%M} UTC"
