"""`digest` and `python -m digest`."""

from __future__ import annotations

import gc
import os
import sys

__all__ = ["main"]

#: So many new objects let the cyclic garbage collector run, instead of 700. Most of what a command makes lives until it
#: ends, so that looking for garbage would take a tenth of its time and find nothing.
_COLLECTED_AFTER = 50_000


def main() -> None:
    """Run the program and exit with one of the codes in ``digest.errors``."""
    gc.set_threshold(_COLLECTED_AFTER, 10, 10)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # no search through all installed packages
    try:
        from digest.cli import run  # noqa: PLC0415 - Ctrl-C during this import must exit quietly too
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        run()
    finally:
        gc.freeze()  # the interpreter would look for garbage once more before it exits


if __name__ == "__main__":
    main()
