"""Findings as GitHub shows them at the lines of a pull request. Pure.

Workflow commands: docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from digest.checks import Finding

__all__ = ["annotation_lines"]

#: GitHub shows so many annotations of each kind for a step.
_MOST = 10
_KINDS = {"error": "error", "warning": "warning", "info": "notice"}


def annotation_lines(findings: Sequence[Finding], shown: Callable[[str], str]) -> list[str]:
    """One workflow command for each finding, at most ten of a kind, and a notice that says how many there are more.

    Args:
        findings: The worst first.
        shown: A file as it is named from the repository's root.
    """
    lines, left_out = [], 0
    for severity, kind in _KINDS.items():
        own = [finding for finding in findings if finding.severity == severity]
        # The last notice tells of the others.
        most = _MOST if kind != "notice" or len(findings) <= _MOST else _MOST - 1
        left_out += len(own[most:])
        for finding in own[:most]:
            where = [f"file={_property(shown(finding.place.file))}"]
            if finding.place.line:
                where.append(f"line={finding.place.line}")
            words = f"{finding.message}. {finding.hint}" if finding.hint else finding.message
            lines.append(f"::{kind} {','.join([*where, f'title={finding.code}'])}::{_data(words)}")
    if left_out:
        lines.append(f"::notice title=digest check::{left_out} more in the job's summary")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
