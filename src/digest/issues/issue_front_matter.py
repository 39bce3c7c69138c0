"""The TOML front matter of issue.md: subject, preheader, and the sponsor of this issue. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.config.toml_reading import TomlError, read_toml
from digest.config.toml_text import toml_line, toml_positions
from digest.errors import IssueError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "IssueFrontMatter", "read_issue_front_matter"]

#: The fields that `collect` proposes.
FIELDS = ("subject", "preheader")
_SPONSOR = "sponsor"
_KNOWN = (*FIELDS, _SPONSOR)
_FENCE = "+++"
_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
_MULTILINE = ('"""', "'''")


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueFrontMatter:
    """The front matter, between the two ``+++`` lines.

    Attributes:
        values: ``subject`` and ``preheader``; empty if the file does not set them.
        sponsor: Markdown on one line; None if the file does not set it.
        lines: The line number of each key in the file, counted from 1.
        spans: The offsets of each value, including its quotes; only for values on one line.
        close: The offset of the closing ``+++``; None if there is no front matter.
        body: The offset of the first line after the front matter, and ``body_line`` its line number.
    """

    values: Mapping[str, str]
    sponsor: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    close: int | None = None
    body: int = 0
    body_line: int = 1


def read_issue_front_matter(text: str, *, file: str) -> IssueFrontMatter:
    """Read the front matter of issue.md. If the first line is not ``+++``, there is none and all values are empty.

    Raises:
        IssueError: It does not end, is not TOML, has an unknown key, or a value that is not one line of text.
    """
    lines = list(_LINE.finditer(text))
    empty = dict.fromkeys(FIELDS, "")
    first = next((number for number, line in enumerate(lines) if line[1].strip("\ufeff \t")), None)
    if first is None or lines[first][1].strip("\ufeff \t") != _FENCE:
        return IssueFrontMatter(values=empty, body=1 if text.startswith("\ufeff") else 0)
    last = next((n for n in range(first + 1, len(lines)) if lines[n][1].strip() == _FENCE), None)
    if last is None:
        raise IssueError(
            "the front matter begins here and never ends", place=Place(file, first + 1), hint="End it with a line +++."
        )
    inner = lines[first + 1 : last]
    values = _values("\n".join(line[1] for line in inner), file=file, before=first + 1)
    start = inner[0].start() if inner else 0
    positions = toml_positions(text[start : lines[last].start()])
    return IssueFrontMatter(
        lines={key: first + 1 + positions[key,].line for key in values},
        spans={
            key: (start + position.start, start + position.end)
            for key in values
            if not text.startswith(_MULTILINE, start + (position := positions[key,]).start)
        },
        sponsor=values.pop(_SPONSOR, None),
        values=empty | values,
        close=lines[last].start(),
        body=lines[last].end(),
        body_line=last + 2,
    )


def _values(source: str, *, file: str, before: int) -> dict[str, str]:
    try:
        table = read_toml(source)
    except TomlError as error:
        raise IssueError(
            f"this is {error}",
            place=Place(file, before + error.line),
            hint='Write it like subject = "Some words", with \\" for a quotation mark inside.',
        ) from None
    for key, value in table.items():
        place = Place(file, before + (toml_line(source, (key,)) or 1))
        if key not in _KNOWN:
            close = difflib.get_close_matches(key, _KNOWN, n=1, cutoff=0.5)
            hint = f"Did you mean {close[0]}?" if close else f"Known keys: {', '.join(_KNOWN)}."
            raise IssueError(f"unknown key {key}", place=place, hint=hint)
        if not isinstance(value, str):
            raise IssueError(f"{key} is not text", place=place, hint=f'Write it in quotes: {key} = "Some words"')
        if len(value.splitlines()) > 1:
            raise IssueError(f"{key} has more than one line", place=place, hint="Write it on one line.")
    return {key: " ".join(value.split()) for key, value in table.items()}
