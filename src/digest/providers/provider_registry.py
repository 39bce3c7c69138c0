"""Providers by name: the entry points of the group ``digest.providers``, so that any distribution can add one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from digest.config import ProviderSettings, nearest_provider
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from pydantic import BaseModel

    from digest.config import Config
    from digest.providers.contract import Provider

__all__ = ["PROVIDER_GROUP", "InstalledSettings", "open_provider", "provider_names"]

PROVIDER_GROUP = "digest.providers"


def provider_names() -> tuple[str, ...]:
    """The names of all installed providers, sorted. Imports none of them."""
    return tuple(sorted(_entry_points()))


class InstalledSettings(Mapping[str, "type[BaseModel]"]):
    """The ``Settings`` of each installed provider by name. A provider is imported only when it is looked up."""

    def __init__(self) -> None:
        self._points = _entry_points()

    def __getitem__(self, name: str) -> type[BaseModel]:
        provider = _load(self._points[name])
        model: type[BaseModel] = getattr(provider, "Settings", ProviderSettings)
        return model

    def __contains__(self, name: object) -> bool:
        return name in self._points

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)


def open_provider(
    name: str, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]
) -> Provider:
    """Create the named provider. It connects, and reads its key, when it is first used.

    Raises:
        ConfigError: No installed package has a provider with this name, or it cannot be imported.
    """
    points = _entry_points()
    if name not in points:
        raise ConfigError(
            f"delivery.provider is {name!r}, which no installed package provides", hint=nearest_provider(name, points)
        )
    provider: Provider = _load(points[name])(config=config, environ=environ, root=root, now=now)
    return provider


def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=PROVIDER_GROUP)}


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        source = f" of {point.dist.name}" if point.dist is not None else ""
        raise ConfigError(
            f"the provider {point.name}{source} cannot be imported from {point.value}: {error}",
            hint="Reinstall the package, or report this to its authors.",
        ) from error
