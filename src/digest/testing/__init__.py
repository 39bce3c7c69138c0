"""Test doubles: fakes, servers and an inbox. They are shipped for scripts and for other distributions' tests."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["peak_megabytes"]

_PROCESS_STATUS = Path("/proc/self/status")


def peak_megabytes() -> float:
    """The peak memory use of this process, in MiB.

    On Linux ``ru_maxrss`` includes the process that it was forked from, so the kernel's own peak is read if there is
    one (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html, VmHWM).
    """
    import resource  # noqa: PLC0415 - not on Windows, where the doubles must be importable

    if _PROCESS_STATUS.exists():
        for line in _PROCESS_STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
