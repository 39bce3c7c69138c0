"""Personal values: made harmless once, and put where their tags stand."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["clean_value", "fill"]

#: Control characters end a header or a line of a message. Format characters hide text or turn its direction; the
#: two joiners and the soft hyphen among them are spelling (Persian, Hindi, emoji) and stay.
_SPELLING = frozenset({"\u200c", "\u200d", "\u00ad"})


def clean_value(text: str) -> str:
    """A value from a list as it may stand in a subject, a header and both parts: one line, nothing invisible."""
    if text.isascii() and text.isprintable():
        return text.strip()  # the usual case
    spaced = " ".join(text.split())
    return "".join(
        character
        for character in spaced
        if character in _SPELLING or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )


def fill(text: str, values: Mapping[str, str], *, escape: Callable[[str], str] = str) -> str:
    """Put each value where its tag stands. What a value holds is never read as a tag.

    Args:
        values: By tag, the literal text that stands for the value.
        escape: Applied to each value, such as ``html.escape`` for the HTML part.
    """
    if not values:
        return text
    tags = re.compile("|".join(re.escape(tag) for tag in sorted(values, key=len, reverse=True)))
    return tags.sub(lambda match: escape(values[match[0]]), text)
