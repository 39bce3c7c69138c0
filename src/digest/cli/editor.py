"""The user's own editor."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["edit_text", "open_in_editor"]


def open_in_editor(path: Path, *, environ: Mapping[str, str], quiet: bool = False) -> None:
    """Open a file in $VISUAL or $EDITOR, such as ``nano`` or ``code --wait``, and wait until it is closed.

    Args:
        path: The file to open.
        environ: The environment for the editor, without secrets.
        quiet: Send the editor's output to stderr, because stdout is for the JSON object.

    Raises:
        UsageError: No editor is set, it cannot be started, or it exited with an error.
    """
    name = next((variable for variable in ("VISUAL", "EDITOR") if environ.get(variable, "").strip()), None)
    if name is None:
        raise UsageError("no editor is set", hint="export EDITOR=nano, then try again.")
    command = environ[name]
    try:
        process = subprocess.run(  # noqa: S603 - the user's own editor
            [*shlex.split(command), str(path)], check=False, env=dict(environ), stdout=sys.stderr if quiet else None
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        hint = f"Set {name} to another editor."
        raise UsageError(f"the editor {command} cannot be started: {reason}", hint=hint) from error
    if process.returncode:
        hint = f"Try again, or set {name} to another editor."
        raise UsageError(f"the editor {command} exited with code {process.returncode}", hint=hint)


def edit_text(text: str, *, environ: Mapping[str, str], quiet: bool) -> str:
    """Let the user edit a text in their editor, in a temporary file that only they can read.

    Args:
        environ: As for `open_in_editor`.

    Returns:
        The edited text.

    Raises:
        UsageError: No editor is set, it failed, or the saved file is not UTF-8.
    """
    from digest.config.atomic_files import make_private_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        make_private_file(path)
        path.write_text(text, encoding="utf-8")
        try:
            open_in_editor(path, environ=environ, quiet=quiet)
        except UsageError as error:
            error.hint += " Nothing was changed."
            raise
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            hint = "Save it as UTF-8. Nothing was changed."
            raise UsageError("the saved file is not UTF-8 text", hint=hint) from None
