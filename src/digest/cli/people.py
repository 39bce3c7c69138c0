"""People: subscribers check."""

from __future__ import annotations

import typer

from digest.cli.help import PanelGroup
from digest.cli.session import Session, register
from digest.errors import ChecksFailedError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    people = typer.Typer(
        cls=PanelGroup, no_args_is_help=True, rich_markup_mode=None, help="Look after the subscriber lists."
    )
    register(people, "check", example="digest subscribers check")(check)
    app.add_typer(people, name="subscribers", rich_help_panel="People")


def check(session: Session) -> None:
    """Read every list: who would be mailed, who is left out and why. Exit code 5 if a row needs mending."""
    from digest.workflow.lists import check_lists

    output = session.output
    done = check_lists(session.project())
    lines = [f"{problem.place}  {problem.message}" for audience in done for problem in audience.problems]
    for audience in done:
        lines.append(f"Audience “{audience.name}”: {len(audience.subscribers):,} people")
        lines += [f"  {count:>7,} left out: {reason}" for reason, count in sorted(audience.left_out.items()) if count]
    output.result(
        {
            "audiences": [
                {
                    "name": audience.name,
                    "people": len(audience.subscribers),
                    "left_out": dict(audience.left_out),
                    "problems": [
                        {"file": problem.place.file, "line": problem.place.line, "message": problem.message}
                        for problem in audience.problems
                    ],
                }
                for audience in done
            ]
        },
        lines,
    )
    if any(audience.problems for audience in done):
        raise typer.Exit(ChecksFailedError.exit_code)
