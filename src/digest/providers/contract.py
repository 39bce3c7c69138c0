"""The contract that every provider fulfils. `BaseProvider` has the defaults of its optional parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pydantic import BaseModel

    from digest.models import Suppression
    from digest.providers.mail_holds import MailHolds
    from digest.providers.provider_call import MailContent, Recipient, SendResult

__all__ = ["Capabilities", "Diagnosis", "Provider", "ProviderAccount", "do_nothing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        max_recipients: The most recipients in one call.
        hosts_unsubscribe: It can host the page on which readers unsubscribe, for a group of its own.
        sandbox: It can validate a message without sending it.
        repeatable: Repeating a call mails nobody twice, so an unknown outcome is settled by repeating it.
        local: Nothing leaves this machine.
        schedules: How far ahead a delivery can be scheduled; zero if it cannot.
        undo_until: How long before its time a delivery can still be cancelled.
        dkim_selectors: The DKIM selectors under which senders publish the provider's keys (RFC 6376, section 3.1);
            empty if they differ from account to account.
    """

    max_recipients: int
    hosts_unsubscribe: bool = False
    sandbox: bool = False
    repeatable: bool = False
    local: bool = False
    schedules: timedelta = timedelta(0)
    undo_until: timedelta = timedelta(0)
    dkim_selectors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One result of a check of the set-up: what was looked at, its state, what was seen, and how to fix it."""

    what: str
    state: Literal["ok", "warning", "error"]
    words: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderAccount:
    """The account that mail is sent with, as far as a record of a self-test is compared with it.

    Attributes:
        host: The base address of the provider's API, as configured.
        api_key: The key; never shown and never stored.
    """

    host: str
    api_key: str = field(repr=False)


def do_nothing() -> None:
    """The default for callbacks."""


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
        """Do what `send` would do first for this very call, while another call is under way. May do nothing.

        Raises:
            DigestError: As `send`, which will raise it again.
        """

    def send(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
        meanwhile: Callable[[], None] = do_nothing,
    ) -> SendResult:
        """Make one call. It retries nothing: the caller decides.

        Args:
            content: What all recipients share.
            recipients: At most ``capabilities.max_recipients``, no address twice.
            reference: A name for this call, in ASCII and unique in the campaign; what `lookup` asks for.
            begin: Called once, when everything that can fail without sending is done and before the first byte of
                mail leaves. If it raises, nothing is sent and its exception is passed on.
            meanwhile: May be called once, after the mail has left and before the reply is read.

        Raises:
            NotSent: Nothing was accepted; try again later (`Deferred`: others first).
            CallRefused: Nothing was accepted; a smaller call may be.
            CredentialsError: Nothing was accepted; the key is missing or was refused.
            ProviderError: Nothing was accepted, and nothing will be until the user changes something.
        """

    def lookup(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """The keys of recipients whose mail the provider certainly accepted. Absence proves nothing.

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
        """As `holds`, whether or not two-phase sending is configured: what the self-test tries."""

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
        """Everyone whom this provider's lists say not to mail; empty if it keeps no such lists.

        Raises:
            NotSent, CredentialsError, ProviderError: The provider cannot be asked.
        """

    def read_events(self, body: bytes, *, signature: str, timestamp: str) -> tuple[Suppression, ...]:
        """The suppressions in one request of the provider's webhook.

        Args:
            body: The request's body, byte for byte as it arrived.
            signature: What the provider signed the request with.
            timestamp: When it says that it did.

        Raises:
            CredentialsError: The key that verifies requests is missing or wrong.
            RefusedError: The provider did not sign this request, or too long ago.
            ProviderError: The request cannot be read, or the provider has no webhook.
        """
