"""How a command is declared: its common options, its example, its place in the help, and the error boundary."""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from digest.cli.boundary import boundary
from digest.cli.output import Output
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer._click import Context, HelpFormatter

    from digest.project import Project, Session

__all__ = [
    "COMMON_OPTIONS",
    "IssueArgument",
    "NoLedger",
    "PanelGroup",
    "RunOptions",
    "common_options",
    "register",
    "write_text",
]

COMMON_OPTIONS: dict[str, Any] = {
    "root": Annotated[
        Path | None,
        typer.Option(
            "-C",
            "--root",
            metavar="DIR",
            help="The newsletter's folder, which is trusted as named. Default: the "
            "current folder or one above it, within the git work tree and owned by you.",
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

    def project_to_write_lists(self) -> Project:
        """Open the newsletter for a command that changes lists. Its lists are taken from other users of the machine.

        Raises:
            ConfigError: There is no newsletter, or its configuration is wrong.
        """
        from digest.project.list_files import narrow_lists

        project = self.project()
        opened = narrow_lists(project)
        if opened:
            self.output.say(f"Other users of this machine could read {', '.join(opened)}. Now only you can.")
        return project

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
        return Path(os.path.relpath(find_root(Path.cwd(), environ=os.environ) / file)).as_posix()

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


IssueArgument = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="An ISO week such as 2026-W47. Default: the open issue.")
]

NoLedger = Annotated[
    bool,
    typer.Option("--no-ledger", help="Do not read the ledger, for a machine that cannot reach it."),
]


class PanelGroup(TyperGroup):
    """Lists the commands under their panels, in the order in which they are used.

    The help is plain text, so that no colour library is loaded for it.
    """

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - the signature is Typer's
        panels: dict[str, list[tuple[str, str]]] = {}
        width = max((len(name) for name in self.commands), default=0)
        for name, command in self.commands.items():
            if not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or "Commands"
                short = command.get_short_help_str(formatter.width - width - 6)
                panels.setdefault(panel, []).append((name.ljust(width), short))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - the signature is Typer's
        return list(self.commands)


def register(app: typer.Typer, name: str, *, panel: str = "", example: str) -> Callable[[Callable[..., None]], Any]:
    """Make ``function(options, …)`` a command with the common options, run inside the error boundary.

    Args:
        panel: The heading that the command is listed under in the help.
        example: One command line, shown at the end of the command's help.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

        def run(ctx: typer.Context, **values: Any) -> None:
            after = RunOptions(**{key: values.pop(key) for key in COMMON_OPTIONS})
            before = ctx.find_object(RunOptions) or RunOptions()
            options = before.merged(after)
            with boundary(options.output, ctx.command_path.removeprefix("digest "), verbose=bool(options.verbose)):
                function(options, **values)

        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [context, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own), *common_options()]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer reads
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__doc__ = f"{inspect.getdoc(function)}\n\nExample: {example}"
        run.__name__ = function.__name__
        return app.command(name, rich_help_panel=panel or None)(run)

    return decorate


def write_text(path: Path, text: str) -> None:
    """Write the file named by a command-line option.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="Name another file.") from error
