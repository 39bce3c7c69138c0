"""How a command is registered: its common options, its example, its place in the help, and the error boundary."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from digest.cli.boundary import boundary
from digest.cli.run_options import COMMON_OPTIONS, RunOptions, common_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer._click import Context, HelpFormatter

__all__ = ["IssueArgument", "NoLedger", "PanelGroup", "register"]

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
