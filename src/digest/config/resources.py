"""The files that come with the program: the theme, the sample list, the workflows.

They have one home, at the top level of the repository; the wheel carries copies. Installed, the copies are used.
"""

from __future__ import annotations

from pathlib import Path

from digest.errors import ConfigError

__all__ = ["FORMER_WORKFLOWS", "WORKFLOWS", "shipped", "shipped_workflow"]

_PACKAGE = Path(__file__).parents[1]
_SOURCE_TREE = _PACKAGE.parents[1]
#: What a newsletter gets under .github/: workflows that propose, show and send its issues, and the action they share.
WORKFLOWS = (
    "workflows/collect.yml",
    "workflows/preview.yml",
    "workflows/send.yml",
    "actions/digest/action.yml",
)
#: Workflows of earlier versions, whose place others have taken.
FORMER_WORKFLOWS = ("workflows/weekly.yml",)
#: The zone that stands in the shipped workflows; a newsletter's own takes its place.
_ZONE = "Europe/Berlin"
#: Where a name stands in the source tree when that is not its own name.
_HOMES = {f"github/{name}": f".github/{name}" for name in WORKFLOWS}


def shipped(name: str) -> Path:
    """The path of ``templates``, ``subscribers/sample.csv`` or ``github/`` and one of ``WORKFLOWS``.

    Raises:
        ConfigError: The installation is not complete.
    """
    for path in (_PACKAGE / "newsletter" / name, _SOURCE_TREE / _HOMES.get(name, name)):
        if path.exists():
            return path
    raise ConfigError(f"{name} did not come with this installation", hint="Install newsletter-digest again.")


def shipped_workflow(name: str, *, timezone: str) -> str:
    """One of ``WORKFLOWS`` as a newsletter of this IANA zone gets it.

    Raises:
        ConfigError: The installation is not complete.
    """
    return shipped(f"github/{name}").read_text(encoding="utf-8").replace(_ZONE, timezone)
