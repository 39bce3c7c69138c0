"""The only module that prints. Results go to stdout; narration, progress and errors go to stderr."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING, TextIO

from digest.cli.github.workflow_commands import command_stream, inert_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from digest.cli.json_objects import JsonObject
    from digest.errors import DigestError

__all__ = ["Output"]

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
#: Control characters in fetched text must not reach a terminal, where they can move the cursor and hide text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Output:
    """Prints the result, the narration and the errors of one command.

    Args:
        as_json: Print one JSON object instead of text.
        quiet: Leave out the narration; results and errors stay.
        root: The folder that was named with -C, which the suggested next command needs as well.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False, root: Path | None = None) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._root_option = f" -C {shlex.quote(str(root))}" if root is not None else ""

    def result(self, data: JsonObject, lines: Sequence[str] = (), *, as_commands: bool = False) -> None:
        """Print the command's result to stdout: ``data`` with --json, otherwise ``lines``.

        Args:
            as_commands: The lines are workflow commands, which a GitHub runner must recognise.
        """
        if self.as_json:
            self._print_json(data)
        else:
            stream = command_stream() if as_commands else sys.stdout
            for line in lines:
                print(clean(line), file=stream)

    def say(self, *lines: str) -> None:
        """Print a message for the user to stderr; nothing with --quiet."""
        if not self.quiet:
            _print_to_stderr(lines)

    def next(self, *steps: str) -> None:
        """Print the next steps after a success. A step that is a command gets the folder that was named with -C."""
        if steps and not self.as_json:
            named = (f"{step}{self._root_option}" if step.startswith("digest ") else step for step in steps)
            self.say(f"{self.style('Next:', 'bold')} {' · '.join(named)}")

    def error(self, error: DigestError, failure: Callable[[], JsonObject]) -> None:
        """Print what failed, where, and what to do.

        Args:
            failure: Makes the object for --json, which is not needed otherwise.
        """
        lines = [f"{self.style('Error:', 'red', 'bold')} {error}"]
        if error.hint:
            also = f"  (with{self._root_option})" if self._root_option and "digest " in error.hint else ""
            lines.append(f"  {error.hint}{also}")
        _print_to_stderr(lines)
        if self.as_json:
            self._print_json(failure())

    def _print_json(self, data: JsonObject) -> None:
        from digest.cli.json_objects import SCHEMA_VERSION

        printed = {"schema_version": SCHEMA_VERSION, **data.printed()}
        print(inert_json(json.dumps(printed, ensure_ascii=False)))

    @property
    def shows_status(self) -> bool:
        """Whether `status` prints anything."""
        return not self.quiet and sys.stderr.isatty()

    def status(self, text: str) -> None:
        """Print a line that the next one overwrites, on a terminal only."""
        if self.shows_status:
            sys.stderr.write(f"\r\x1b[K{clean(text)}")
            sys.stderr.flush()

    def style(self, text: str, *names: str, stream: TextIO | None = None) -> str:
        """``text`` in colour if the stream is a terminal and NO_COLOR is not set (https://no-color.org)."""
        stream = stream or sys.stderr
        if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return text
        codes = ";".join(_STYLES[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m"


def _print_to_stderr(lines: Iterable[str]) -> None:
    for line in lines:
        print(clean(line), file=sys.stderr)


def clean(line: str) -> str:
    """``line`` without control characters, except for the colours that `Output.style` sets."""
    return "".join(
        part if part.startswith("\x1b[") else _CONTROL.sub("", part) for part in re.split(r"(\x1b\[[0-9;]*m)", line)
    )
