"""Personal values: cleaned once, then put in place of their tags."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["clean_value", "fill"]

#: Format characters that spelling needs, as in Persian, Hindi and emoji: two joiners and the soft hyphen. All other
#: format characters are removed, because they hide text or change its direction. Control characters are removed,
#: because they end a header.
_SPELLING = frozenset({"\u200c", "\u200d", "\u00ad"})


def clean_value(text: str) -> str:
    """Make a value from a list safe for the subject, a header and both parts: one line, no invisible characters."""
    if text.isascii() and text.isprintable():
        return text.strip()  # the usual case
    spaced = " ".join(text.split())
    return "".join(
        character
        for character in spaced
        if character in _SPELLING or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )


def fill(text: str, values: Mapping[str, str], *, escape: Callable[[str], str] = str) -> str:
    """Replace each tag in ``text`` by its value. A tag inside a value is not replaced.

    Args:
        text: The text with tags.
        values: The values by tag, where a tag is the literal text to replace.
        escape: Applied to each value, such as ``html.escape`` for the HTML part.
    """
    if not values:
        return text
    tags = re.compile("|".join(re.escape(tag) for tag in sorted(values, key=len, reverse=True)))
    return tags.sub(lambda match: escape(values[match[0]]), text)
