"""Which environment variables the configuration may name as keys and passwords.

A newsletter's configuration may come from somebody else, and it also says where keys are sent. It therefore names only
variables that are meant for digest, and never those of another program.
"""

from __future__ import annotations

import contextlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from digest.config.config_table import ConfigValueError
from digest.errors import DigestError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

    Path = tuple[int | str, ...]

__all__ = ["OWN_PREFIX", "allowed_variables", "is_usual", "named_variables", "refused_variables", "usual_of_all"]

#: Names further variables that may be named. It is read from the environment only: a newsletter must not allow itself.
_ALLOW_ENV = "DIGEST_ALLOW_ENV"
#: All variables of this program begin with it, and none of them concerns another program.
OWN_PREFIX = "DIGEST_"
_KEY = re.compile(r"_envs?$")


def allowed_variables(environ: Mapping[str, str]) -> frozenset[str]:
    """The variables that the user allows in ``DIGEST_ALLOW_ENV``, separated by commas or spaces."""
    return frozenset(re.split(r"[\s,]+", environ.get(_ALLOW_ENV, ""))) - {""}


def refused_variables(
    config: BaseModel,
    settings: Mapping[str, BaseModel],
    *,
    models: Mapping[str, type[BaseModel]],
    allowed: Collection[str],
) -> list[ErrorDetails]:
    """The keys ``*_env`` and ``*_envs`` that name a variable which is not meant for digest.

    Args:
        config: The configuration, with or without the settings of providers.
        settings: The checked settings of providers, by name.
        models: The ``Settings`` of each installed provider. A relay of one provider is often used through another, so
            each may name the variables of all.
        allowed: Further variables, as the user allows them.
    """
    tables = [((), config), *((("providers", name), table) for name, table in settings.items())]
    return [
        _refusal(path, name)
        for start, table in tables
        for path, name, usual in named_variables(table, start, ())
        if name not in allowed
        and not name.startswith(OWN_PREFIX)
        and not is_usual(name, chain(usual, usual_of_all(models)) if start else usual)
    ]


def named_variables(
    table: BaseModel, path: Path = (), above: tuple[str, ...] = ()
) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Each variable that a table, or one within it, names: where, its name, and which names are usual there."""
    usual = (*above, *getattr(table, "usual_variables", ()))
    for key, value in table:
        if _KEY.search(key):
            yield from ((each_path, name, usual) for each_path, name in _names(value, (*path, key)))
        else:
            for each_path, each in _tables(value, (*path, key)):
                yield from named_variables(each, each_path, usual)


def _names(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield from [(path, value)] if value else []
    elif isinstance(value, tuple | list):
        yield from (((*path, number), name) for number, name in enumerate(value) if isinstance(name, str) and name)


def _tables(value: Any, path: Path) -> Iterator[tuple[Path, BaseModel]]:
    if isinstance(value, BaseModel):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _tables(each, (*path, key))
    elif isinstance(value, tuple | list):
        for number, each in enumerate(value):
            yield from _tables(each, (*path, number))


def usual_of_all(models: Mapping[str, type[BaseModel]]) -> Iterator[str]:
    """The usual variables of all providers; a name that ends in ``_`` stands for all that begin so."""
    for name in models:  # imports a provider only when the question comes this far
        with contextlib.suppress(DigestError):
            yield from getattr(models[name], "usual_variables", ())


def is_usual(name: str, usual: Iterable[str]) -> bool:
    """Whether a variable is one of these, or begins with one of them that ends in ``_``."""
    return any(name == each or (each.endswith("_") and name.startswith(each)) for each in usual)


def _refusal(path: Path, name: str) -> ErrorDetails:
    message = (
        f"{name!r} is not a variable for digest: its name does not begin with {OWN_PREFIX}, and is not a usual one here"
    )
    hint = (
        f"Store the secret under another name, such as {OWN_PREFIX}{name}, and write that name here. "
        f"Or, if you trust this configuration with {name}, allow it where digest runs: export {_ALLOW_ENV}={name}"
    )
    return {
        "type": "refused_variable",
        "loc": path,
        "msg": message,
        "input": name,
        "ctx": {"error": ConfigValueError(message, hint=hint)},
    }
