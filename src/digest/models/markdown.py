"""Text as inline Markdown: what keeps an article's words from being read as markup."""

from __future__ import annotations

import re

__all__ = ["escape_inline", "unescape_inline"]

#: What CommonMark reads as inline markup: code, emphasis, links, images, HTML, entities, strikethrough and the escape
#: itself. An underscore inside a word is none (CommonMark 0.31, section 6.2); a lone asterisk between spaces neither.
_MARKUP = re.compile(r"[\\`\[\]<]|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|~~|&(?=#?\w+;)")


#: A backslash before any ASCII punctuation (CommonMark 0.31, section 2.4).
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def unescape_inline(text: str) -> str:
    """``text`` without the backslashes that `escape_inline` or a person put before punctuation."""
    return _ESCAPED.sub(r"\1", text)


def escape_inline(text: str) -> str:
    """Write plain ``text`` as inline Markdown that reads as exactly that text, on one line.

    Runs of white space become one space, since a bullet is one line of issue.md.
    """
    line = " ".join(text.split())
    return _MARKUP.sub(r"\\\g<0>", line)
