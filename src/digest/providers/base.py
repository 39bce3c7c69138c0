"""The contract of every provider: shared content, some recipients, and an outcome for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from digest.models import Suppression
    from digest.providers.holds import MailHolds

__all__ = [
    "CallRefused",
    "Capabilities",
    "Content",
    "Deferred",
    "Diagnosis",
    "LinkedRecipients",
    "NoSlot",
    "NotSent",
    "Outcome",
    "Provider",
    "Recipient",
    "SendResult",
    "Verdict",
    "nothing",
]


class Outcome(StrEnum):
    """What became of a mail, as far as the provider's answer tells."""

    #: The provider took it. It may still bounce.
    ACCEPTED = "accepted"
    #: The provider will not take it; nothing left.
    REJECTED = "rejected"
    #: The answer was lost, or said nothing: it may or may not have left, and is never sent again unasked.
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        max_recipients: Of one call.
        hosts_unsubscribe: It can keep the page on which a reader leaves, for a group of its own.
        sandbox: It can check a message without sending it.
        repeatable: The same call made twice mails nobody twice, so that an unknown outcome is settled by repeating it.
        local: Nothing leaves this machine.
        schedules: How far ahead it can be told when to deliver; zero where it cannot.
        undo_until: How long before its moment a delivery can still be called off.
    """

    max_recipients: int
    hosts_unsubscribe: bool = False
    sandbox: bool = False
    repeatable: bool = False
    local: bool = False
    schedules: timedelta = timedelta(0)
    undo_until: timedelta = timedelta(0)


class Recipient(NamedTuple):
    """One person of a call. A tuple, because there are millions of them.

    Attributes:
        key: Opaque and stable, in hex; never the address.
        email: Normalised.
        values: What stands in place of each tag of the content: plain text, escaped for HTML by the provider.
        headers: Their own headers, such as List-Unsubscribe; none of them shared.
    """

    key: str
    email: str
    name: str = ""
    values: Mapping[str, str] = MappingProxyType({})
    headers: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedRecipients(Sequence[Recipient]):
    """The recipients of a call in which nothing is personal but the link by which each leaves, as in most campaigns.

    A provider that knows this class makes a call of it in half the time; to others it is a sequence like any.

    Attributes:
        rows: Address and name of each, clean.
        links: The link of each, in ASCII, fit for a header.
        tag: What stands for the link in the content.
        headers: Beside List-Unsubscribe, the same for all.
    """

    keys: Sequence[str]
    rows: Sequence[tuple[str, str]]
    links: Sequence[str]
    tag: str
    headers: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Recipient: ...
    @overload
    def __getitem__(self, index: slice) -> list[Recipient]: ...
    def __getitem__(self, index: int | slice) -> Recipient | list[Recipient]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        (email, name), link = self.rows[index], self.links[index]
        headers = {"List-Unsubscribe": f"<{link}>", **self.headers}
        return Recipient(self.keys[index], email, name, {self.tag: link}, headers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What all recipients of a campaign share.

    Attributes:
        issue: The issue's id.
        campaign: A name for this campaign, unique in the provider's account, in ASCII.
        edition: A name for this issue of this newsletter to this audience, whatever its build; unique likewise.
        sender: Name and address.
        reply_to: Name and address, or None.
        tags: The literal texts that are different for each recipient, in subject, html and text.
        headers: Shared headers.
        date: Aware; the Date header of mail that we build ourselves.
        unsubscribe_group: The provider's group that a reader leaves; None when the links are the newsletter's own.
        unsubscribe_tag: The tag that stands for the link, so that a provider with groups can put its own there.
        sandbox: Check, and send nothing.
        send_at: Aware; when the provider is to deliver. None: now.
        schedule: The name, given by `reserve`, under which that can be called off.
    """

    issue: str
    campaign: str
    edition: str
    sender: tuple[str, str]
    subject: str
    html: str
    text: str
    date: datetime
    reply_to: tuple[str, str] | None = None
    tags: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_group: int | None = None
    unsubscribe_tag: str = ""
    sandbox: bool = False
    send_at: datetime | None = None
    schedule: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The outcome for one recipient, and the provider's words without addresses."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendResult:
    """The answer to one call.

    Attributes:
        outcome: For every recipient but the exceptions.
        exceptions: Recipients, by key, whose outcome is another one.
        message_id: The provider's name for the call; empty when it gave none.
        reason: The provider's words, without addresses.
    """

    outcome: Outcome
    exceptions: Mapping[str, Verdict] = field(default_factory=dict)
    message_id: str = ""
    reason: str = ""

    def of(self, key: str) -> Verdict:
        """The outcome for one recipient."""
        return self.exceptions.get(key, Verdict(outcome=self.outcome, reason=self.reason))


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One thing that was looked at: what, whether it is ``ok``, a ``warning`` or an ``error``, and what to do."""

    what: str
    state: Literal["ok", "warning", "error"]
    words: str
    remedy: str = ""


class NotSent(Exception):  # noqa: N818 - it is an answer, not a failure
    """Provably nothing of the call was accepted, and the same call may succeed later.

    Attributes:
        retry_after: Seconds to wait, where the provider said so.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Deferred(NotSent):
    """As `NotSent`, but for these recipients alone: others may be mailed meanwhile."""


