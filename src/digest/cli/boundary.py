"""Where errors become a message and an exit code; nowhere else."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from typer._click.exceptions import ClickException as Shown  # what Typer's own runner shows and leaves with

from digest.cli.output import Output
from digest.errors import DigestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.delivery import SendReport

__all__ = ["INTERRUPTED", "boundary", "usage_error"]

INTERRUPTED = 130


@contextmanager
def boundary(output: Output, prog: str, *, verbose: bool = False) -> Iterator[None]:
    """Turn our own errors into words and an exit code; a bug still shows its traceback."""
    try:
        yield
    except DigestError as error:
        if verbose:
            traceback.print_exc()
        output.error(error, prog=prog)
        raise typer.Exit(error.exit_code) from None
    except (KeyboardInterrupt, typer.Abort) as interrupt:
        _interrupted(output, prog, getattr(interrupt, "report", None))
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output left (`digest … | head`); that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        # What a package knows how to explain it has explained; the rest is a full disk, a missing permission.
        if verbose:
            traceback.print_exc()
        where = f"{error.filename}: " if error.filename else ""
        output.error(
            DigestError(f"{where}{error.strerror or error}", hint="Look at permissions and at the space on the disk."),
            prog=prog,
        )
        raise typer.Exit(DigestError.exit_code) from None


def usage_error(error: typer.TyperException, *, as_json: bool) -> int:
    """Show what is wrong with the command line, and return its exit code."""
    if isinstance(error, Shown):
        error.show()
        code, message = error.exit_code, error.format_message()
    else:
        code, message = 2, str(error)
        print(message, file=sys.stderr)  # noqa: T201 - there is no output yet
    if as_json:
        Output(as_json=True).result({"error": {"message": message, "hint": "digest --help", "exit_code": code}})
    return code


def _interrupted(output: Output, prog: str, report: SendReport | None) -> None:
    """A send that stopped after the call in flight has numbers; everything else left all as it was."""
    if report is None:
        words = "Nothing was left half written; run the same command to go on."
    else:
        words = f"{report.accepted:,} accepted, {report.pending:,} not yet sent."
    output.say("", f"Interrupted. {words}")
    if report is not None:
        output.next("digest send --live --resume")
    data = report.as_data() if report is not None else {}
    output.result({"command": prog, **data, "error": {"message": "interrupted", "exit_code": INTERRUPTED}})
