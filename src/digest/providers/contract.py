"""The contract that every provider fulfils. `BaseProvider` has defaults for its optional parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from digest.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pydantic import BaseModel

    from digest.models import Suppression
    from digest.providers.provider_call import MailContent, Recipient, SendResult

__all__ = [
    "CancelRefusedError",
    "Capabilities",
    "Diagnosis",
    "MailHolds",
    "Provider",
    "ProviderAccount",
    "do_nothing",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        max_recipients: The most recipients in one call.
        calls_at_once: How many calls of `Provider.post` may be under way at a time.
        hosts_unsubscribe: It can host the page on which readers unsubscribe, for a group of its own.
        sandbox: It can validate a message without sending it.
        repeatable: Repeating a call mails nobody twice, so an unknown outcome is settled by repeating it.
        local: Nothing leaves this machine. ``Settings.local``, which the checks ask, says the same.
        schedules: How far ahead a delivery can be scheduled; zero if it cannot.
        undo_until: How long before its time a delivery can still be cancelled.
        calls_per_minute: The most calls in a minute, which the sender spreads evenly; None for no limit.
        dkim_selectors: The DKIM selectors under which senders publish the provider's keys (RFC 6376, section 3.1);
            empty if they differ from account to account.
    """

    max_recipients: int
    calls_at_once: int = 1
    hosts_unsubscribe: bool = False
    sandbox: bool = False
    repeatable: bool = False
    local: bool = False
    schedules: timedelta = timedelta(0)
    undo_until: timedelta = timedelta(0)
    calls_per_minute: int | None = None
    dkim_selectors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One result of checking the set-up.

    Attributes:
        what: What was checked, such as ``sender``.
        state: Whether a send would work.
        words: The result, as a message for the user.
        remedy: How to fix a problem; empty if nothing is wrong.
    """

    what: str
    state: Literal["ok", "warning", "error"]
    words: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderAccount:
    """What identifies the account that mail is sent with, for comparing it with the record of a self-test.

    Attributes:
        host: The base address of the provider's API, as configured.
        api_key: The key; never shown and never stored.
    """

    host: str
    api_key: str = field(repr=False)


def do_nothing() -> None:
    """The default for callbacks."""


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
            NotSent: It is not certain. Try again, or check with `state`.
        """

    def state(self, schedule: str) -> Literal["paused", "cancelled", ""]:
        """The current status of this name; "" if it has none.

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


class Provider(Protocol):
    """Sends mail through one service.

    A provider is a class, found through an entry point of the group ``digest.providers`` in any distribution. The
    entry point's name is the one in ``delivery.provider``. The class is called with keywords only::

        provider = Class(config=config, environ=environ, root=root, now=now)

    ``config`` is the whole `Config`; ``config.provider_settings(name, Class.Settings)`` are the checked settings in
    ``[providers.NAME]``. ``environ`` is where keys and passwords come from, ``root`` the newsletter's folder, ``now``
    a clock in UTC. The constructor connects to nothing and needs no key: both wait until they are used.

    Derive from `BaseProvider`, which has a default for everything but `capabilities`, `send` and `lookup`.
    """

    #: Describes and checks ``[providers.NAME]``. Unknown keys are refused.
    Settings: ClassVar[type[BaseModel]]

    @property
    def name(self) -> str:
        """The name of the entry point."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    # -- sending ------------------------------------------------------------------------------------------------------

    def check(self, content: MailContent) -> None:
        """Refuse content that this provider cannot express. Touches no network.

        Raises:
            ProviderError: Names what it cannot express, which is never dropped silently.
        """

    def prepare(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> None:
        """Prepare a call of `post` with the same arguments while another call is under way. May do nothing.

        Raises:
            DigestError: Whatever `post` would raise, and will raise again.
        """

    def send(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
    ) -> SendResult:
        """Make one call. It retries nothing: the caller decides.

        Args:
            content: What all recipients share.
            recipients: At most ``capabilities.max_recipients``, no address twice.
            reference: A name for this call, in ASCII and unique in the campaign, by which `lookup` finds it.
            begin: Called once, when everything that can fail without sending is done and before the first byte of
                mail leaves. If it raises, nothing is sent and its exception is passed on.

        Raises:
            NotSent: Nothing was accepted; try again later (`Deferred`: others first).
            CallRefused: Nothing was accepted; a smaller call may be.
            CredentialsError: Nothing was accepted; the key is missing or was refused.
            ProviderError: Nothing was accepted, and nothing will be until the user changes something.
        """

    def post(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
    ) -> Callable[[], SendResult]:
        """Make one call as `send` does, and perhaps return before its reply has arrived.

        Up to ``capabilities.calls_at_once`` calls are under way at a time. They are awaited in their order.

        Returns: Waits for the reply. It is called once, and returns and raises what `send` would.

        Raises:
            NotSent, CallRefused, CredentialsError, ProviderError: As `send`.
        """

    def lookup(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """The keys of recipients whose mail the provider certainly accepted. A missing key proves nothing.

        Raises:
            NotSent, CredentialsError, ProviderError: The provider cannot be asked.
        """

    def knows(self, content: MailContent) -> bool:
        """Whether the provider's records hold mail of this edition, from any machine and any build.

        Raises:
            NotSent, CredentialsError, ProviderError: The provider cannot be asked.
        """

    def close(self) -> None:
        """Close connections. May be called twice."""

    # -- scheduling ---------------------------------------------------------------------------------------------------

    def reserve(self) -> str:
        """Get a name for a delivery, under which it can be cancelled. Nothing is mailed.

        Raises:
            NotSent, CredentialsError, ProviderError: There is none now.
        """

    def call_off(self, schedule: str) -> None:
        """Cancel everything that was handed over under this name. Repeating it is harmless.

        Raises:
            NotSent, CredentialsError, ProviderError: It cannot be done, or not now.
        """

    @property
    def holds(self) -> MailHolds | None:
        """How mail is held back for two-phase sending; None if the provider cannot, or is configured not to."""

    @property
    def testable_holds(self) -> MailHolds | None:
        """Like `holds`, but whether or not two-phase sending is configured. The self-test uses it."""

    def account(self) -> ProviderAccount:
        """The account that a self-test is recorded for.

        Raises:
            CredentialsError: The key is not set.
            ProviderError: The provider has no account.
        """

    # -- what the provider knows --------------------------------------------------------------------------------------

    def diagnose(self, sender: str) -> Iterable[Diagnosis]:
        """Check whether a send by ``sender``, an address, would work, without sending. Problems are never raised."""

    def suppressions(self) -> Iterable[Suppression]:
        """Everyone that this provider's lists say not to mail; empty if it keeps no such lists.

        Raises:
            NotSent, CredentialsError, ProviderError: The provider cannot be asked.
        """

    def read_events(self, body: bytes, *, signature: str, timestamp: str) -> tuple[Suppression, ...]:
        """The suppressions in one request of the provider's webhook.

        Args:
            body: The request's body, byte for byte as it arrived.
            signature: The provider's signature of the request.
            timestamp: The time of the signature, as the request states it.

        Raises:
            CredentialsError: The key that verifies requests is missing or wrong.
            RefusedError: The provider did not sign this request, or too long ago.
            ProviderError: The request cannot be read, or the provider has no webhook.
        """
