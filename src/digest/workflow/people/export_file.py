"""`subscribers export` to a file: where git would take it up, people's addresses are not written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.config.atomic_files import is_open_to_others, replace_file
from digest.errors import RefusedError, UsageError
from digest.project.work_tree import would_keep

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["require_private_place", "write_export"]


def require_private_place(file: Path) -> None:
    """Refuse a file that git tracks or would add, so that it would reach everybody with a clone.

    Raises:
        RefusedError: Git would keep it (exit 6).
    """
    if would_keep(file.resolve()):
        raise RefusedError(
            f"git would take up {file}, and everybody with a clone could read the addresses",
            hint="Name a file outside of the repository, or one that git ignores. To write it anyway: --force",
        )


def write_export(file: Path, text: str) -> bool:
    """Write an export that only the user can read. A link is followed.

    Returns:
        Whether others could read the file that was there before.

    Raises:
        UsageError: It cannot be written.
    """
    target = file.resolve()
    if target.exists() and not target.is_file():
        raise UsageError(f"{file} is not a file", hint="Name a file, or - for standard output.")
    was_open = is_open_to_others(target)
    try:
        replace_file(target, text.encode(), private=True)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}", hint="Name another file.") from error
    return was_open
