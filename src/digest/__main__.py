"""`digest` and `python -m digest`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the program; leaves with one of the exit codes of ``digest.errors``."""
    try:
        from digest.cli import run  # noqa: PLC0415 - so that Ctrl-C while it loads ends as quietly as later
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
