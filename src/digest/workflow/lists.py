"""`subscribers check`: who would be mailed, and which rows somebody should mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import ConfigError
from digest.subscribers import select_audience

if TYPE_CHECKING:
    from digest.models import Audience
    from digest.project import Project

__all__ = ["check_lists"]


def check_lists(project: Project) -> tuple[Audience, ...]:
    """Every configured audience as it would be frozen now, without asking the provider.

    Raises:
        ConfigError: No audience is configured.
        ListError: A list cannot be read at all.
    """
    if not project.config.audiences:
        raise ConfigError(
            "no audience is configured", hint='Add [audiences.weekly] with files = ["subscribers/weekly.csv"].'
        )
    suppressions = project.own_suppressions()
    return tuple(
        select_audience(name, config, project.read_lists(config), suppressions=suppressions)
        for name, config in sorted(project.config.audiences.items())
    )
