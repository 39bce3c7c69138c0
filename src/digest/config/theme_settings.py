"""The keys of ``[theme]``: how the email looks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from digest.config.config_table import ConfigTable

__all__ = ["STANDARD_THEME", "BlocksConfig", "ColoursConfig", "ThemeConfig"]

STANDARD_THEME = "standard"

Colour = Annotated[str, Field(pattern=r"^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]
#: It is written into a style sheet, so it holds nothing that could end a declaration.
FontStack = Annotated[str, Field(pattern=r"^[\w '.,-]*$")]


class ColoursConfig(ConfigTable):
    """The colours of light or dark mode, each ``#rgb`` or ``#rrggbb``. A colour that is not set is the theme's own."""

    page: Colour | None = None
    """The background of the page."""
    card: Colour | None = None
    """The background of the stories."""
    box: Colour | None = None
    """The background of the sponsor's text."""
    text: Colour | None = None
    """The text."""
    strong: Colour | None = None
    """The headlines."""
    muted: Colour | None = None
    """Dates, authors and other small print."""
    accent: Colour | None = None
    """The links."""
    line: Colour | None = None
    """The lines between parts."""


class BlocksConfig(ConfigTable):
    """Which parts of the email are shown. A part that is not set is shown if the theme shows it."""

    contents: bool | None = None
    """The list of sections at the top of a long issue."""
    picture: bool | None = None
    """The picture of the lead story."""
    byline: bool | None = None
    """The date and the authors of a story."""
    also: bool | None = None
    """Who else reported a story."""
    sponsor: bool | None = None
    """The sponsor's text."""


class ThemeConfig(ConfigTable):
    """How the email looks."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")] = STANDARD_THEME
    """The theme: ``standard``, ``letter``, or a folder of your own in templates/."""
    logo: str = ""
    """A picture in place of the newsletter's name: a web address, or a path such as images/logo.png."""
    logo_width: Annotated[int, Field(ge=16, le=520)] = 160
    """The width of the logo in pixels."""
    heading_font: FontStack = ""
    """The font of headlines, as a CSS font-family: names of fonts, then serif, sans-serif or monospace. Empty means the
    theme's own."""
    body_font: FontStack = ""
    """The font of the text, in the same form."""
    light: ColoursConfig = ColoursConfig()
    """The colours of light mode."""
    dark: ColoursConfig = ColoursConfig()
    """The colours of dark mode."""
    blocks: BlocksConfig = BlocksConfig()
    """The parts of the email that are shown."""

    @field_validator("heading_font", "body_font")
    @classmethod
    def _closed_quotes(cls, value: str) -> str:
        if value.count("'") % 2:
            raise ValueError("a single quotation mark is missing")
        return value