class CallRefused(Exception):  # noqa: N818 - it is an answer, not a failure
    """Provably nothing of the call was accepted, because of some recipient in it: a smaller call may be."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoSlot(NotSent):
    """As `NotSent`: as many deliveries are paused or cancelled at the provider as it allows at a time."""


def nothing() -> None:
    """Where there is nothing to do meanwhile."""


class Provider(Protocol):
    """A provider is made with (config, environ, root, now) and connects when it is first used."""

    @property
    def name(self) -> str:
        """As it is configured."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    @property
    def holds(self) -> MailHolds | None:
        """How mail is held back; None where the provider cannot, or is not configured to."""

    def check(self, content: Content) -> None:
        """Refuse content that this provider cannot express. Touches no network.

        Raises:
            ProviderError: What it cannot express; it is never dropped in silence.
        """

    def prepare(self, content: Content, recipients: Sequence[Recipient], *, reference: str) -> None:
        """Do what `send` of this very call would do first, while another call is under way; may do nothing.

        Raises:
            DigestError: As `send`, which will say so again.
        """

    def send(
        self,
        content: Content,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
        meanwhile: Callable[[], None] = nothing,
    ) -> SendResult:
        """Hand over one call.

        Args:
            recipients: At most ``capabilities.max_recipients``, no address twice.
            reference: A name for this call, unique in the campaign, in ASCII; what `lookup` asks by.
            begin: Called once, when all that can fail without sending is done and before the first byte of mail
                leaves; what it raises is passed on, and nothing is sent.
            meanwhile: May be called once, when the mail has left and its answer is awaited.

        Raises:
            NotSent: Nothing was accepted; try again later (`Deferred`: others first).
            CallRefused: Nothing was accepted; a smaller call may be.
            CredentialsError: Nothing was accepted; the key is missing or was refused.
            ProviderError: Nothing was accepted, and nothing will be before somebody changes something.
        """

    def lookup(self, content: Content, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """The keys of those whose mail the provider proves to have accepted. Absence proves nothing.

        Raises:
            NotSent, CredentialsError, ProviderError: It cannot be asked.
        """

    def knows(self, content: Content) -> bool:
        """Whether the provider's own record holds mail of this edition, from whatever machine and build.

        Raises:
            NotSent, CredentialsError, ProviderError: It cannot be asked.
        """

    def reserve(self) -> str:
        """A name for a delivery that is to come. Nothing is mailed.

        Raises:
            NotSent, CredentialsError, ProviderError: There is none now.
        """

    def call_off(self, schedule: str) -> None:
        """Have nothing delivered of what was handed over under this name; doing it again is harmless.

        Raises:
            NotSent, CredentialsError, ProviderError: It cannot be done, or not now.
        """

    def diagnose(self, sender: str) -> Iterable[Diagnosis]:
        """Look whether a send by ``sender``, an address, would work, without sending. What it finds is never raised."""

    def suppressions(self) -> Iterable[Suppression]:
        """Everybody this provider knows must not be mailed; empty where it keeps no such lists.

        Raises:
            NotSent, CredentialsError, ProviderError: It cannot be asked.
        """

    def close(self) -> None:
        """Let go of connections; may be called twice."""
