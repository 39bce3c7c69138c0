"""The lists of people that git tracks unencrypted."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.subscribers import ENCRYPTED, SUPPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from digest.models import Subscriber
    from digest.project import Session

__all__ = ["read_tracked_lists"]


def read_tracked_lists(session: Session) -> Mapping[str, Sequence[Subscriber]]:
    """The people in each unencrypted list that git tracks, by the list's path. Unreadable lists are left out."""
    named = {file for audience in session.project.config.audiences.values() for file in audience.files}
    plain = sorted(file for file in named if not file.startswith("env:") and not file.endswith(ENCRYPTED))
    lists: dict[str, Sequence[Subscriber]] = {}
    for file in _tracked(session.project.root, [*plain, SUPPRESSIONS]):
        try:
            lists[file] = session.list_reading(file).subscribers
        except DigestError:
            continue
    return lists


def _tracked(root: Path, files: list[str]) -> list[str]:
    """Those of ``files`` that git tracks; none if there is no git or no repository."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--", *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [name for name in done.stdout.split("\0") if name] if done.returncode == 0 else []
