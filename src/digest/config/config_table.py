"""The base class of every table of the configuration: a frozen pydantic model that refuses unknown keys."""

from __future__ import annotations

import ast
import inspect
import textwrap
from datetime import date, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

__all__ = ["ConfigTable", "ConfigValueError", "field_descriptions", "known_keys", "table_model", "value_problem"]

#: What a key expects, by the first word of the types of pydantic's errors
#: (https://docs.pydantic.dev/latest/errors/validation_errors/).
_EXPECTED = {
    "bool": "true or false",
    "date": "a date",
    "dict": "a table",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a table",
    "string": "text",
    "tuple": "a list",
}
_LIMITS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "does not match {pattern}",
}
_WRONG_TYPE = ("_type", "_parsing", "_from_float")


class ConfigTable(BaseModel):
    """A table of digest.toml. The text below a key describes it in the reference of the configuration.

    A key that names an environment variable ends in ``_env``, or in ``_envs`` if it names several.
    """

    #: The variables that such keys usually name, besides those that begin with ``DIGEST_``. A name that ends in an
    #: underscore stands for all that begin with it.
    usual_variables: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ConfigValueError(ValueError):
    """A value that a validator of a `ConfigTable` refuses; the hint says what to write instead."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def value_problem(error: ErrorDetails) -> str:
    """What is wrong with a value, in terms of TOML instead of pydantic."""
    kind, limits = error["type"], error.get("ctx", {})
    expected = _EXPECTED.get(kind.partition("_")[0])
    if expected is not None and kind.endswith(_WRONG_TYPE):
        return f"expected {expected}, got {_value_type(error['input'])}"
    if kind == "string_too_short" and limits["min_length"] == 1:
        return "must not be empty"
    if limit := _LIMITS.get(kind):
        return limit.format_map(limits)
    return error["msg"].removeprefix("Value error, ")


def _value_type(value: object) -> str:
    """The type of a TOML value, or the value itself if it is as short."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value}"
        case str():
            return "text"
        case date() | time():
            return "a date or time"
        case dict():
            return "a table"
    return "a list"


def known_keys(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """The keys of the table at ``path`` below ``model``; empty if there is no table at that path."""
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:
            continue  # the index of a list, or a name that the user chose
        inner = table_model(field.annotation)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def table_model(annotation: Any) -> type[BaseModel] | None:
    """The model in the annotation of a key that holds a table, a list of tables, or tables by name; None otherwise."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inner = table_model(argument)
        if inner is not None:
            return inner
    return None


def field_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """What each key of a model is for: its ``Field(description=…)``, or the string literal below it.

    Pydantic's own ``use_attribute_docstrings`` parses the source whenever a class is created, which would take a
    quarter of a second of every command.
    """
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base is BaseModel:
            continue
        try:
            source = inspect.getsource(base)
        except OSError:
            continue  # a class that `create_model` made has no source
        (node,) = ast.parse(textwrap.dedent(source)).body
        for field, text in pairwise(getattr(node, "body", ())):
            match field, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as literal)):
                    texts[name] = " ".join(literal.split())
    given = {name: field.description for name, field in model.model_fields.items() if field.description}
    return {name: (given | texts)[name] for name in model.model_fields if name in given or name in texts}
