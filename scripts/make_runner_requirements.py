"""Write the requirements of the newsletters' runners: what `digest` needs there, with a hash for each file.

pip then installs nothing else, whatever an index serves. The versions are those of constraints.txt. The file is for
the Python of .github/actions/digest on Linux, and holds names, versions and hashes only: no addresses. It also lists
what builds `digest` from its source, for a newsletter that installs it from a repository.

Run it with that Python on Linux, because pip evaluates the markers of requirements for the Python it runs on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
TARGET = ROOT / ".github/actions/digest/requirements.txt"
RUNNER = (3, 13)
#: GitHub's machines. The tags reach up to the C library of ubuntu-24.04 and down to the oldest that wheels name.
MACHINES = ("x86_64", "aarch64")
NEWEST_GLIBC = 39
HEADER = """\
# Made by scripts/make_runner_requirements.py (make requirements): the versions of constraints.txt, for Python 3.13 on
# Linux. Installed with --require-hashes --only-binary :all:, so that runners install these files and no others.
"""
BUILD_HEADER = """
# What builds digest, for a newsletter that installs it from a commit.
"""


def main() -> int:
    """Resolve for each machine and write. Returns an exit code."""
    if sys.version_info[:2] != RUNNER or sys.platform != "linux":
        print(f"Run this with Python {'.'.join(map(str, RUNNER))}, the runner's, on Linux.", file=sys.stderr)
        return 2
    needed, building = _declared()
    with tempfile.TemporaryDirectory() as folder:
        python = _python_with_pinned_pip(Path(folder))
        needed_hashes, build_hashes = _hashes(python, needed), _hashes(python, building)
    build_hashes = {line: hashes for line, hashes in build_hashes.items() if line not in needed_hashes}
    text = f"{HEADER}{_lines(needed_hashes)}{BUILD_HEADER}{_lines(build_hashes)}"
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(needed_hashes) + len(build_hashes)} packages")
    return 0


def _python_with_pinned_pip(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-qq", "--upgrade", "--constraint", CONSTRAINTS, "pip"], check=True)
    return python


def _hashes(python: Path, requirements: list[str]) -> dict[str, set[str]]:
    """The hashes of the files of each pinned requirement, for all machines."""
    hashes: dict[str, set[str]] = {}
    for machine in MACHINES:
        for line, digest in _resolve(python, machine, requirements):
            hashes.setdefault(line, set()).add(digest)
    return hashes


def _resolve(python: Path, machine: str, requirements: list[str]) -> list[tuple[str, str]]:
    """The pinned requirements for a machine, as (name==version, SHA-256)."""
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, 4, -1)]
    tags += [f"manylinux{name}_{machine}" for name in ("2014", "2010", "1")]
    process = subprocess.run(
        [
            *(python, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"),
            *("--only-binary", ":all:", "--target", TARGET.parent / "nowhere", "--constraint", CONSTRAINTS),
            *("--python-version", ".".join(map(str, RUNNER))),
            *(option for tag in tags for option in ("--platform", tag)),
            *requirements,
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    installed: list[dict[str, Any]] = json.loads(process.stdout)["install"]
    hashes = [entry["download_info"]["archive_info"]["hashes"]["sha256"] for entry in installed]
    return list(zip((_line(entry["metadata"]) for entry in installed), hashes, strict=True))


def _declared() -> tuple[list[str], list[str]]:
    """What the project declares, with all its extras; and what builds it."""
    definition = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = definition["project"].get("optional-dependencies", {}).values()
    needed = [*definition["project"]["dependencies"], *(line for extra in extras for line in extra)]
    return needed, definition["build-system"]["requires"]


def _line(metadata: dict[str, Any]) -> str:
    return f"{re.sub(r'[-_.]+', '-', metadata['name']).lower()}=={metadata['version']}"


def _lines(hashes: dict[str, set[str]]) -> str:
    entries = ((line, *(f"--hash=sha256:{digest}" for digest in sorted(hashes[line]))) for line in sorted(hashes))
    return "".join(" \\\n    ".join(entry) + "\n" for entry in entries)


if __name__ == "__main__":
    raise SystemExit(main())
