"""The only place that prints. Results go to stdout; narration, progress and errors to stderr."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from digest.errors import DigestError

__all__ = ["SCHEMA_VERSION", "Output"]

#: Of every object that --json prints. It changes when a key changes its meaning or goes.
SCHEMA_VERSION = 1

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
#: Control characters of fetched text must not reach a terminal: they can move the cursor and hide words.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Output:
    """What a command says.

    Args:
        as_json: Print one object instead of words.
        quiet: Leave the narration out; results and errors stay.
        root: The folder that was named with -C, which the next command has to name too.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False, root: Path | None = None) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._where = f" -C {shlex.quote(str(root))}" if root is not None else ""

    def result(self, data: Mapping[str, Any], lines: Sequence[str] = ()) -> None:
        """What the command was asked for: ``data`` with --json, ``lines`` without."""
        if self.as_json:
            print(json.dumps({"schema_version": SCHEMA_VERSION, **data}, ensure_ascii=False))  # noqa: T201 - its job
        else:
            for line in lines:
                print(clean(line))  # noqa: T201 - its job

    def say(self, *lines: str) -> None:
        """Narration for a person, left out with --quiet."""
        if not self.quiet:
            for line in lines:
                print(clean(line), file=sys.stderr)  # noqa: T201 - its job

    def next(self, *commands: str) -> None:
        """The next step after a success."""
        if commands and not self.as_json:
            steps = (f"{step}{self._where}" if step.startswith("digest ") else step for step in commands)
            self.say(f"{self.style('Next:', 'bold')} {' · '.join(steps)}")

    def error(self, error: DigestError, *, prog: str) -> None:
        """One clear message: what failed, where, and what to do."""
        lines = [f"{self.style('Error:', 'red', 'bold')} {error}"]
        if error.hint:
            also = f"  (with{self._where})" if self._where and "digest " in error.hint else ""
            lines.append(f"  {error.hint}{also}")
        for line in lines:
            print(clean(line), file=sys.stderr)  # noqa: T201 - its job
        if self.as_json:
            fault = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
            if error.place is not None:
                fault |= {"file": error.place.file, "line": error.place.line}
            self.result({"command": prog, **error.data, "error": fault})

    def status(self, text: str) -> None:
        """A line that replaces itself, on a terminal only."""
        if not self.quiet and sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{clean(text)}")
            sys.stderr.flush()

    def style(self, text: str, *names: str, stream: TextIO | None = None) -> str:
        """``text`` in colour where the stream is a terminal that wants it (https://no-color.org)."""
        stream = stream or sys.stderr
        if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return text
        codes = ";".join(_STYLES[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m"


def clean(line: str) -> str:
    """``line`` without control characters, but for the colours we set ourselves."""
    return "".join(
        part if part.startswith("\x1b[") else _CONTROL.sub("", part) for part in re.split(r"(\x1b\[[0-9;]*m)", line)
    )
