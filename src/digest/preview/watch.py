"""Watch files for changes, however an editor saves them and on any file system."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import watchfiles

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["folders_of", "stamps_of", "watch"]

#: Seconds between two checks if the operating system reports no changes.
_TICK = 1.0

#: The modification time in nanoseconds and the size of each file; None for a path that does not exist.
Stamps = dict["Path", tuple[int, int] | None]


def stamps_of(paths: Sequence[Path]) -> Stamps:
    """The stamps of the files at and below ``paths``, without temporary files of editors (``.x.swp``, ``x~``)."""
    stamps: Stamps = {}
    for path in paths:
        stamps[path] = _stamp(path)
        if path.is_dir():
            stamps[path] = None  # a folder's own time also changes with temporary files of editors
            stamps |= {file: _stamp(file) for file in path.rglob("*") if _is_watched(file, path)}
    return stamps


def folders_of(paths: Sequence[Path]) -> frozenset[Path]:
    """The folders to watch for ``paths``, each without its subfolders.

    A file is watched through its folder, because editors save by replacing the file. A path that does not exist yet is
    watched through the nearest folder above it that exists.
    """
    folders: set[Path] = set()
    for path in paths:
        folders.add(next((parent for parent in path.parents if parent.is_dir()), path))
        if path.is_dir():
            folders |= {path, *(inner for inner in path.rglob("*") if inner.is_dir())}
    return frozenset(folder for folder in folders if folder.is_dir())


async def watch(paths: Callable[[], Sequence[Path]], changed: Callable[[], Awaitable[None]]) -> None:
    """Call ``changed`` at once, and again after every change at or below ``paths()``, until cancelled.

    The stamps are taken before each call, so a change during the call causes one more.
    """
    seen: Mapping[Path, object] | None = None
    while True:
        folders = await asyncio.to_thread(lambda: folders_of(paths()))
        async with contextlib.aclosing(_ticks(folders, first=seen is None)) as ticks:
            async for _ in ticks:
                stamps = await asyncio.to_thread(lambda: stamps_of(paths()))
                if stamps == seen:
                    continue
                seen = stamps
                await changed()
                if await asyncio.to_thread(lambda: folders_of(paths())) != folders:
                    break


async def _ticks(folders: frozenset[Path], *, first: bool) -> AsyncGenerator[None, None]:
    """Yield when it is time to check: after an event from the operating system, or after a second without one."""
    if first:
        yield
    try:
        events = watchfiles.awatch(
            *folders,
            watch_filter=None,
            debounce=200,
            step=50,
            # Some file systems, such as network shares, report no events, so check at least once a second.
            rust_timeout=int(_TICK * 1000),
            yield_on_timeout=True,
            recursive=False,
        )
        async with contextlib.aclosing(events):
            async for _ in events:
                yield
    except (OSError, RuntimeError):
        # The limit fs.inotify.max_user_watches is reached, or a folder was deleted meanwhile. Polling still works.
        await asyncio.sleep(_TICK)
        yield


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _is_watched(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return not any(part.startswith(".") or part.endswith("~") for part in parts) and file.is_file()
