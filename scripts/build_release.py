"""Build the wheel and the source archive, and build both again elsewhere to check that the bytes are the same.

    python scripts/build_release.py dist

The time in the files is that of the commit, so whoever builds a tag again gets the same wheel. SOURCE_DATE_EPOCH, if it
is set, counts instead (https://reproducible-builds.org/specs/source-date-epoch).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(folder: Path) -> int:
    """Build into ``folder``. Returns an exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        print(f"{folder} is not empty", file=sys.stderr)
        return 2
    time = os.environ.get("SOURCE_DATE_EPOCH") or _output("git", "log", "-1", "--format=%ct").strip()
    with tempfile.TemporaryDirectory() as temporary:
        # A copy of what git tracks: other paths, other times, and nothing that was left behind by a build.
        copy = Path(temporary) / "copy"
        _output("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(copy))
        build(ROOT, folder, time=time)
        build(copy, Path(temporary) / "again", time=time)
        first, second = _hashes(folder), _hashes(Path(temporary) / "again")
    if first != second:
        print(f"The two builds differ:\n{first}\n{second}", file=sys.stderr)
        return 1
    for name, digest in first.items():
        print(f"{digest}  {name}")
    return 0


def build(source: Path, folder: Path, *, time: str) -> None:
    """Build the wheel and the source archive of the project in ``source``."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder.resolve())]
    subprocess.run(command, cwd=source, check=True, stdout=sys.stderr, env={**os.environ, "SOURCE_DATE_EPOCH": time})


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
