"""The people: subscribers, the audiences made of them, and those who must never be mailed."""

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

    #: The reader left.
    UNSUBSCRIBED = "unsubscribed"
    #: The mailbox does not exist (5.1.x). A full mailbox or a blocked sender is not one.
    HARD_BOUNCE = "hard_bounce"
    #: The reader pressed "spam".
    COMPLAINT = "complaint"
    #: The address cannot exist.
    INVALID = "invalid"
    #: Somebody of the newsletter said so.
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """An address with a status and fields.

    Attributes:
        email: Normalised: the domain in lower case IDNA form, no surrounding space. Two subscribers are the same
            person when ``email.casefold()`` is equal.
        name: As the reader gave it; may be empty.
        fields: The other columns of the list, by header.
    """

    email: str
    name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """An address never to mail. ``at`` is aware, in UTC, where it is known; ``source`` says who told us.

    ``audience`` is the one that the reader left; empty for all.
    """

    email: str
    reason: SuppressionReason
    at: datetime | None = None
    source: str = ""
    audience: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListProblem:
    """A row that is left out, and why. The message never repeats the address."""

    place: Place
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """A selection from lists, ready to freeze.

    Attributes:
        subscribers: Who is mailed, sorted by normalised address, each person once.
        left_out: How many people of the lists are not mailed, by reason ("suppressed: hard_bounce", "pending",
            "bad address", "twice in the lists", "not selected").
        problems: The rows that somebody should mend.
    """

    name: str
    where: str = ""
    subscribers: Sequence[Subscriber] = ()
    left_out: Mapping[str, int] = field(default_factory=dict, hash=False)
    problems: tuple[ListProblem, ...] = ()
