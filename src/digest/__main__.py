"""`digest` and `python -m digest`."""

from __future__ import annotations

from digest.cli import app

__all__ = ["main"]


def main() -> None:
    """Run the program; leaves with one of the exit codes of ``digest.errors``."""
    app(prog_name="digest")


if __name__ == "__main__":
    main()
