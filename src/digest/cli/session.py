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
    from digest.project import Project
    from digest.project import Session as NewsletterSession

__all__ = ["COMMON_OPTIONS", "Session", "common_options", "write_text"]

COMMON_OPTIONS: dict[str, Any] = {
    "root": Annotated[Path | None, typer.Option("-C", "--root", metavar="DIR", help="The newsletter's folder.")],
    "as_json": Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Print results and errors only.")],
    "verbose": Annotated[
        int,
        typer.Option("-v", "--verbose", count=True, show_default=False, help="Show more; an error with its traceback."),
    ],
    "no_input": Annotated[
        bool,
        typer.Option("--no-input", help="Never ask. `init` then wants --yes; a live send wants an approval, as ever."),
    ],
    "offline": Annotated[bool, typer.Option("--offline", help="Touch no network; use what is cached.")],
}
_DEFAULTS: dict[str, Any] = {"root": None, "verbose": 0}


@dataclass(frozen=True, kw_only=True)
class Session:
    """The common options of one run."""

    root: Path | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: int = 0
    no_input: bool = False
    offline: bool = False

    @property
    def output(self) -> Output:
        """How this run speaks."""
        return Output(as_json=self.as_json, quiet=self.quiet, root=self.root)

    @property
    def interactive(self) -> bool:
        """Whether a person is there to answer."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    def project(self) -> Project:
        """Open the newsletter that this run works on.

        Raises:
            ConfigError: There is none, or its configuration is wrong.
        """
        from digest.project import open_project

        return open_project(self.root, offline=self.offline, cwd=Path.cwd())

    def newsletter(self, *, no_ledger: bool = False) -> NewsletterSession:
        """Open the newsletter for one command, which reads everything once.

        Args:
            no_ledger: For a command that only looks at an issue: do not ask the ledger what was sent.

        Raises:
            ConfigError: There is none, or its configuration is wrong.
        """
        return self.project().open_session(no_ledger=no_ledger)

    def newsletter_at_hand(self, *, no_ledger: bool = False) -> NewsletterSession:
        """As `newsletter`, for a command that changes nothing: offline it does without a ledger on the network."""
        project = self.project()
        return project.open_session(no_ledger=no_ledger or project.ledger_out_of_reach)

    def shown(self, file: str) -> str:
        """A file of the newsletter as it can be typed from here."""
        from digest.config import find_root

        if self.root is not None:
            return (self.root / file).as_posix()
        return Path(os.path.relpath(find_root(Path.cwd()) / file)).as_posix()

    def merged(self, later: Session) -> Session:
        """Options before the command and after it: either may say it, the later one wins."""
        return Session(
            **{field.name: getattr(later, field.name) or getattr(self, field.name) for field in fields(Session)}
        )


def common_options() -> list[inspect.Parameter]:
    """The common options as parameters of a command's function."""
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=_DEFAULTS.get(name, False)
        )
        for name, annotation in COMMON_OPTIONS.items()
    ]


def write_text(path: Path, text: str) -> None:
    """Write a file that an option names.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="Name another file.") from error
