"""Where errors become a message and an exit code; nowhere else."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from digest.errors import DigestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.cli.output import Output

__all__ = ["boundary"]

_INTERRUPTED = 130


@contextmanager
def boundary(output: Output, prog: str, *, verbose: bool = False) -> Iterator[None]:
    """Turn our own errors into words and an exit code; a bug still shows its traceback."""
    try:
        yield
    except DigestError as error:
        if verbose:
            import traceback

            traceback.print_exc()
        output.error(error, prog=prog)
        raise typer.Exit(error.exit_code) from None
    except (KeyboardInterrupt, typer.Abort) as interrupt:
        report = getattr(interrupt, "report", None)
        if report is not None:  # a send that stopped after the call in flight
            output.result(report.as_data())
            output.say("", f"Interrupted: {report.accepted:,} accepted, {report.pending:,} not yet sent.")
            output.next("digest send --live --resume")
        else:
            output.say("", "Interrupted. Nothing was left half written; run the same command to go on.")
        raise typer.Exit(_INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output left (`digest … | head`); that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
