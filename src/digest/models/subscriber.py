"""Subscribers, the audiences selected from them, and suppressed addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from digest.errors import Place

__all__ = ["Audience", "ListProblem", "Subscriber", "Suppression", "SuppressionReason"]


class SuppressionReason(StrEnum):
    """Why an address must not be mailed."""

    #: The subscriber unsubscribed.
    UNSUBSCRIBED = "unsubscribed"
    #: The mailbox does not exist (5.1.x). A full mailbox or a blocked sender is not a hard bounce.
    HARD_BOUNCE = "hard_bounce"
    #: The subscriber marked an issue as spam.
    COMPLAINT = "complaint"
    #: The address cannot exist.
    INVALID = "invalid"
    #: The newsletter's staff suppressed the address.
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """An address on a consent list, with its fields.

    Attributes:
        email: Normalised: the domain in lower-case IDNA form, without surrounding space. Two subscribers with equal
            ``email.casefold()`` are the same person.
        name: As the subscriber gave it; may be empty.
        fields: The other columns of the list, by header.
    """

    email: str
    name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """An address that is never mailed.

    Attributes:
        at: When it was suppressed, aware and in UTC; None if unknown.
        source: Where the suppression comes from.
        audience: The audience that the subscriber left; empty for all of them.
    """

    email: str
    reason: SuppressionReason
    at: datetime | None = None
    source: str = ""
    audience: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListProblem:
    """A row that was skipped, and the reason. The message never repeats the address."""

    place: Place
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """A selection from lists, ready to freeze.

    Attributes:
        subscribers: The recipients, sorted by normalised address, each person once.
        left_out: The number of people on the lists who are not mailed, by reason ("suppressed: hard_bounce", "pending",
            "bad address", "twice in the lists", "not selected").
        problems: The rows that should be fixed.
    """

    name: str
    where: str = ""
    subscribers: Sequence[Subscriber] = ()
    left_out: Mapping[str, int] = field(default_factory=dict, hash=False)
    problems: tuple[ListProblem, ...] = ()
