"""The keys of ``[theme]``: how the email looks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from digest.config.config_table import ConfigTable

__all__ = ["STANDARD_THEME", "BlocksConfig", "ColoursConfig", "ThemeConfig"]

STANDARD_THEME = "standard"

Colour = Annotated[str, Field(pattern=r"^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]
#: Letters, digits, spaces, commas and single quotes: it is written into a style sheet.
FontStack = Annotated[str, Field(pattern=r"^[\w '.,-]*$")]


class ColoursConfig(ConfigTable):
    """Colours of one scheme, each ``#rgb`` or ``#rrggbb``. What is not set keeps the theme's own.

    ``page`` is the ground of everything, ``card`` that of the stories, ``box`` that of the sponsor; ``text``,
    ``strong`` (headlines) and ``muted`` (dates and the like) are written on them; ``accent`` is that of links, ``line``
    of rules.
    """

    page: Colour | None = None
    card: Colour | None = None
    box: Colour | None = None
    text: Colour | None = None
    strong: Colour | None = None
    muted: Colour | None = None
    accent: Colour | None = None
    line: Colour | None = None


class BlocksConfig(ConfigTable):
    """Which parts of the email are shown. What is not set is as the theme has it.

    ``contents`` names the sections of a long issue, ``picture`` is the lead story's, ``byline`` the day and the
    authors, ``also`` who else reported a story, ``sponsor`` the sponsor's words.
    """

    contents: bool | None = None
    picture: bool | None = None
    byline: bool | None = None
    also: bool | None = None
    sponsor: bool | None = None


class ThemeConfig(ConfigTable):
    """``name`` is ``standard``, ``letter``, or a folder of the newsletter's own under templates/.

    ``logo`` is an address or a path such as images/logo.png, shown ``logo_width`` pixels wide. A font is a CSS
    font-family: names of fonts that readers have, then serif, sans-serif or monospace.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")] = STANDARD_THEME
    logo: str = ""
    logo_width: Annotated[int, Field(ge=16, le=520)] = 160
    heading_font: FontStack = ""
    body_font: FontStack = ""
    light: ColoursConfig = ColoursConfig()
    dark: ColoursConfig = ColoursConfig()
    blocks: BlocksConfig = BlocksConfig()

    @field_validator("heading_font", "body_font")
    @classmethod
    def _closed_quotes(cls, value: str) -> str:
        if value.count("'") % 2:
            raise ValueError("a single quotation mark is missing")
        return value
