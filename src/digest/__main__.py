"""`digest` and `python -m digest`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the program and exit with one of the codes in ``digest.errors``."""
    try:
        from digest.cli import run  # noqa: PLC0415 - Ctrl-C during this import must exit quietly too
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
