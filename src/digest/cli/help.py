"""The help: plain words, grouped by what a person wants to do. No colour library is loaded for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

__all__ = ["PanelGroup"]


class PanelGroup(TyperGroup):
    """Lists the commands under their panels, in the order in which they are used."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - the signature is Typer's
        panels: dict[str, list[tuple[str, str]]] = {}
        width = max((len(name) for name in self.commands), default=0)
        for name, command in self.commands.items():
            if not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or "Commands"
                short = command.get_short_help_str(formatter.width - width - 6)
                panels.setdefault(panel, []).append((name.ljust(width), short))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - the signature is Typer's
        return list(self.commands)
