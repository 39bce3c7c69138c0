"""The command line: one thin module per panel. It parses, calls `digest.workflow`, and prints what came back."""

from digest.cli.main import app, run

__all__ = ["app", "run"]
