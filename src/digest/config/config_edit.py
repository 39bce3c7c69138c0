"""New sources in the configuration: written below what stands there, which stays as it is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.config.atomic_files import replace_file
from digest.config.load import config_file, parse_config
from digest.config.toml_text import toml_string
from digest.errors import ConfigError, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["ConfigEdit", "NewSource", "source_id", "with_sources"]

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


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigEdit:
    """A configuration as it is, and as it will be with new sources."""

    path: Path
    before: bytes
    after: bytes

    def write(self, *, undo: Path) -> str:
        """Write it, and keep the earlier file in the folder ``undo``; returns the name of the file.

        Raises:
            ConfigError: It cannot be written; it is left as it is.
        """
        try:
            replace_file(undo / self.path.name, self.before)
            replace_file(self.path, self.after)
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", place=Place(self.path.name)) from None
        return self.path.name


def with_sources(root: Path, sources: Sequence[NewSource]) -> ConfigEdit:
    """The newsletter's configuration with ``sources`` at its end; nothing is written.

    Raises:
        ConfigError: It would no longer be a configuration.
    """
    path, prefix = config_file(root)
    data = path.read_bytes()
    before = data.decode("utf-8-sig")
    table = ".".join((*prefix, "sources"))
    added = "\n" + "".join(f"\n[[{table}]]\n{_lines(source)}" for source in sources)
    text = before.rstrip() + (added.replace("\n", "\r\n") if "\r\n" in before else added)
    try:
        parse_config(text, file=path.name, prefix=prefix)
    except ConfigError:
        if re.search(r"^\s*sources\s*=", before, re.MULTILINE) is None:
            raise
        rows = "".join(f"  {{ {_lines(source).strip().replace(chr(10), ', ')} }},\n" for source in sources)
        raise ConfigError(
            "sources are written as one list here, which a person has to add to",
            place=Place(path.name),
            hint=f"Put these into the brackets of sources = […]:\n{rows}",
        ) from None
    return ConfigEdit(path=path, before=data, after=text.encode())


def _lines(source: NewSource) -> str:
    values = {"id": source.id, "feed": source.feed, "name": source.name, "section": source.section}
    return "".join(f"{key} = {toml_string(value)}\n" for key, value in values.items() if value)
