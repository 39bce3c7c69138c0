"""The tables ``[providers.NAME]``: what each holds is described by its provider, which is handed in from above."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ValidationError, create_model

from digest.config.config_table import ConfigTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

__all__ = [
    "UNKNOWN_PROVIDER",
    "ProviderSettings",
    "ProviderTables",
    "check_provider_tables",
    "nearest_provider",
    "strict_model",
]

#: The type of the error for a provider that no installed package has.
UNKNOWN_PROVIDER = "unknown_provider"


class ProviderSettings(ConfigTable):
    """Base of a provider's ``Settings``: its fields are the keys of ``[providers.NAME]``.

    ``Settings`` may be any pydantic model. A model with this base class can also answer questions of other packages.
    """

    #: Whether nothing leaves this machine, so that no reader is mailed.
    local: ClassVar[bool] = False
    #: The key that makes the provider host the page on which readers unsubscribe; "" if it cannot.
    unsubscribe_key: ClassVar[str] = ""
    #: Keys that decide neither where mail goes nor with which key or password. An approval covers all others.
    pace_keys: ClassVar[frozenset[str]] = frozenset()
    #: The length in bytes of a link that the provider has rewritten to count clicks, at most; 0 if it rewrites none.
    tracked_link_bytes: ClassVar[int] = 0

    @property
    def required_variables(self) -> tuple[str, ...]:
        """The environment variables without which a live send fails."""
        return ()

    @property
    def unsubscribe_method(self) -> str:
        """How readers unsubscribe if the provider hosts the page, such as ``group:12345``; "" if it does not."""
        return ""


class ProviderTables(BaseModel, extra="allow", frozen=True):
    """One attribute for each table: the provider's settings once they are checked, the plain table before."""

    def get(self, name: str) -> Any:
        """The settings or the table of a provider; None if it has neither."""
        return (self.model_extra or {}).get(name)


def check_provider_tables(
    tables: Mapping[str, Any], *, chosen: str, models: Mapping[str, type[BaseModel]]
) -> tuple[dict[str, BaseModel], list[ErrorDetails]]:
    """Check each table with its provider's model, and the defaults of the provider that is used.

    Args:
        tables: What the file holds, by provider.
        chosen: The provider in ``delivery.provider``. It is checked even without a table, since it may need a key.
        models: The ``Settings`` of each installed provider. Only those that are needed here are looked up.

    Returns: The settings by provider, and what is wrong, with paths from the root of the configuration. Unknown
        providers come first: a misspelled table is the reason why the keys of another one are missing.
    """
    settings: dict[str, BaseModel] = {}
    unknown: list[ErrorDetails] = []
    errors: list[ErrorDetails] = []
    for name, table in {chosen: {}, **tables}.items():
        if name not in models:
            unknown.append(_unknown(name, in_table=name in tables))
            continue
        try:
            settings[name] = strict_model(models[name]).model_validate(table)
        except ValidationError as error:
            errors.extend(
                {**each, "loc": ("providers", name, *each["loc"])} for each in error.errors(include_url=False)
            )
    return settings, [*unknown, *errors]


def nearest_provider(name: str, known: Iterable[str]) -> str:
    """A hint that names the installed providers, and the one whose name looks most like ``name``."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    advice = f"Did you mean {close[0]}?" if close else "Install the package that has it, or choose one of these."
    return f"Known: {', '.join(names)}. {advice}"


def _unknown(name: str, *, in_table: bool) -> ErrorDetails:
    if in_table:
        message = f"unknown key providers.{name}: no installed package has a provider of this name"
        return {"type": UNKNOWN_PROVIDER, "loc": ("providers", name), "msg": message, "input": name}
    message = f"delivery.provider is {name!r}, which no installed package provides"
    return {"type": UNKNOWN_PROVIDER, "loc": ("delivery", "provider"), "msg": message, "input": name}


def strict_model(model: type[BaseModel]) -> type[BaseModel]:
    """The model, but refusing unknown keys. By default, pydantic ignores them."""
    if model.model_config.get("extra") in {"forbid", "allow"}:
        return model
    return create_model(model.__name__, __base__=model, __cls_kwargs__={"extra": "forbid"}, __module__=model.__module__)
