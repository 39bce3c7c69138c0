"""New sources in the configuration: written below what stands there, which stays as it is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.config.files import replace_file
from digest.config.load import config_file, parse_config
from digest.config.tomltext import toml_string
from digest.errors import ConfigError, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["NewSource", "add_sources", "source_id"]

_LONGEST_ID = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSource:
    """A feed that is to become a source; ``name`` and ``section`` may be empty."""

    id: str
    feed: str
    name: str = ""
    section: str = ""


def source_id(title: str, *, taken: Collection[str]) -> str:
    """A short id out of a feed's title or host, such as ``the-harbour-post``, that is not taken."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    base = words[:_LONGEST_ID].rpartition("-")[0] or words[:_LONGEST_ID] if len(words) > _LONGEST_ID else words
    base = base or "feed"
    number = 2
    found = base
    while found in taken:
        found = f"{base}-{number}"
        number += 1
    return found


def add_sources(root: Path, sources: Sequence[NewSource], *, undo: Path) -> str:
    """Write ``sources`` at the end of the newsletter's configuration, and keep the earlier file in ``undo``.

    Returns:
        The name of the configuration's file.

    Raises:
        ConfigError: The file cannot be written, or would no longer be a configuration; it is left as it is.
    """
    path, prefix = config_file(root)
    data = path.read_bytes()
    before = data.decode("utf-8-sig")
    table = ".".join((*prefix, "sources"))
    blocks = "".join(f"\n[[{table}]]\n{_lines(source)}" for source in sources)
    added = f"\n{blocks}"
    text = before.rstrip() + (added.replace("\n", "\r\n") if "\r\n" in before else added)
    try:
        parse_config(text, file=path.name, prefix=prefix)
    except ConfigError as error:
        raise ConfigError(
            "the sources cannot be added by themselves: " + error.message,
            place=error.place or Place(path.name),
            hint=f"Write these lines into {path.name} by hand:\n{blocks}",
        ) from None
    try:
        replace_file(undo / path.name, data)
        replace_file(path, text.encode())
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", place=Place(path.name)) from None
    return path.name


def _lines(source: NewSource) -> str:
    values = {"id": source.id, "feed": source.feed, "name": source.name, "section": source.section}
    return "".join(f"{key} = {toml_string(value)}\n" for key, value in values.items() if value)
