"""Sending in two phases: what a provider accepts is held back, and let go only when a whole group is accepted.

::

    reserve ─▶ gather (preparing) ─▶ pause ─▶ post every call ─▶ prepared ─▶ committing ─▶ delete the pause ─▶ committed
                        │                            │
                        └──────── a reply is lost ───┴──▶ abandoned ─▶ seen held back ─▶ pending again ─▶ cancel

No mail leaves before the pause is deleted, and the pause is never deleted of a group that was given up. A lost reply
therefore costs a repetition, and leaves nobody unsure (the design, section 6). It relies on behaviour
that the provider documents, which ``digest doctor --two-phase`` tests.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from digest.delivery.book import ClaimLostError
from digest.delivery.patience import ask_again
from digest.errors import CredentialsError, ProviderError
from digest.providers import NoSlot, NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from digest.delivery.batches import BatchSender
    from digest.delivery.compose import Composer
    from digest.delivery.groups import CallGroup, GroupsBook
    from digest.providers import MailHolds

__all__ = ["TwoPhaseSender"]

_Answer = TypeVar("_Answer")

#: Calls in a group at least, and groups of a campaign at most: so that all of them can be cancelled together, and a few
#: that were given up besides (`MailHolds.slots`).
_CALLS, _GROUPS = 5, 8
#: How often a group is given up, one after the other, before a person must look why.
_LOST = 3
#: A group that is older is not trusted to be still held back; the provider throws it away soon (`MailHolds.lasts`).
_TRUSTED = timedelta(hours=70)


class _NotNowError(Exception):
    """The provider gives no answer, or has no slot; says why."""


@dataclass(kw_only=True)
class TwoPhaseSender:
    """Sends the pending batches of one campaign in groups.

    Attributes:
        calls: Posts the batches of a group, with its book and content in place of its own.
        compose: The content that is delivered at a moment, under the provider's name for that.
        at: Aware; when the campaign is to be delivered. None: as soon as can be.
        undo: How long a delivery is put off so that it can be cancelled.
    """

    book: GroupsBook
    calls: BatchSender
    holds: MailHolds
    compose: Callable[[datetime, str], Composer]
    at: datetime | None
    undo: timedelta
    now: Callable[[], datetime]
    _trouble: str = field(default="", init=False)

    def resolve_unknown(self, *, resend: bool, in_time: bool) -> None:
        """Settle the groups that dead senders left, then what is unknown without one, as `BatchSender` does.

        Args:
            in_time: Whether anybody may be mailed now; else what is prepared is given up.
        """
        self._trouble = ""
        for group in self.book.groups():
            if group.mine:
                try:
                    self._settle(group, in_time=in_time)
                except _NotNowError as error:
                    self._trouble = str(error)
                except ClaimLostError:
                    continue  # another sender was faster
        self.calls.resolve_unknown(resend=resend, in_time=in_time)

    def send_with_others(self) -> str:
        """Send until nothing is pending, or nothing more can be done now, as `BatchSender.send_with_others`.

        Returns: Why something is still pending; empty when nothing is.
        """
        trouble = self._trouble or self._send_groups()
        while not trouble and not self.calls.stop.asked and self.book.waits_for_others():
            if not self.calls.others_end():
                return "another sender is still at work"
            self.resolve_unknown(resend=False, in_time=True)
            trouble = self._trouble or self._send_groups()
        return trouble

    def _send_groups(self) -> str:
        lost = 0
        while not self.calls.stop.asked and self.book.pending(after=0, limit=1):
            try:
                ended, trouble = self._send_group()
            except _NotNowError as error:
                return str(error)
            except ClaimLostError:
                continue  # another sender has settled the group
            if trouble:
                return trouble
            lost = lost + 1 if ended == "unknown" else 0
            if lost == _LOST:
                return f"replies of {self.calls.provider.name} were lost {lost} times, one after the other"
        return "stopped" if self.calls.stop.asked else ""

    def _send_group(self) -> tuple[str, str]:
        """Send one group. Returns how it ended, as `GroupsBook.prepare`, and why something is pending."""
        if self._ask(self.holds.used) >= self.holds.slots:
            raise self._no_slot()
        schedule = self._ask(self.calls.provider.reserve)
        delay = self.calls.provider.capabilities.undo_until + self.undo
        send_at = max(self.at or self.now(), self.now() + delay)
        size = max(_CALLS, -(-self.book.size() // _GROUPS))
        no = self.book.gather(schedule=schedule, send_at=send_at, limit=size)
        if no is None:
            return "nothing", ""
        if not self._paused(no, schedule):
            raise self._no_slot()
        calls = replace(self.calls, book=self.book.within(no), composer=self.compose(send_at, schedule))
        try:
            trouble = calls.send_pending()
        except (CredentialsError, ProviderError):
            with suppress(_NotNowError, ClaimLostError, ProviderError, CredentialsError):
                self._give_up(no, "the provider refuses")
            raise
        ended = self.book.prepare(no)
        if ended == "prepared":
            self.book.begin_commit(no)
            self._commit(no, schedule, send_at)
        else:
            self._give_up(no, "a reply was lost" if ended == "unknown" else trouble)
        return ended, trouble

    def _paused(self, no: int, schedule: str) -> bool:
        """Pause before the first call. Returns False where no slot is free."""

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
        """Bring a group that a dead sender left to its end."""
        old = self.now() - group.made_at > _TRUSTED
        if group.state in {"prepared", "committing"} and old:
            self.book.expire(group.no, reason="it was held back for too long")
        elif group.state == "committing":
            self._commit(group.no, group.schedule, group.send_at)
        elif group.state == "prepared" and in_time and self._holds_back(group):
            self.book.begin_commit(group.no)
            self._commit(group.no, group.schedule, group.send_at)
        elif group.state in {"preparing", "prepared"}:
            self._give_up(group.no, "its sender died" if in_time else "it is too late")
        elif group.state == "abandoned" and group.open:
            self._give_back(group)

    def _commit(self, no: int, schedule: str, send_at: datetime) -> None:
        """Delete the pause. Only for a group of which "committing" is written down, so that it may be repeated."""
        self._ask(lambda: self.holds.release(schedule))
        try:
            self.book.commit(no, send_at=send_at)
        except ClaimLostError:  # another process has done the same, or has cancelled what was just let go
            if self._group(no).state == "cancelled":
                self._ask(lambda: self.holds.cancel(schedule))

    def _holds_back(self, group: CallGroup) -> bool:
        """Whether a group is paused: that the pause is gone proves success only once it was to be deleted."""
        return self._ask(lambda: self.holds.state(group.schedule)) == "paused"

    def _group(self, no: int) -> CallGroup:
        return next(group for group in self.book.groups() if group.no == no)

    def _give_up(self, no: int, reason: str) -> None:
        self.book.abandon(no, reason=reason)
        self._give_back(self._group(no))

    def _give_back(self, group: CallGroup) -> None:
        """Let the batches of an abandoned group be sent again, once it is seen that what was posted is held back."""
        state = self._ask(lambda: self.holds.state(group.schedule))
        if not state and not group.untouched:
            name = self.calls.provider.name
            self.book.expire(group.no, reason=f"{name} does not hold it back, and was not told to let it go")
            return
        self.book.give_back(group.no)
        with suppress(NotSent, ProviderError, CredentialsError):  # it stays paused, and expires
            _throw_away(self.holds, group, state)

    def _no_slot(self) -> _NotNowError:
        return _NotNowError(_describe_slots(self.book.groups(), holds=self.holds, now=self.now()))

    def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        try:
            return ask_again(question, stop=self.calls.stop, sleep=self.calls.sleep)
        except NotSent as error:
            raise _NotNowError(error.reason) from None


def _throw_away(holds: MailHolds, group: CallGroup, state: str) -> None:
    """Have a group that is held back never delivered, and its slot free soon.

    Args:
        state: As `MailHolds.state` says now.
    """
    if group.untouched and state == "paused":
        holds.release(group.schedule)  # nothing was posted under it
    elif state == "paused":
        holds.cancel(group.schedule)


def _describe_slots(groups: Sequence[CallGroup], *, holds: MailHolds, now: datetime) -> str:
    """That no slot is free, and when one is at the latest."""
    kept = [group for group in groups if group.state in {"abandoned", "cancelled"} and not group.untouched]
    ends = [group.send_at if group.send_at > now else group.made_at + holds.lasts for group in kept]
    first = min((end for end in ends if end > now), default=now + holds.lasts)
    return f"{holds.slots} mailings are held back or cancelled already; one is over at {first:%Y-%m-%d %H:%M} UTC"
