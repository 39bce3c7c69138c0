"""Every error that digest raises on purpose, and the exit code each one means.

::

    DigestError                 1  failed
     ├── UsageError             2  the command line asks for something that cannot be
     ├── ConfigError            3  digest.toml is wrong
     ├── IssueError             3  issue.md, or a file beside it, is wrong
     ├── RenderError            3  a template is wrong
     ├── ListError              3  a subscriber list cannot be read
     ├── CredentialsError       4  a key is missing or was refused
     ├── ChecksFailedError      5  `digest check` found errors
     ├── RefusedError           6  a safety rail held
     ├── IncompleteError        7  partly sent, or the outcome is unknown; resumable
     ├── NothingToDoError       8  nothing to do
     ├── SourceError            1  one source cannot be read; never stops the others
     │    └── FetchError        1  its address could not be fetched
     ├── ProviderError          1  the provider refused, or cannot be used
     └── LedgerError            1  the ledger is locked, broken or from a newer version

An error carries what a person needs: what failed, where, and what to type next. The command line turns it into a
message and an exit code in one place (``digest.cli.boundary``); nothing else catches it to print it.
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
    "Place",
    "ProviderError",
    "RefusedError",
    "RenderError",
    "SourceError",
    "UsageError",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is wrong: a file as the reader would type it, and a line counted from 1."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class DigestError(Exception):
    """The root of the tree.

    Attributes:
        message: What failed and why, in one sentence.
        place: The file and line to look at, where there is one.
        hint: The next thing to type or to change.
        data: What `--json` prints beside the message.
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
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(DigestError):
    """The configuration is missing or wrong."""

    exit_code = 3


class IssueError(DigestError):
    """issue.md, or a file of the issue's folder, is missing or wrong. Nothing was written."""

    exit_code = 3


class RenderError(DigestError):
    """A template, or what came out of it, is wrong."""

    exit_code = 3


class ListError(DigestError):
    """A subscriber list cannot be read at all. A single bad row never raises this."""

    exit_code = 3


class CredentialsError(DigestError):
    """A key is missing from the environment, or was refused."""

    exit_code = 4


class ChecksFailedError(DigestError):
    """`digest check` found something at or above the chosen severity."""

    exit_code = 5


class RefusedError(DigestError):
    """A safety rail held; nothing was sent."""

    exit_code = 6


class IncompleteError(DigestError):
    """A campaign is partly sent, or the outcome of a call is unknown. It can be resumed."""

    exit_code = 7


class NothingToDoError(DigestError):
    """There is nothing to do; not a failure, but not what was asked for either."""

    exit_code = 8


class SourceError(DigestError):
    """One source cannot be read. It is reported and never stops the others."""


class FetchError(SourceError):
    """An address could not be fetched: refused, unreachable, too slow, too large, or answered with an error."""


class ProviderError(DigestError):
    """The provider refused a request for good, or cannot do what is asked of it."""


class LedgerError(DigestError):
    """The ledger is locked, broken, or was made by a newer version."""
