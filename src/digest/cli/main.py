"""The `digest` program."""

from __future__ import annotations

import inspect
import sys
from typing import Annotated, Any

import typer

import digest
from digest.cli.after_panel import add_after_commands
from digest.cli.boundary import INTERRUPTED, usage_error
from digest.cli.commands import PanelGroup, RunOptions, common_options
from digest.cli.edit_panel import add_edit_commands
from digest.cli.github.workflow_commands import guard_streams
from digest.cli.people_commands.people_panel import add_people_commands
from digest.cli.ship_panel import add_ship_commands
from digest.cli.start_panel import add_start_commands

__all__ = ["app", "run"]

app = typer.Typer(
    name="digest",
    cls=PanelGroup,
    no_args_is_help=True,
    rich_markup_mode=None,  # the plain formatter: quick, and the same on a terminal, in a pipe and on a runner
    pretty_exceptions_enable=False,  # locals may hold keys
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it offline in a minute: digest demo",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"digest {digest.__version__}")
        raise typer.Exit


def _main(ctx: typer.Context, **values: Any) -> None:
    """Collect, edit, check and send a newsletter digest."""
    del values["version"]
    ctx.obj = RunOptions(**values)


_VERSION = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]
_parameters = [
    inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
    *common_options(),
    inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, annotation=_VERSION, default=False),
]
_main.__signature__ = inspect.Signature(_parameters)  # type: ignore[attr-defined]  # what Typer reads
_main.__annotations__ = {parameter.name: parameter.annotation for parameter in _parameters}
app.callback()(_main)

add_start_commands(app)
add_edit_commands(app)
add_ship_commands(app)
add_after_commands(app)
add_people_commands(app)


def run() -> None:
    """Run the program on ``sys.argv`` and exit with one of the codes in ``digest.errors``."""
    with guard_streams():
        try:
            code = app(prog_name="digest", standalone_mode=False)
        except typer.TyperException as error:
            code = usage_error(error, as_json="--json" in sys.argv)
        except (KeyboardInterrupt, typer.Abort):
            code = INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)
