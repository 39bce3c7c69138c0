"""One call to a provider: the content and the recipients that go in, and the outcome that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, overload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "CallRefused",
    "Deferred",
    "Fault",
    "LinkedRecipients",
    "MailContent",
    "NoSlot",
    "NotSent",
    "Outcome",
    "Recipient",
    "SendResult",
    "Verdict",
]


class Outcome(StrEnum):
    """The outcome of a mail, according to the provider's reply."""

    #: The provider took it. It may still bounce.
    ACCEPTED = "accepted"
    #: The provider will not take it. Nothing was sent.
    REJECTED = "rejected"
    #: The reply was lost or ambiguous. The mail may have been sent, so it is never sent again unless the user asks.
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """Whose fault a refusal is. It decides who else can be mailed."""

    #: The mailbox does not exist or is full, so any number of others can be mailed.
    RECIPIENT = "recipient"
    #: The account that sends: its log-in, its policy or its quota. Nobody can be mailed until something changes.
    SENDER = "sender"
    #: The recipient's, for now. The others can be mailed meanwhile.
    LATER = "later"
    #: This connection has carried enough. A new one may take the same mail.
    CONNECTION = "connection"
    #: The reply names neither. One such refusal is the recipient's; the same for everybody is the sender's.
    UNCLEAR = "unclear"


class Recipient(NamedTuple):
    """One recipient of a call. A tuple, because there are millions of them.

    Attributes:
        key: Opaque and stable, in hex; never the address.
        email: The normalised address.
        name: The display name; may be empty.
        values: What replaces each tag of the content, as plain text. The provider escapes it for HTML.
        headers: This recipient's own headers, such as List-Unsubscribe. None of them is also in the content's headers.
    """

    key: str
    email: str
    name: str = ""
    values: Mapping[str, str] = MappingProxyType({})
    headers: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedRecipients(Sequence[Recipient]):
    """The recipients of a call in which only the unsubscribe link differs, as in most campaigns.

    A provider that knows this class builds a call in half the time. To any other provider it is a plain sequence.

    Attributes:
        keys: The key of each recipient, in hex.
        emails: The address of each recipient, normalised.
        names: The name of each recipient, likewise; it may be empty.
        tokens: What the link of each recipient has of its own: letters, digits, ``-`` and ``_``.
        around: What all links have before and after it, in ASCII and valid in a header.
        tag: What stands for the link in the content.
        headers: The same for all recipients, in addition to List-Unsubscribe.
    """

    keys: Sequence[str]
    emails: Sequence[str]
    names: Sequence[str]
    tokens: Sequence[str]
    around: tuple[str, str]
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
            return [self[position] for position in range(*index.indices(len(self)))]
        before, after = self.around
        link = f"{before}{self.tokens[index]}{after}"
        headers = {"List-Unsubscribe": f"<{link}>", **self.headers}
        return Recipient(self.keys[index], self.emails[index], self.names[index], {self.tag: link}, headers)


@dataclass(frozen=True, kw_only=True, slots=True)
class MailContent:
    """What all recipients of a campaign share.

    Attributes:
        issue: The issue's id.
        campaign: A name for this campaign, in ASCII and unique in the provider's account.
        edition: A name for this issue of this newsletter to this audience, the same for every build; unique likewise.
        sender: Name and address.
        reply_to: Name and address, or None.
        tags: The literal texts in subject, html and text that are replaced for each recipient.
        headers: Shared headers.
        date: The Date header of messages that digest composes itself; aware.
        unsubscribe_group: The provider's unsubscribe group; None if the links are the newsletter's own.
        unsubscribe_tag: The tag that stands for the link, so that a provider with groups can insert its own.
        sandbox: Validate only, and send nothing.
        send_at: When the provider delivers; aware. None means at once.
        schedule: The name, from `Provider.reserve`, under which the delivery can be cancelled.
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
    """The outcome for one recipient, and the provider's message without addresses.

    Attributes:
        fault: Of a rejection: RECIPIENT, or UNCLEAR if the reply does not name the mailbox.
    """

    outcome: Outcome
    reason: str = ""
    fault: Fault = Fault.UNCLEAR


@dataclass(frozen=True, kw_only=True, slots=True)
class SendResult:
    """The reply to one call.

    Attributes:
        outcome: For every recipient except the exceptions.
        exceptions: Recipients with another outcome, by key.
        message_id: The provider's id of the call; empty if it gave none.
        reason: The provider's message, without addresses.
        fault: As in `Verdict`.
    """

    outcome: Outcome
    exceptions: Mapping[str, Verdict] = field(default_factory=dict)
    message_id: str = ""
    reason: str = ""
    fault: Fault = Fault.UNCLEAR

    def of(self, key: str) -> Verdict:
        """The outcome for one recipient."""
        return self.exceptions.get(key, Verdict(outcome=self.outcome, reason=self.reason, fault=self.fault))


class NotSent(Exception):  # noqa: N818 - an outcome of the call, not a failure of the program
    """Nothing of the call was accepted, certainly, and the same call may succeed later.

    Attributes:
        reason: The provider's message, without addresses.
        retry_after: Seconds to wait, if the provider said so.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Deferred(NotSent):
    """Like `NotSent`, but only for these recipients: others can be mailed meanwhile."""


class NoSlot(NotSent):
    """Like `NotSent`: the provider already holds back or cancels as many deliveries as it allows at a time."""


class CallRefused(Exception):  # noqa: N818 - an outcome of the call, not a failure of the program
    """Nothing of the call was accepted, certainly, because of one of its recipients. A smaller call may succeed.

    Attributes:
        reason: The provider's message, without addresses.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
