"""The word lists and patterns that the readers share, from the TOML files beside this module."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["read_table"]


@cache
def read_table(name: str) -> dict[str, Any]:
    """The table in ``NAME.toml``."""
    return tomllib.loads((files("digest.sources") / f"{name}.toml").read_text(encoding="utf-8"))
