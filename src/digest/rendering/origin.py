"""Which line of which template made a line of the document.

A newsletter's editor knows templates, not the MJML that they add up to. So when that is broken the templates are
filled in once more with a mark before each line of theirs, and the mark in the broken line is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jinja2.ext import Extension
from jinja2.lexer import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2.lexer import TokenStream

__all__ = ["MarkLines", "line_origin"]

#: Of the private use area, so that no template means something by them.
_OPEN, _CLOSE = "\ue5d1", "\ue5d2"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*):(\\d+){_CLOSE}")


class MarkLines(Extension):
    """Writes the template's name and the line before each line of its text."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the text; what Jinja computes stays as it is."""
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = enumerate(token.value.split("\n"), start=token.lineno)
            marked = "\n".join(
                f"{_OPEN}{stream.filename or stream.name}:{number}{_CLOSE}{text}" for number, text in lines
            )
            yield Token(token.lineno, "data", marked)


def line_origin(marked: str, line: int) -> tuple[str, int] | None:
    """The template's file, and the line in it, of a line of a marked document, counted from 1."""
    lines = marked.split("\n")[:line]
    here = [mark for mark in _MARK.finditer(lines[-1]) if _text_after(mark, lines[-1])] if lines else []
    mark = here[0] if here else next((found for text in reversed(lines) for found in _MARK.finditer(text)), None)
    return (mark[1], int(mark[2])) if mark else None


def _text_after(mark: re.Match[str], text: str) -> bool:
    return bool(text[mark.end() :].partition(_OPEN)[0].strip())
