"""How much memory a process has taken at most."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["peak_megabytes"]

_STATUS = Path("/proc/self/status")


def peak_megabytes() -> float:
    """The most memory that this process has held at one time, in MiB.

    On Linux ``ru_maxrss`` counts the process that it was forked from as well, so the kernel's own mark is read where
    there is one (proc(5), VmHWM).
    """
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
