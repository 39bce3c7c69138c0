"""Lines such as "Also read: …" that stand in an article and lead elsewhere."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["drop_promotion", "is_promotion"]


def is_promotion(line: str) -> bool:
    """Tell whether a line only leads elsewhere, such as "Also Read: Another headline"."""
    line = line.strip()
    return len(line) <= read_table("promotion")["longest"] and _lead().match(line) is not None


def drop_promotion(lines: Iterable[str]) -> list[str]:
    """The lines that do not lead elsewhere, in order."""
    return [line for line in lines if not is_promotion(line)]


@cache
def _lead() -> re.Pattern[str]:
    leads = sorted(read_table("promotion")["leads"], key=len, reverse=True)
    # An arrow, a bracket or an emphasis may stand in front of it.
    return re.compile(rf"^[\W_]{{0,4}}(?:{'|'.join(map(re.escape, leads))})[\s*_]*[:|»→>][\s*_]*", re.IGNORECASE)
