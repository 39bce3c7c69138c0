"""Workflow commands: the annotations that we print on purpose, and nothing that a runner could mistake for one.

A GitHub runner looks for commands in every line that a step prints: ``##[name]`` anywhere in it, and ``::name::`` at
its beginning, after white space. A title or a header that holds one could mask words, fold the log or fake an error. So
on a runner, all that the process prints passes through here: results, narration, errors, tracebacks and the messages of
libraries. A space makes a command plain text. Elsewhere nothing is changed.

See https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands and, for what is recognised,
https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from digest.checks import Finding

__all__ = ["annotation_lines", "changes_annotation", "command_stream", "guard_streams", "inert_json", "inert_text"]

#: GitHub shows at most this many annotations of each kind for a step.
_MOST = 10
_KINDS = {"error": "error", "warning": "warning", "info": "notice"}

#: Characters without width. The runner compares by the rules of a language, which may ignore them.
_UNSEEN = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
_BRACKET_COMMAND = re.compile(rf"(#[{_UNSEEN}]*#)[{_UNSEEN}]*(?=\[)")
_COLON_COMMAND = re.compile(rf"([\s{_UNSEEN}]*:)[{_UNSEEN}]*(?=:)")
_LINE_ENDS = re.compile(r"([\n\v\f\x1c-\x1e\x85\u2028\u2029])")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_BRACKET_COMMAND_IN_JSON = re.compile(rf"#(?=[{_UNSEEN}]*#[{_UNSEEN}]*\[)")


def inert_text(text: str) -> str:
    """``text`` in which no line forms a workflow command, however many lines it has."""
    pieces = _LINE_ENDS.split(_LONE_RETURN.sub(" ", text))
    pieces = [_COLON_COMMAND.sub(r"\1 ", piece, count=1) if _COLON_COMMAND.match(piece) else piece for piece in pieces]
    return _BRACKET_COMMAND.sub(r"\1 ", "".join(pieces))


def inert_json(text: str) -> str:
    """A JSON document on one line with the same meaning, in which nothing forms a workflow command."""
    return _BRACKET_COMMAND_IN_JSON.sub(r"\\u0023", text) if _on_runner() else text


@contextmanager
def guard_streams() -> Iterator[None]:
    """On a runner, let all that is written to stdout and stderr from now on pass through `inert_text`.

    The guard outlives the context, for a traceback that the interpreter prints. At the end of the context, lines that
    have no end yet are written.
    """
    if not _on_runner():
        yield
        return
    guards = _Guard(sys.stdout), _Guard(sys.stderr)
    sys.stdout, sys.stderr = (cast("TextIO", guard) for guard in guards)
    try:
        yield
    finally:
        for guard in guards:
            guard.write_rest()


def command_stream() -> TextIO:
    """Stdout for our own workflow commands, which `guard_streams` must not change."""
    stream = sys.stdout
    return stream.stream if isinstance(stream, _Guard) else stream


class _Guard:
    """A text stream that writes whole lines without workflow commands, and otherwise behaves like ``stream``."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._rest = ""

    def write(self, text: str) -> int:
        lines, end, self._rest = (self._rest + text).rpartition("\n")
        if end:
            self.stream.write(inert_text(lines + end))
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        self.write("".join(lines))

    def write_rest(self) -> None:
        rest, self._rest = self._rest, ""
        self.stream.write(inert_text(rest))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _on_runner() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotation_lines(findings: Sequence[Finding], shown: Callable[[str], str]) -> list[str]:
    """One workflow command for each finding, at most ten of each kind, and a notice about the findings left out.

    Args:
        findings: The worst first.
        shown: Turns a file of the newsletter into its path relative to the repository's root.
    """
    lines, left_out = [], 0
    for severity, kind in _KINDS.items():
        own = [finding for finding in findings if finding.severity == severity]
        # The last notice says how many findings are left out.
        most = _MOST if kind != "notice" or len(findings) <= _MOST else _MOST - 1
        left_out += len(own[most:])
        for finding in own[:most]:
            where = [f"file={_property(shown(finding.place.file))}"]
            if finding.place.line:
                where.append(f"line={finding.place.line}")
            message = f"{finding.message}. {finding.hint}" if finding.hint else finding.message
            lines.append(f"::{kind} {','.join([*where, f'title={finding.code}'])}::{_data(message)}")
    if left_out:
        lines.append(f"::notice title=digest check::{left_out} more in the job's summary")
    return lines


def changes_annotation(files: Sequence[str]) -> str:
    """The workflow command that warns of changes to the newsletter itself, at the first of the files."""
    more = f" and {len(files) - _MOST} more" if len(files) > _MOST else ""
    message = f"This pull request changes {', '.join(files[:_MOST])}{more}. Read that before you merge"
    return f"::warning file={_property(files[0])},title=digest check::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
