"""The options that every command takes, before or after its name."""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.output import Output
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.project import Project, Session

__all__ = ["COMMON_OPTIONS", "RunOptions", "common_options", "write_text"]

COMMON_OPTIONS: dict[str, Any] = {
    "root": Annotated[
        Path | None,
        typer.Option(
            "-C", "--root", metavar="DIR", help="The newsletter's folder. Default: the current folder or one above it."
        ),
    ],
    "as_json": Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Print only results and errors.")],
    "verbose": Annotated[
        int,
        typer.Option("-v", "--verbose", count=True, show_default=False, help="Print more, and tracebacks of errors."),
    ],
    "no_input": Annotated[
        bool,
        typer.Option("--no-input", help="Never prompt. `init` then needs --yes, and a live send needs an approval."),
    ],
    "offline": Annotated[bool, typer.Option("--offline", help="Do not use the network; read from the cache.")],
}
_DEFAULTS: dict[str, Any] = {"root": None, "verbose": 0}


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The values of the common options in one run."""

    root: Path | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: int = 0
    no_input: bool = False
    offline: bool = False

    @property
    def output(self) -> Output:
        """The printer for this run."""
        return Output(as_json=self.as_json, quiet=self.quiet, root=self.root)

    @property
    def interactive(self) -> bool:
        """Whether the command may prompt the user: it runs on a terminal, without --no-input."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    def project(self) -> Project:
        """Open the newsletter that this run works on.

        Raises:
            ConfigError: There is no newsletter, or its configuration is wrong.
        """
        from digest.project import open_project

        return open_project(self.root, offline=self.offline, cwd=Path.cwd())

    def session(self, *, no_ledger: bool = False) -> Session:
        """Open the newsletter for one command, which reads everything once.

        Args:
            no_ledger: Do not read the ledger; for commands that only look at an issue.

        Raises:
            ConfigError: There is no newsletter, or its configuration is wrong.
        """
        return self.project().open_session(no_ledger=no_ledger)

    def read_only_session(self, *, no_ledger: bool = False) -> Session:
        """Like `session`, for a command that changes nothing: with --offline it ignores a ledger on the network."""
        project = self.project()
        return project.open_session(no_ledger=no_ledger or project.ledger_out_of_reach)

    def shown(self, file: str) -> str:
        """The path of one of the newsletter's files relative to the current folder, ready to paste into a shell."""
        from digest.config import find_root

        if self.root is not None:
            return (self.root / file).as_posix()
        return Path(os.path.relpath(find_root(Path.cwd()) / file)).as_posix()

    def merged(self, later: RunOptions) -> RunOptions:
        """These options, given before the command's name, overridden by those given after it."""
        return RunOptions(
            **{field.name: getattr(later, field.name) or getattr(self, field.name) for field in fields(RunOptions)}
        )


def common_options() -> list[inspect.Parameter]:
    """The common options as parameters of a function, as Typer reads them."""
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=_DEFAULTS.get(name, False)
        )
        for name, annotation in COMMON_OPTIONS.items()
    ]


def write_text(path: Path, text: str) -> None:
    """Write the file named by a command-line option.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="Name another file.") from error
