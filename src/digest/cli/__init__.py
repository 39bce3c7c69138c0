"""The command line: one thin module per panel. It parses arguments, calls `digest.workflow`, and prints the result."""

from digest.cli.main import app, run

__all__ = ["app", "run"]
