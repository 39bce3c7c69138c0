"""The files that come with the program: the theme, the sample list and the workflows.

They are at the top level of the repository. The wheel carries copies, which an installed program uses.
"""

from __future__ import annotations

from pathlib import Path

from digest.errors import ConfigError

__all__ = ["DEPENDABOT", "FORMER_WORKFLOWS", "WORKFLOWS", "shipped", "shipped_workflow"]

_PACKAGE = Path(__file__).parents[1]
_SOURCE_TREE = _PACKAGE.parents[1]
#: The files under .github/ of a newsletter: workflows that propose, preview and send its issues, their action, and what
#: it installs.
WORKFLOWS = (
    "workflows/collect.yml",
    "workflows/preview.yml",
    "workflows/send.yml",
    "actions/digest/action.yml",
    "actions/digest/requirements.txt",
)
#: Dependabot's configuration under .github/. A newsletter's own is never replaced.
DEPENDABOT = "dependabot.yml"
#: Workflows of earlier versions, which the ones above replace.
FORMER_WORKFLOWS = ("workflows/weekly.yml",)
#: The time zone in the shipped workflows, which is replaced by the newsletter's own.
_ZONE = "Europe/Berlin"
#: What the action installs in digest's own repository: the source around it. In a newsletter it is this version.
_PACKAGE_OF_SOURCE = "${DIGEST_PACKAGE:-.}"
#: Names that have another path in the source tree.
_HOMES = {f"github/{name}": f".github/{name}" for name in WORKFLOWS}


def shipped(name: str) -> Path:
    """The path of ``templates``, ``subscribers/sample.csv`` or ``github/`` and one of ``WORKFLOWS``.

    Raises:
        ConfigError: The installation is incomplete.
    """
    for path in (_PACKAGE / "newsletter" / name, _SOURCE_TREE / _HOMES.get(name, name)):
        if path.exists():
            return path
    raise ConfigError(f"{name} is missing from this installation", hint="Reinstall newsletter-digest.")


def shipped_workflow(name: str, *, timezone: str, version: str) -> str:
    """One of ``WORKFLOWS``, adapted to the IANA time zone of a newsletter and to the version of `digest` that it runs.

    Raises:
        ConfigError: The installation is incomplete.
    """
    text = shipped(f"github/{name}").read_text(encoding="utf-8").replace(_ZONE, timezone)
    return text.replace(_PACKAGE_OF_SOURCE, f"${{DIGEST_PACKAGE:-newsletter-digest=={version}}}")
