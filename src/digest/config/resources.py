"""The files that come with the program: the theme, the sample list, the workflows.

They have one home, at the top level of the repository; the wheel carries copies. Installed, the copies are used.
"""

from __future__ import annotations

from pathlib import Path

from digest.errors import ConfigError

__all__ = ["WORKFLOWS", "shipped"]

_PACKAGE = Path(__file__).parents[1]
_SOURCE_TREE = _PACKAGE.parents[1]
#: The workflows that a newsletter gets: one makes its issues, one sends them.
WORKFLOWS = ("weekly.yml", "send.yml")
#: Where a name stands in the source tree when that is not its own name.
_HOMES = {f"workflows/{name}": f".github/workflows/{name}" for name in WORKFLOWS}


def shipped(name: str) -> Path:
    """The path of ``templates``, ``subscribers/sample.csv`` or ``workflows/`` and one of ``WORKFLOWS``.

    Raises:
        ConfigError: The installation is not complete.
    """
    for path in (_PACKAGE / "newsletter" / name, _SOURCE_TREE / _HOMES.get(name, name)):
        if path.exists():
            return path
    raise ConfigError(f"{name} did not come with this installation", hint="Install newsletter-digest again.")
