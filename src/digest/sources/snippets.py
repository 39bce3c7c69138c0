"""A headline for an item that has none, as in feeds of short messages."""

from __future__ import annotations

import textwrap

__all__ = ["headline_of"]

_WIDTH = 80


def headline_of(text: str) -> str:
    """The beginning of a text, at most 80 characters, cut between words; empty for an empty text."""
    first, _, _ = text.partition("\n")
    return textwrap.shorten(first, _WIDTH, placeholder=" …") or first[:_WIDTH]
