"""Every error that digest raises on purpose, and the exit code each one means.

::

    DigestError                 1  failed
     ├── UsageError             2  the command line makes no sense
     ├── ConfigError            3  the configuration is missing or invalid
     ├── IssueError             3  issue.md or another file of the issue is invalid
     │    └── OldBuildError     6  an earlier version of digest made the build
     ├── RenderError            3  a template is invalid
     ├── ListError              3  a subscriber list cannot be read
     ├── CredentialsError       4  an API key or password is missing or was rejected
     ├── ChecksFailedError      5  `digest check` found errors
     ├── RefusedError           6  a safety check refused to send
     ├── IncompleteError        7  partly sent, or the outcome is unknown; resumable
     ├── NothingToDoError       8  nothing to do
     ├── SourceError            1  a source cannot be read; the others continue
     │    └── FetchError        1  a URL could not be fetched
     ├── ProviderError          1  the provider rejected a request, or cannot be used
     └── LedgerError            1  the ledger is locked, corrupt or from a newer version

An error says what failed, where, and what to type next. `digest.cli.boundary` is the one place that turns an error into
a message and an exit code; other code does not catch errors in order to print them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "ChecksFailedError",
    "ConfigError",
    "CredentialsError",
    "DigestError",
    "FetchError",
    "IncompleteError",
    "IssueError",
    "LedgerError",
    "ListError",
    "NothingToDoError",
    "OldBuildError",
    "Place",
    "ProviderError",
    "RefusedError",
    "RenderError",
    "SourceError",
    "UsageError",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem is: a file as the user would type it, and a line number that starts at 1."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class DigestError(Exception):
    """The base class of every error that digest raises on purpose.

    Attributes:
        message: What failed and why, in one sentence.
        place: The file and line to look at, if the error has one.
        hint: What to type or change next; may be empty.
        data: Further keys that ``--json`` prints beside the message.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, place: Place | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint
        self.data: dict[str, object] = {}

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class UsageError(DigestError):
    """The command line is invalid, such as an unknown issue id or an impossible combination of options."""

    exit_code = 2


class ConfigError(DigestError):
    """The configuration is missing or invalid."""

    exit_code = 3


class IssueError(DigestError):
    """issue.md or another file of the issue's folder is missing or invalid. Nothing was written."""

    exit_code = 3


class OldBuildError(IssueError):
    """An earlier version of digest made the build. It is whole, but its token covers less than an approval must."""

    exit_code = 6


class RenderError(DigestError):
    """A template, or its output, is invalid."""

    exit_code = 3


class ListError(DigestError):
    """A subscriber list cannot be read at all. An invalid row is a `ListProblem` and does not raise this."""

    exit_code = 3


class CredentialsError(DigestError):
    """An API key or password is missing from the environment, or was rejected."""

    exit_code = 4


class ChecksFailedError(DigestError):
    """``digest check``, ``digest doctor`` or ``digest subscribers check`` found problems."""

    exit_code = 5


class RefusedError(DigestError):
    """A safety check refused to send; nothing was sent."""

    exit_code = 6


class IncompleteError(DigestError):
    """A campaign is partly sent, or the outcome of a call is unknown. It can be resumed."""

    exit_code = 7


class NothingToDoError(DigestError):
    """There is nothing to do, or nothing that may be done: for example, the issue was already sent."""

    exit_code = 8


class SourceError(DigestError):
    """A source cannot be read. The error is reported, and the other sources are still read."""


class FetchError(SourceError):
    """A URL could not be fetched: it is blocked, unreachable, too slow or too large, or returned an error status."""


class ProviderError(DigestError):
    """The provider rejected a request for good, or does not support what it was asked to do."""


class LedgerError(DigestError):
    """The ledger is locked, corrupt, or was written by a newer version of digest."""
