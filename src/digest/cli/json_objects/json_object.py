"""What every object that ``--json`` prints has in common, and the object that a failed command prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from digest.errors import DigestError

__all__ = ["SCHEMA_VERSION", "Failure", "FailureDetails", "JsonObject"]

#: The ``schema_version`` of every printed object. It changes when a key changes its meaning or is removed.
SCHEMA_VERSION = 1


class JsonObject(BaseModel):
    """An object in the output of ``--json``. It never holds an email address.

    A key with a default may be missing; all other keys are always there. The text below a key describes it in the JSON
    Schema; `digest.config.config_table.field_descriptions` reads it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # a command needs few of the models

    def printed(self) -> dict[str, Any]:
        """The keys that were given, in the order in which they are described."""
        return self.model_dump(mode="json", exclude_unset=True)


class FailureDetails(JsonObject):
    """Why a command failed, and what to do next."""

    message: str
    """What failed and why, in one sentence."""
    exit_code: int
    """The exit code of the process."""
    hint: str = ""
    """The next command to type, or what to change; empty if there is nothing to suggest."""
    file: str = ""
    """The file to look at, relative to the newsletter's folder."""
    line: int | None = None
    """The line in that file, counted from 1; null if the whole file is meant."""


class Failure(JsonObject):
    """What a command prints when it fails. A send or a collection that got some way adds the keys of its result."""

    command: str = ""
    """The command as it was typed, such as ``subscribers check``; missing if the command line could not be read."""
    error: FailureDetails
    """Why it failed, and what to do next."""

    @classmethod
    def of(cls, error: DigestError, *, command: str) -> Self:
        """The failure that an error means for a command."""
        details: dict[str, Any] = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
        if error.place is not None:
            details |= {"file": error.place.file, "line": error.place.line}
        return cls(command=command, error=FailureDetails(**details))
