"""The files that git tracks in a folder, or would add, according to the user's own git, which gets no secrets."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from digest.config.secret_environment import minimal_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["kept_files", "read_staged", "tracks", "was_committed", "work_tree_of", "would_keep"]

_SECONDS = 60
#: A repository that somebody gave away may name programs to run in its configuration.
_RUN_NOTHING = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


def work_tree_of(path: Path) -> Path | None:
    """The root of the git work tree that a path is in; None if it is in none. The path need not exist."""
    for folder in (path, *path.parents):
        if (folder / ".git").exists():
            return folder
    return None


def would_keep(path: Path) -> bool:
    """Whether git tracks a file, or would add it. The path is absolute, without links, and need not exist.

    If git gives no answer, a file in a work tree counts as one that it would add.
    """
    root = work_tree_of(path.parent)
    if root is None or path.is_relative_to(root / ".git"):
        return False
    folder = next(each for each in path.parents if each.is_dir())
    return _run(folder, "check-ignore", "--quiet", "--", str(path)) is None


def kept_files(root: Path) -> Iterator[tuple[str, bool]]:
    """The files that git tracks or would add, each with whether git has another content than the disk.

    Args:
        root: The root of a work tree.

    Yields:
        Names relative to the root; empty if git gives no answer.
    """
    changed = set(_names(root, "ls-files", "-z", "--modified"))
    names = _names(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in dict.fromkeys(names):  # a file in a merge conflict is listed three times
        yield name, name in changed


def tracks(path: Path) -> bool:
    """Whether git tracks a file, in whichever repository its folder is."""
    return bool(_names(path.parent, "ls-files", "-z", "--", f":(literal){path.name}"))


def read_staged(root: Path, name: str) -> bytes:
    """The content of a file that the next commit would have; empty if it has none."""
    return _run(root, "cat-file", "blob", f":{name}") or b""


def was_committed(path: Path) -> bool:
    """Whether any commit has this file; False without git."""
    return bool(_run(path.parent, "log", "--all", "-1", "--format=%H", "--", f":(literal){path.name}"))


def _names(folder: Path, *command: str) -> list[str]:
    output = _run(folder, *command) or b""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def _run(folder: Path, *command: str) -> bytes | None:
    """What git prints; None if it failed, or is not installed."""
    environ = {**minimal_environment(os.environ), "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the arguments are ours
            ["git", "-C", str(folder), *_RUN_NOTHING, *command],  # noqa: S607 - the user's git, from PATH
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=environ,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
