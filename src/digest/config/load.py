"""Reads digest.toml as a `Config`, or fails with the file, the line and the nearest known key."""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from digest.config.config_table import ConfigValueError, known_keys, value_problem
from digest.config.delivery_settings import CHECK_LEDGER_URL
from digest.config.newsletter_folder import CONFIG_FILE, MAX_CONFIG_BYTES, NO_NEWSLETTER, config_file
from digest.config.provider_tables import (
    UNKNOWN_PROVIDER,
    ProviderTables,
    check_provider_tables,
    nearest_provider,
)
from digest.config.secret_variables import refused_variables
from digest.config.settings import Config
from digest.config.toml_reading import TomlError, read_toml
from digest.config.toml_text import line_of_path, toml_line, toml_positions
from digest.errors import ConfigError, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

__all__ = ["load_config", "parse_config", "source_places"]


def load_config(
    root: Path,
    *,
    providers: Mapping[str, type[BaseModel]] | None = None,
    check_ledger_url: Callable[[str], None] | None = None,
    allowed: Collection[str] = (),
) -> Config:
    """Read the configuration of the newsletter in ``root``.

    Args:
        root: The newsletter's folder.
        providers: The ``Settings`` of each installed provider by name, which check ``[providers.NAME]``. Without
            them these tables stay unchecked until a provider is opened.
        check_ledger_url: Raises ValueError for a bad ``state.url``. Without it the URL stays unchecked until the
            ledger is opened.
        allowed: Variables that keys ``*_env`` may name besides those that are meant for digest; see
            `allowed_variables`. Without ``providers``, these names stay unchecked.

    Raises:
        ConfigError: The file is missing, is not TOML, or holds an unknown key or a bad value.
    """
    path, prefix = config_file(root)
    if not path.is_file():
        raise ConfigError(f"no {CONFIG_FILE} in {root}", hint=NO_NEWSLETTER)
    return parse_config(
        _read(path),
        file=path.name,
        prefix=prefix,
        providers=providers,
        check_ledger_url=check_ledger_url,
        allowed=allowed,
    )


def parse_config(
    text: str,
    *,
    file: str,
    prefix: Sequence[str] = (),
    providers: Mapping[str, type[BaseModel]] | None = None,
    check_ledger_url: Callable[[str], None] | None = None,
    allowed: Collection[str] = (),
) -> Config:
    """The configuration that a TOML text holds, in the table ``prefix``. The checks are those of `load_config`.

    Raises:
        ConfigError: It is not TOML, or holds an unknown key or a bad value.
    """
    try:
        table: Any = read_toml(text, max_bytes=MAX_CONFIG_BYTES)
    except TomlError as error:
        raise ConfigError(
            f"this is {error}",
            place=Place(file, error.line),
            hint="Text values need double quotes, and a table begins with its name in brackets.",
        ) from None
    for key in prefix:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    try:
        config = Config.model_validate(table, context={CHECK_LEDGER_URL: check_ledger_url})
    except ValidationError as error:
        raise _explain(error.errors(include_url=False), text, file, prefix) from None
    if providers is None:
        return config
    settings, errors = check_provider_tables(
        config.providers.model_extra or {}, chosen=config.delivery.provider, models=providers
    )
    errors = errors or refused_variables(config, settings, models=providers, allowed=allowed)
    if errors:
        raise _explain(errors, text, file, prefix, providers)
    return config.model_copy(update={"providers": ProviderTables.model_validate(settings)})


def source_places(root: Path) -> Mapping[str, Place]:
    """Where each source is configured, by its id."""
    path, prefix = config_file(root)
    text = _read(path)
    sources = parse_config(text, file=path.name, prefix=prefix).sources
    positions = toml_positions(text)
    return {
        source.id: Place(path.name, line_of_path(positions, (*prefix, "sources", number, "id")))
        for number, source in enumerate(sources)
    }


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:  # before it fills the memory
            raise ConfigError(
                f"the file is too large: more than {MAX_CONFIG_BYTES // 1024:,} kB",
                place=Place(path.name),
                hint="Room for ten thousand sources is enough. Remove what does not belong there.",
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8", place=Place(path.name), hint="Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", place=Place(path.name)) from None


def _explain(
    errors: Sequence[ErrorDetails],
    text: str,
    file: str,
    prefix: Sequence[str],
    providers: Mapping[str, type[BaseModel]] = MappingProxyType({}),
) -> ConfigError:
    """The error for the first problem; the others are counted."""
    first, *others = errors
    path = first["loc"]
    dotted = _dotted(path)
    place = Place(file, toml_line(text, (*prefix, *path)))
    more = f" ({len(others)} more after this one)" if others else ""
    if first["type"] == UNKNOWN_PROVIDER:
        return ConfigError(f"{first['msg']}{more}", place=place, hint=nearest_provider(first["input"], providers))
    if first["type"] == "extra_forbidden":
        return ConfigError(f"unknown key {dotted}{more}", place=place, hint=_nearest(path, providers))
    if first["type"] == "missing":
        form = f"[{_dotted((*prefix, *path))}]" if _known_keys(path, providers) else f"{path[-1]} = …"
        where = ""
        if path[0] == "providers" and not _has_table(text, (*prefix, *path[:2])):
            place = Place(file, toml_line(text, (*prefix, "delivery", "provider")))
            where = f" to [{_dotted((*prefix, *path[:2]))}]"
        return ConfigError(f"{dotted} is missing{more}", place=place, hint=f"Add it{where}: {form}")
    message = value_problem(first)
    where = f"{dotted}: " if path else ""
    cause = first.get("ctx", {}).get("error")
    hint = cause.hint if isinstance(cause, ConfigValueError) else ""
    return ConfigError(f"{where}{message}{more}", place=place, hint=hint)


def _has_table(text: str, path: tuple[int | str, ...]) -> bool:
    return any(position[: len(path)] == path for position in toml_positions(text))


def _dotted(path: Sequence[int | str]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _nearest(path: Sequence[int | str], providers: Mapping[str, type[BaseModel]]) -> str:
    """A hint with the known key that looks most like the last part of ``path``."""
    keys = _known_keys(path[:-1], providers)
    close = difflib.get_close_matches(str(path[-1]), keys, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {_dotted((*path[:-1], close[0]))}?"
    return f"Known here: {', '.join(sorted(keys))}." if keys else ""


def _known_keys(path: Sequence[int | str], providers: Mapping[str, type[BaseModel]]) -> list[str]:
    if path[:1] == ("providers",) and len(path) > 1:
        return known_keys(providers[str(path[1])], path[2:])
    return known_keys(Config, path)
