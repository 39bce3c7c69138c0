"""Cells that a spreadsheet would take for formulas, made inert in exports and restored by imports.

Excel and LibreOffice run a cell that begins with ``=``, ``+``, ``-`` or ``@``, even from a CSV file; an apostrophe
before it makes the cell text: https://owasp.org/www-community/attacks/CSV_Injection. Cells that begin with apostrophes
before such a character get one more, so that `restored_cell` undoes `inert_cell` for every text.
"""

from __future__ import annotations

import re

__all__ = ["inert_cell", "restored_cell"]

#: The full-width forms are formulas too, in Japanese and Chinese versions of Excel.
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def inert_cell(text: str) -> str:
    """A cell for an export: ``=1+1`` becomes ``'=1+1``."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored_cell(text: str) -> str:
    """The cell that `inert_cell` was given: ``'=1+1`` becomes ``=1+1``."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
