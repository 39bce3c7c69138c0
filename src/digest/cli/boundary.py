"""The error boundary: the only place that turns an error into a message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from typer._click.exceptions import ClickException  # Typer bundles Click and shows its errors, but does not export them

from digest.cli.output import Output
from digest.errors import DigestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.cli.json_objects import Failure
    from digest.delivery import SendReport

__all__ = ["INTERRUPTED", "boundary", "usage_error"]

#: The exit code of a process that Ctrl-C ended: 128 + SIGINT, as shells report it.
INTERRUPTED = 130


@contextmanager
def boundary(output: Output, command: str, *, verbose: bool = False) -> Iterator[None]:
    """Turn errors that digest raises on purpose into a message and an exit code. A bug still shows its traceback.

    Args:
        command: The command's name, without ``digest``.
        verbose: Show the traceback of every error.
    """
    try:
        yield
    except DigestError as error:
        if verbose:
            traceback.print_exc()
        _show(output, error, command)
        raise typer.Exit(error.exit_code) from None
    except (KeyboardInterrupt, typer.Abort) as interrupt:
        _show_interrupt(output, command, getattr(interrupt, "report", None))
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The program that reads our output has ended (`digest … | head`), which is not a failure of this command.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        # The packages explain the errors that they expect. What remains is a full disk or a missing permission.
        if verbose:
            traceback.print_exc()
        file = f"{error.filename}: " if error.filename else ""
        unexpected = DigestError(
            f"{file}{error.strerror or error}", hint="Check the permissions and the free space on the disk."
        )
        _show(output, unexpected, command)
        raise typer.Exit(unexpected.exit_code) from None


def usage_error(error: typer.TyperException, *, as_json: bool) -> int:
    """Show what is wrong with the command line, and return its exit code."""
    if isinstance(error, ClickException):
        error.show()
        exit_code, message = error.exit_code, error.format_message()
    else:
        exit_code, message = 2, str(error)
        print(message, file=sys.stderr)  # noqa: T201 - there is no Output before the options are parsed
    if as_json:
        from digest.cli.json_objects import Failure, FailureDetails

        details = FailureDetails(message=message, hint="digest --help", exit_code=exit_code)
        Output(as_json=True).result(Failure(error=details))
    return exit_code


def _show(output: Output, error: DigestError, command: str) -> None:
    def failure() -> Failure:
        from digest.cli.json_objects import Failure, failure_with

        return failure_with(Failure.of(error, command=command), error.data)

    output.error(error, failure)


def _show_interrupt(output: Output, command: str, report: SendReport | None) -> None:
    """Print what was done before Ctrl-C. A send finishes the call in flight and reports its numbers."""
    if report is None:
        outcome = "No file is half-written. Run the same command again to continue."
    else:
        outcome = f"{report.accepted:,} accepted, {report.pending:,} not sent yet."
    output.say("", f"Interrupted. {outcome}")
    if report is not None:
        output.next("digest send --live --resume")
    if output.as_json:
        from digest.cli.json_objects import Failure, FailureDetails, campaign_result, failure_with

        details = FailureDetails(message="interrupted", exit_code=INTERRUPTED)
        data = campaign_result(report).printed() if report is not None else {}
        output.result(failure_with(Failure(command=command, error=details), data))
