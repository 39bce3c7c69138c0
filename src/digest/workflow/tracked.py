"""D606: lists of people that git keeps in clear."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from digest.checks import fault
from digest.errors import DigestError, Place
from digest.subscribers import ENCRYPTED, SUPPRESSIONS, is_sample, read_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks import Finding
    from digest.project import Project

__all__ = ["check_tracked_lists"]


def check_tracked_lists(project: Project) -> Iterator[Finding]:
    """One finding for each list in clear that git tracks, but for the sample, which is known by its people."""
    named = {file for audience in project.config.audiences.values() for file in audience.files}
    plain = sorted(file for file in named if not file.startswith("env:") and not file.endswith(ENCRYPTED))
    for file in _tracked(project, [*plain, SUPPRESSIONS]):
        try:
            people = read_list(project.root / file, file=file).subscribers
        except DigestError:
            continue
        if people and not is_sample(people):
            name = "" if file == SUPPRESSIONS else "name that in audiences.files, "
            hint = f"digest subscribers encrypt {file}, {name}and: git rm --cached {file}"
            yield fault(
                "D606", f"{len(people):,} people stand in clear in a file that git keeps", Place(file), hint=hint
            )


def _tracked(project: Project, files: list[str]) -> list[str]:
    """Those of the files that git tracks; none where there is no git."""
    command = ["git", "-C", str(project.root), "ls-files", "-z", "--", *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [name for name in done.stdout.split("\0") if name] if done.returncode == 0 else []
