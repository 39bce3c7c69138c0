"""Measures `digest --help` against `python -c "import typer"`. The target is at most twice the time.

Run by hand: .venv/bin/python tests/benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
HELP = [str(Path(sys.executable).with_name("digest")), "--help"]
PEER = [sys.executable, "-c", "import typer"]


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    for command in (HELP, PEER):
        seconds(command)
    ratios = [seconds(HELP) / seconds(PEER) for _ in range(ROUNDS)]
    print(f"digest --help / import typer: median {statistics.median(ratios):.2f}, worst {max(ratios):.2f}")


if __name__ == "__main__":
    main()
