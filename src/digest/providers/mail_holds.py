"""Holding mail back at a provider, which two-phase sending rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from digest.errors import ProviderError

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["CancelRefusedError", "MailHolds"]


class CancelRefusedError(ProviderError):
    """The provider no longer cancels, because delivery is too near. What was paused stays paused."""


class MailHolds(Protocol):
    """Holding mail back at the provider, by the name of a delivery from `Provider.reserve`.

    The provider keeps mail that is handed over under a paused name, even past its ``send_at``, and delivers it when the
    pause is released. It discards mail under a cancelled name. SendGrid, the only provider with this so far, documents
    it at https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends.

    Every method may also raise CredentialsError (the key is missing, was refused, or lacks a permission) and
    ProviderError (a final refusal, or a reply that cannot be read).
    """

    @property
    def slots(self) -> int:
        """How many names may be paused or cancelled at a time in the whole account."""

    @property
    def lasts(self) -> timedelta:
        """How long paused mail is kept after it was handed over. Then it expires and is never delivered."""

    def pause(self, schedule: str) -> None:
        """Hold back everything that is handed over under this name. Returns once that is certain.

        No mail may be posted under the name before this has returned. Repeating it is harmless. If the reply is lost,
        it asks the provider whether the name is paused.

        Raises:
            NoSlot: ``slots`` names are already paused or cancelled. Nothing has changed.
            NotSent: It is not certain. Try again, or give up the name: a lost request may still arrive.
            ProviderError: For example, the name was cancelled.
        """

    def release(self, schedule: str) -> None:
        """Release what is held back: it leaves at its ``send_at``, or now if that has passed. This is the commit.

        Repeating it is harmless. Nothing to release counts as success, since an earlier call may have released it, so
        call this only after recording "committing". It would also revoke a cancellation.

        Raises:
            NotSent: The reply was lost or was a server error, so it may or may not have happened. Try again.
        """

    def cancel(self, schedule: str) -> None:
        """Discard everything that was or will be handed over under this name, whether it is paused or not.

        Repeating it is harmless. It works until ``Capabilities.undo_until`` before the earliest ``send_at`` under it.

        Raises:
            CancelRefusedError: It is too late. What was paused stays paused, and expires unless it is released.
            NoSlot: The name has no status yet, and there is no slot for one. Nothing has changed.
            NotSent: It is not certain. Try again; `state` tells.
        """

    def state(self, schedule: str) -> Literal["paused", "cancelled", ""]:
        """The status of this name now; "" if it has none.

        The provider forgets a cancelled name once its ``send_at`` has passed, and a paused one when its mail has
        expired. So "" proves that nothing is held back, but not that nothing was discarded.

        Raises:
            NotSent: The provider cannot be asked now.
        """

    def used(self) -> int:
        """How many names are paused or cancelled now in the whole account.

        Raises:
            NotSent: The provider cannot be asked now.
        """
