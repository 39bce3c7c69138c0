"""Adds sources at the end of the configuration, and leaves the rest of the file as it is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.config.atomic_files import replace_file
from digest.config.load import parse_config
from digest.config.newsletter_folder import MAX_CONFIG_BYTES, config_file
from digest.config.toml_text import toml_positions, toml_string
from digest.errors import ConfigError, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["ConfigEdit", "NewSource", "source_id", "with_sources"]

_LONGEST_ID = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSource:
    """A feed to add as a source; ``name`` and ``section`` may be empty."""

    id: str
    feed: str
    name: str = ""
    section: str = ""


def source_id(title: str, *, taken: Collection[str]) -> str:
    """A short id made of a feed's title or host, such as ``the-harbour-post``, that is not ``taken`` yet."""
    ascii_title = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_title).strip("-")
    if len(slug) > _LONGEST_ID:
        slug = slug[:_LONGEST_ID].rpartition("-")[0] or slug[:_LONGEST_ID]
    slug = slug or "feed"
    id, number = slug, 2
    while id in taken:
        id, number = f"{slug}-{number}", number + 1
    return id


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigEdit:
    """The bytes of a configuration file before and after sources are added."""

    path: Path
    before: bytes
    after: bytes

    def write(self, *, undo: Path) -> str:
        """Write the file, and keep a copy of the earlier one in the folder ``undo``. Returns the file's name.

        Raises:
            ConfigError: The file cannot be written. It stays as it is.
        """
        try:
            replace_file(undo / self.path.name, self.before)
            replace_file(self.path, self.after)
        except OSError as error:
            raise ConfigError(f"the file cannot be written: {error.strerror}", place=Place(self.path.name)) from None
        return self.path.name


def with_sources(root: Path, sources: Sequence[NewSource]) -> ConfigEdit:
    """The newsletter's configuration with ``sources`` at its end. Nothing is written.

    Raises:
        ConfigError: The result would not be a valid configuration, or too large for one.
    """
    path, prefix = config_file(root)
    data = path.read_bytes()
    before = data.decode("utf-8-sig")
    table = ".".join((*prefix, "sources"))
    added = "\n" + "".join(f"\n[[{table}]]\n{_lines(source)}" for source in sources)
    text = before.rstrip() + (added.replace("\n", "\r\n") if "\r\n" in before else added)
    if len(text.encode()) > MAX_CONFIG_BYTES:
        raise ConfigError(
            f"with {len(sources):,} more sources, the file would have more than {MAX_CONFIG_BYTES // 1024:,} kB",
            place=Place(path.name),
            hint="Delete the feeds that you do not need from the OPML file, or add them to another newsletter.",
        )
    try:
        parse_config(text, file=path.name, prefix=prefix)
    except ConfigError:
        position = toml_positions(before).get((*prefix, "sources"))
        if position is None or before.startswith("[[", position.start):
            raise
        rows = "".join(f"  {{ {_lines(source).strip().replace(chr(10), ', ')} }},\n" for source in sources)
        raise ConfigError(
            "the sources are written as one list, which digest cannot add to",
            place=Place(path.name),
            hint=f"Paste these into the brackets of sources = […]:\n{rows}",
        ) from None
    return ConfigEdit(path=path, before=data, after=text.encode())


def _lines(source: NewSource) -> str:
    values = {"id": source.id, "feed": source.feed, "name": source.name, "section": source.section}
    return "".join(f"{key} = {toml_string(value)}\n" for key, value in values.items() if value)
