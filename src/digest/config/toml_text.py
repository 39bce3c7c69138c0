"""TOML as text (https://toml.io/en/v1.0.0): where each key is, and how a string is written.

The standard library only reads TOML, and keeps no positions.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TomlPosition", "line_of_path", "toml_line", "toml_positions", "toml_string"]

#: The names of tables and keys from the root, with the index of each element of a list.
TomlPath: TypeAlias = "tuple[str | int, ...]"

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t"}
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\r\n]|\\.)*"|' + r"'[^'\r\n]*'", re.DOTALL
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_SPACE_AND_COMMENTS = re.compile(r"(?:[\s\ufeff]|#[^\r\n]*)*")
_PLAIN_VALUE = re.compile(r"[^,\]}#\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class TomlPosition:
    """Where a key or a table's header is.

    Attributes:
        line: The line of the key, counted from 1.
        start: The offset at which the value starts; for a header, the header itself.
        end: The offset after the value or the header.
    """

    line: int
    start: int
    end: int


def toml_string(value: str) -> str:
    """``value`` as a basic string."""
    escaped = "".join(
        _ESCAPES.get(letter) or (letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}")
        for letter in value
    )
    return f'"{escaped}"'


def toml_line(text: str, path: Sequence[str | int]) -> int | None:
    """The line of a key, or of the nearest table around it that the text has; None if it has neither."""
    return line_of_path(toml_positions(text), path)


def line_of_path(positions: Mapping[TomlPath, TomlPosition], path: Sequence[str | int]) -> int | None:
    """`toml_line` for a text of which the positions are known."""
    for length in range(len(path), 0, -1):
        if position := positions.get(tuple(path[:length])):
            return position.line
    return None


def toml_positions(text: str) -> Mapping[TomlPath, TomlPosition]:
    """Where every key, table and element of a list is. The text must be valid TOML, as `tomllib` reads it.

    A line may also end in a lone carriage return.
    """
    return _TomlScanner(text).positions


class _TomlScanner:
    """Reads a valid text once, from its start to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted = (0, 1)
        self._lists: dict[TomlPath, int] = {}
        self.positions: dict[TomlPath, TomlPosition] = {}
        table: TomlPath = ()
        while self._skip(_SPACE_AND_COMMENTS) < len(text):
            before = self._at
            if text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            if self._at == before:
                return

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _ends(self, bracket: str) -> bool:
        return self._skip(_SPACE_AND_COMMENTS) >= len(self._text) or self._text.startswith(bracket, self._at)

    def _line(self, offset: int) -> int:
        counted, line = self._counted
        line += len(_LINE_END.findall(self._text, counted, offset))
        self._counted = (offset, line)
        return line

    def _add(self, path: TomlPath, key: int, start: int, end: int) -> None:
        self.positions.setdefault(path, TomlPosition(self._line(key), start, end))

    def _names(self) -> tuple[str, ...]:
        """A key, which may be dotted."""
        names: list[str] = []
        while True:
            self._skip(_SPACE)
            pattern = _STRING if self._text[self._at : self._at + 1] in {'"', "'"} else _BARE_KEY
            match = pattern.match(self._text, self._at)
            if match is None:
                return tuple(names)
            name = match[0]
            names.append(name if pattern is _BARE_KEY else tomllib.loads(f"key = {name}")["key"])
            self._at = match.end()
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return tuple(names)
            self._at += 1

    def _header(self) -> TomlPath:
        """``[table]`` or ``[[list]]``; returns the path of what follows."""
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        names = self._names()
        self._at += brackets
        path: TomlPath = ()
        for number, name in enumerate(names, start=1):
            path = (*path, name)
            if brackets == 2 and number == len(names):
                self._lists[path] = self._lists.get(path, -1) + 1
                self._add(path, start, start, self._at)
            if path in self._lists:  # a name in a header means the last element of a list
                path = (*path, self._lists[path])
        self._add(path, start, start, self._at)
        return path

    def _pair(self, table: TomlPath) -> None:
        key = self._at
        path = (*table, *self._names())
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        start = self._at
        self._value(path)
        self._add(path, key, start, self._at)

    def _value(self, path: TomlPath) -> None:
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._elements(path)
        elif opening == "{":
            self._at += 1
            while not self._ends("}"):
                self._pair(path)
                self._skip(_SPACE_AND_COMMENTS)
                self._at += self._text.startswith(",", self._at)
            self._at += 1
        elif opening in {'"', "'"} and (string := _STRING.match(self._text, self._at)):
            self._at = string.end()
        else:
            start = self._at
            self._at = start + len(self._text[start : self._skip(_PLAIN_VALUE)].rstrip())

    def _elements(self, path: TomlPath) -> None:
        self._at += 1
        number = 0
        while not self._ends("]"):
            start = self._at
            self._value((*path, number))
            self._add((*path, number), start, start, self._at)
            number += 1
            self._skip(_SPACE_AND_COMMENTS)
            self._at += self._text.startswith(",", self._at)
        self._at += 1
