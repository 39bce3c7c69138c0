"""Providers by name: the entry points of the group ``digest.providers``, so that a package can add one."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.providers.base import Provider

__all__ = ["GROUP", "open_provider"]

GROUP = "digest.providers"


def open_provider(
    name: str, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]
) -> Provider:
    """Make the named provider. It connects, and asks for its key, when it is first used.

    Raises:
        ConfigError: No installed package has a provider of that name.
    """
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(
            f"delivery.provider is {name!r}, which no installed package provides",
            hint=f"Known: {', '.join(sorted(known))}.{meant}",
        )
    provider: Provider = known[name].load()(config=config, environ=environ, root=root, now=now)
    return provider
