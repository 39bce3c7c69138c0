"""The user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from digest.errors import UsageError

__all__ = ["edit_text", "open_in_editor"]


def open_in_editor(path: Path, *, quiet: bool = False) -> None:
    """Open a file in $VISUAL or $EDITOR, such as ``nano`` or ``code --wait``, and wait until it is closed.

    Args:
        quiet: Send what the editor prints to stderr, because stdout is for the JSON object.

    Raises:
        UsageError: No editor is set, it cannot be started, or it exited with an error.
    """
    name = next((each for each in ("VISUAL", "EDITOR") if os.environ.get(each, "").strip()), None)
    if name is None:
        raise UsageError("no editor is set", hint="export EDITOR=nano, then try again.")
    command = os.environ[name]
    try:
        process = subprocess.run(  # noqa: S603 - the user's own editor
            [*shlex.split(command), str(path)], check=False, stdout=sys.stderr if quiet else None
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the editor {command} cannot be started: {reason}", hint=f"Set {name} to another.") from error
    if process.returncode:
        raise UsageError(f"the editor {command} ended with {process.returncode}", hint=f"It is what {name} says.")


def edit_text(text: str, *, quiet: bool) -> str:
    """Let the user edit a text in their editor; returns the new text. The temporary file is readable by the user alone.

    Raises:
        UsageError: As `open_in_editor`, or the saved file is not UTF-8.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text(text, encoding="utf-8")
        try:
            open_in_editor(path, quiet=quiet)
        except UsageError as error:
            error.hint += " Nothing was changed."
            raise
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise UsageError("what was saved is no UTF-8 text", hint="Save it as UTF-8. Nothing was changed.") from None
