"""What a rule has to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.errors import Place

__all__ = ["Finding", "Severity"]


class Severity(StrEnum):
    """How bad it is, the worst first."""

    #: Not fit to send.
    ERROR = "error"
    #: Fit to send, but look at it.
    WARNING = "warning"
    #: Good to know.
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One fault.

    Attributes:
        code: The rule's, such as ``T101``.
        message: What is wrong here, in one sentence.
        place: The editor's line in issue.md, or a file of the build for what stands only there.
        hint: What to change, where that is not plain.
    """

    code: str
    severity: Severity
    message: str
    place: Place
    hint: str = ""
