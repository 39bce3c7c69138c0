"""The options that every command has, before and after its name, and the frame that each command runs in."""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.boundary import boundary
from digest.cli.output import Output
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.project import Project

__all__ = ["IssueArgument", "NoLedger", "Session", "common_options", "register", "write_text"]

IssueArgument = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="An ISO week such as 2026-W47. Default: the open issue.")
]

NoLedger = Annotated[
    bool, typer.Option("--no-ledger", help="Do not ask what was sent, where the ledger cannot be reached.")
]

_COMMON: dict[str, Any] = {
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

    def project(self, *, no_ledger: bool = False) -> Project:
        """Open the newsletter that this run works on.

        Args:
            no_ledger: For a command that only looks at an issue: do not ask the ledger what was sent.

        Raises:
            ConfigError: There is none, or its configuration is wrong.
        """
        from digest.project import open_project

        return replace(open_project(self.root, offline=self.offline, cwd=Path.cwd()), no_ledger=no_ledger)

    def project_at_hand(self, *, no_ledger: bool = False) -> Project:
        """As `project`, for a command that changes nothing: offline it does without a ledger that is elsewhere."""
        project = self.project(no_ledger=no_ledger)
        return replace(project, no_ledger=no_ledger or project.ledger_out_of_reach)

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
        for name, annotation in _COMMON.items()
    ]


def register(app: typer.Typer, name: str, *, panel: str = "", example: str) -> Callable[[Callable[..., None]], Any]:
    """Make ``function(session, …)`` a command with the common options, run inside the error boundary.

    Args:
        panel: The heading it stands under in the help.
        example: One command line, shown at the end of its help.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

        def run(ctx: typer.Context, **values: Any) -> None:
            after = Session(**{key: values.pop(key) for key in _COMMON})
            before = ctx.find_object(Session) or Session()
            session = before.merged(after)
            with boundary(session.output, ctx.command_path.removeprefix("digest "), verbose=bool(session.verbose)):
                function(session, **values)

        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [context, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own), *common_options()]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer reads
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__doc__ = f"{inspect.getdoc(function)}\n\nExample: {example}"
        run.__name__ = function.__name__
        return app.command(name, rich_help_panel=panel or None)(run)

    return decorate


def write_text(path: Path, text: str) -> None:
    """Write a file that an option names.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="Name another file.") from error
