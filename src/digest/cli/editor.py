"""A person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from digest.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_in_editor"]


def open_in_editor(path: Path) -> None:
    """Open a file in $VISUAL or $EDITOR, such as ``nano`` or ``code --wait``, and wait until it is closed.

    Raises:
        UsageError: None is set, it cannot be started, or it ended with an error.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not command:
        raise UsageError("no editor is set", hint="export EDITOR=nano, then try again.")
    try:
        done = subprocess.run([*shlex.split(command), str(path)], check=False)  # noqa: S603 - the person's own editor
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the editor {command} cannot be started: {words}", hint="Set EDITOR.") from error
    if done.returncode:
        raise UsageError(f"the editor ended with {done.returncode}", hint="Is EDITOR right? It is: " + command)
