"""What every table of the configuration is: frozen, and without unknown keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ConfigTable", "ConfigValueError", "known_keys"]


class ConfigTable(BaseModel):
    """A table of digest.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ConfigValueError(ValueError):
    """A value that a validator of a `ConfigTable` refuses; the hint says what to write instead."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def known_keys(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """The keys of the table at ``path`` below ``model``; empty when there is no table there."""
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # a list index, or a name that the editor chose
        inner = _table_of(field.annotation)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _table_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inner = _table_of(argument)
        if inner is not None:
            return inner
    return None
