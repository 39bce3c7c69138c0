"""Holding mail back at a provider, which two-phase sending rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from digest.errors import ProviderError

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["CancelRefusedError", "MailHolds"]


class CancelRefusedError(ProviderError):
    """The provider will not cancel any more, since it delivers too soon; what was paused is paused still."""


class MailHolds(Protocol):
    """Holding mail back at the provider, by the name of a delivery that `Provider.reserve` has given.

    What is handed over under a paused name is kept, also past its ``send_at``, until the pause is released, and goes
    then. What is under a cancelled one is thrown away. SendGrid's, the only one so far, is documented at
    https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends.

    Every method may also raise CredentialsError (the key is missing, refused, or lacks the right) and ProviderError
    (a refusal for good, or an answer that cannot be understood).
    """

    @property
    def slots(self) -> int:
        """How many names may be paused or cancelled at a time, over the whole account."""

    @property
    def lasts(self) -> timedelta:
        """How long paused mail is kept, from when it was handed over; then it expires, and nobody gets it."""

    def pause(self, schedule: str) -> None:
        """Hold back whatever is handed over under this name; returns when that is certain.

        No mail may be posted under the name before this has returned. It may be called again; a name that is paused
        already stays so. When the answer is lost, the provider is asked whether it is paused.

        Raises:
            NoSlot: ``slots`` names are paused or cancelled already. Nothing has changed.
            NotSent: It is not certain. Ask again, or give the name up: a lost request may still arrive.
            ProviderError: Among others, the name was cancelled.
        """

    def release(self, schedule: str) -> None:
        """Let go what is held back: at its ``send_at``, or now if that is over. This is the commit.

        Repeating it is harmless. That there is nothing to release counts as success, since an earlier call may have
        done it; so call it only when "committing" is written down. It would take a cancellation back as well.

        Raises:
            NotSent: The answer was lost, or was a failure: it may or may not have happened. Ask again.
        """

    def cancel(self, schedule: str) -> None:
        """Have nothing delivered of what was or will be handed over under this name, whether it is paused or not.

        Repeating it is harmless. It works until ``Capabilities.undo_until`` before the earliest ``send_at`` under it.

        Raises:
            CancelRefusedError: It is too late. What was paused is paused still, and expires if it is never released.
            NoSlot: It has no status yet, and there is no slot for one. Nothing has changed.
            NotSent: It is not certain. Ask again; `state` tells.
        """

    def state(self, schedule: str) -> Literal["paused", "cancelled", ""]:
        """What the provider says of this name now; "" when it is neither.

        The provider forgets: a cancelled name once its ``send_at`` is over, a paused one when its mail has expired.
        So "" proves that nothing is held back, and nothing about what was thrown away.

        Raises:
            NotSent: It cannot be asked now.
        """

    def used(self) -> int:
        """How many names are paused or cancelled now, over the whole account.

        Raises:
            NotSent: It cannot be asked now.
        """
