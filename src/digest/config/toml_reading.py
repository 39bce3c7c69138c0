"""Reads TOML that somebody else may have written: the standard library's parser, with limits on what it is given.

`tomllib` takes quadratic time for keys with many dots, and ends in a RecursionError for brackets in brackets:
https://github.com/python/cpython/issues/149231.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

__all__ = ["MAX_TOML_BYTES", "TomlError", "read_toml", "require_flat"]

#: The most bytes of a front matter. One of usual length has less than 5 kB.
MAX_TOML_BYTES = 64 * 1024
_MAX_PARTS, _MAX_DEPTH = 20, 50
_MAX_INTEGER_BITS = 64  # https://toml.io/en/v1.0.0#integer
#: What `tomllib` adds to its messages.
_POSITION = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)")
_TOKEN = re.compile(
    r"(?P<skip>[ \t]+|#[^\r\n]*)"
    r'|(?P<long>"""|' + r"''')"
    r"""|(?P<part>"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[A-Za-z0-9_-]+)"""
    r"|(?P<dot>\.)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<other>.)",
    re.DOTALL,
)
_LONG_END = re.compile(r'(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL)


class TomlError(ValueError):
    """A text that is not TOML, or exceeds a limit. The message continues a sentence such as "this is …".

    Attributes:
        line: The line with the problem, counted from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_toml(text: str, *, max_bytes: int = MAX_TOML_BYTES) -> dict[str, Any]:
    """Parse a TOML document.

    Raises:
        TomlError: It is not TOML, is too large, is nested more than 50 deep, has a key of more than 20 parts, or an
            integer that does not fit into 64 bits.
    """
    if len(text) > max_bytes or len(text.encode(errors="surrogatepass")) > max_bytes:
        raise TomlError(f"too large: more than {max_bytes // 1024:,} kB", 1)
    require_flat(text)
    try:
        table = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, and the plain ValueError of an integer with too many digits
        message = str(error)
        position = _POSITION.search(message)
        line = int(position[1]) if position and position[1] else text.count("\n") + 1
        raise TomlError(f"not TOML: {_POSITION.sub('', message)}", line) from None
    except RecursionError:  # the caller's own stack is almost full
        raise TomlError("nested too deeply", 1) from None
    _require_plain_values(table)
    return table


def require_flat(text: str) -> None:
    """Check the nesting of brackets, and the number of parts of dotted keys, in time proportional to the text.

    Raises:
        TomlError: There are more than 50 nested brackets, or more than 20 parts.
    """
    at = depth = parts = 0
    after_dot = False
    while match := _TOKEN.match(text, at):
        start, at = at, match.end()
        kind = match.lastgroup
        if kind == "long" or (kind == "other" and match[0] in "\"'"):
            end = _end_of_string(text, match[0], at)
            if end < 0:
                return  # a string that does not end, at which the parser stops too
            at, parts, after_dot = end, 0, False
        elif kind == "part":
            parts, after_dot = parts + 1 if after_dot else 1, False
            if parts > _MAX_PARTS:
                raise TomlError(f"too complicated: a key has more than {_MAX_PARTS} parts", _line(text, start))
        elif kind == "dot":
            after_dot = True
        elif kind in {"open", "close", "other"}:
            after_dot = False
            depth += {"open": 1, "close": -1, "other": 0}[kind]
            if depth > _MAX_DEPTH:
                raise TomlError(f"nested too deeply: more than {_MAX_DEPTH} brackets", _line(text, start))


def _end_of_string(text: str, quotes: str, start: int) -> int:
    """The offset after a string of several lines; -1 if it does not end."""
    if quotes == "'''":
        end = text.find(quotes, start)
        return end + len(quotes) if end >= 0 else -1
    match = _LONG_END.match(text, start) if quotes == '"""' else None
    return match.end() if match else -1


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _require_plain_values(table: dict[str, Any]) -> None:
    """Check the depth, to which dotted keys add, and the integers, which have no limit in hexadecimal."""
    level: list[Any] = [table]
    depth = 0
    while level:
        depth += 1
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, int) and value.bit_length() > _MAX_INTEGER_BITS:
                raise TomlError("not TOML: an integer does not fit into 64 bits", 1)
        level = inner
        if depth > _MAX_DEPTH:
            raise TomlError(f"nested too deeply: more than {_MAX_DEPTH} levels", 1)
