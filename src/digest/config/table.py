"""What every table of the configuration is: frozen, and without unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Table"]


class Table(BaseModel):
    """A table of digest.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
