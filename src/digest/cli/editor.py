"""A person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

from digest.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_in_editor"]


def open_in_editor(path: Path, *, quiet: bool = False) -> None:
    """Open a file in $VISUAL or $EDITOR, such as ``nano`` or ``code --wait``, and wait until it is closed.

    Args:
        quiet: Keep what the editor prints off stdout, which is a program's.

    Raises:
        UsageError: None is set, it cannot be started, or it ended with an error.
    """
    name = next((one for one in ("VISUAL", "EDITOR") if os.environ.get(one, "").strip()), None)
    if name is None:
        raise UsageError("no editor is set", hint="export EDITOR=nano, then try again.")
    command = os.environ[name]
    try:
        done = subprocess.run(  # noqa: S603 - the person's own editor
            [*shlex.split(command), str(path)], check=False, stdout=sys.stderr if quiet else None
        )
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the editor {command} cannot be started: {words}", hint=f"Set {name} to another.") from error
    if done.returncode:
        raise UsageError(f"the editor {command} ended with {done.returncode}", hint=f"It is what {name} says.")
