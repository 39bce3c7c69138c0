"""Finds the newsletter that a folder belongs to, and its configuration file.

A newsletter's configuration and templates decide where mail and keys go, so one is never taken by accident: the search
ends at the root of the git work tree, and never in a folder of another user, as git refuses such a repository
(https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory).
"""

from __future__ import annotations

import os
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.config.toml_reading import TomlError, read_toml
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CONFIG_FILE", "MAX_CONFIG_BYTES", "NO_NEWSLETTER", "config_file", "find_root"]

CONFIG_FILE = "digest.toml"
#: The hint where there is no newsletter.
NO_NEWSLETTER = "Make a newsletter with `digest init`, try `digest demo`, or name a folder with -C."
_PYPROJECT = "pyproject.toml"
_HEADER = re.compile(r"^[ \t]*\[\[?[ \t]*tool[ \t]*\.[ \t]*digest[ \t]*[.\]]", re.MULTILINE)
#: The most bytes of a configuration file, which hold about ten thousand sources and are read in seconds.
MAX_CONFIG_BYTES = 1024 * 1024


def find_root(start: Path, *, environ: Mapping[str, str] = MappingProxyType({})) -> Path:
    """The nearest folder from ``start`` upwards with digest.toml, or pyproject.toml with the table ``[tool.digest]``.

    The search ends at the root of the git work tree that ``start`` is in, if there is one.

    Args:
        start: An absolute path.
        environ: The environment. For root, ``SUDO_UID`` names the user whose folders are root's own as well.

    Raises:
        ConfigError: There is no such folder, or the nearest one belongs to another user.
    """
    for folder in (start, *start.parents):
        file, _ = config_file(folder)
        if _is_file(file):
            if not (_is_own(folder, environ) and _is_own(file, environ)):
                raise ConfigError(
                    f"the newsletter in {folder} belongs to another user, so it is not used by default",
                    hint="If you trust its configuration and templates, name its folder with -C.",
                )
            return folder
        if _is_work_tree(folder):
            raise ConfigError(
                f"no {CONFIG_FILE} in {start}, or above it up to {folder}, the root of the git work tree",
                hint=NO_NEWSLETTER,
            )
    raise ConfigError(f"no {CONFIG_FILE} in {start} or above it", hint=NO_NEWSLETTER)


def config_file(root: Path) -> tuple[Path, tuple[str, ...]]:
    """The file that configures the newsletter in ``root``, and the path of the table in it."""
    path = root / CONFIG_FILE
    if _is_file(path) or not _configures_digest(root / _PYPROJECT):
        return path, ()
    return root / _PYPROJECT, ("tool", "digest")


def _configures_digest(path: Path) -> bool:
    """Whether a pyproject.toml has a table ``[tool.digest]``. If it is not TOML, the header decides."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    try:
        tool = read_toml(text, max_bytes=MAX_CONFIG_BYTES).get("tool")
    except TomlError:
        return _HEADER.search(text) is not None  # so that loading it names the line that is wrong
    return isinstance(tool, dict) and "digest" in tool


def _is_work_tree(folder: Path) -> bool:
    """Whether git takes the folder for the root of a work tree: .git is a repository, or a file that names one."""
    git = folder / ".git"
    return _is_file(git) or _is_file(git / "HEAD")


def _is_file(path: Path) -> bool:
    """Whether there is such a file, as far as the user can see. `Path.is_file` raises an error in a closed folder."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_own(path: Path, environ: Mapping[str, str]) -> bool:
    """Whether the user owns a file or folder. Windows has no such numbers, so ownership is not checked there."""
    if os.name != "posix":
        return True
    user = os.geteuid()
    own = {user}
    if user == 0 and environ.get("SUDO_UID", "").isdecimal():
        own.add(int(environ["SUDO_UID"]))
    return path.stat().st_uid in own
