"""Paths in the newsletter's folder, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.errors import Place, SourceError
from digest.sources.files.article_files import SUFFIXES, parse_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from digest.models import Article
    from digest.sources.source_access import SourceAccess

__all__ = ["article_files", "read_file", "read_folder_source", "resolve_path"]

_MAX_BYTES = 20 * 2**20


def resolve_path(root: Path, address: str) -> tuple[Path, str]:
    """The file that a relative address names, and its path from the root with forward slashes.

    Raises:
        SourceError: It leads out of the newsletter's folder, be it by "..", a link or an absolute path.
    """
    base = root.resolve()
    path = base / address
    try:
        if not path.exists() and (base / unquote(address)).exists():
            path = base / unquote(address)
        inside = path.resolve().is_relative_to(base)
        shown = (
            path.relative_to(base).as_posix() if ".." not in path.parts else path.resolve().relative_to(base).as_posix()
        )
    except (OSError, ValueError, RuntimeError):
        inside, shown = False, address
    if not inside:
        raise SourceError(
            "the path leads out of the newsletter's folder",
            place=Place(address),
            hint="Copy the file into the folder, or name it by a web address.",
        )
    return path, shown


def read_file(root: Path, address: str) -> tuple[bytes, str]:
    """The bytes of a file in the newsletter's folder, and its path from the root.

    Raises:
        SourceError: It leads out of the folder, cannot be read, or is larger than 20 MiB.
    """
    path, shown = resolve_path(root, address)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError("the file is larger than 20 MiB", place=Place(shown))
        return path.read_bytes(), shown
    except FileNotFoundError:
        hint = "The path counts from the newsletter's folder."
        raise SourceError("there is no such file", place=Place(shown), hint=hint) from None
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}", place=Place(shown)) from None


def read_folder_source(access: SourceAccess, addresses: tuple[str, ...]) -> list[Article]:
    """Read the articles in a folder. Files that fail become problems of the source.

    Raises:
        SourceError: The folder does not exist, or is outside of the newsletter's folder.
    """
    (address,) = addresses

    def read(path: str) -> Article:
        data, shown = access.read_file(path)
        return parse_text(data, path=shown)

    return access.read_each(article_files(access.root, address), read)


def article_files(root: Path, address: str) -> Iterator[str]:
    """The articles below a folder, sorted, each by its path from the root; hidden files and folders are passed over.

    Raises:
        SourceError: It leads out of the newsletter's folder, or is no folder.
    """
    folder, shown = resolve_path(root, address)
    if not folder.is_dir():
        raise SourceError("there is no such folder", place=Place(shown), hint=f"Make it: mkdir -p {shown}")
    base = root.resolve()
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).parts
        if path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in below) and path.is_file():
            yield path.relative_to(base).as_posix()
