"""Write constraints.txt: the versions that CI installs, for the project and all its dependency groups.

Everything is installed into a throwaway environment and listed, so the file holds versions that have worked together.
It is made on the oldest supported Python, because a version chosen there is never too new for it; what each package
says of the newer ones is checked. Only names and versions are written: no hashes, no addresses.
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

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "constraints.txt"
OLDEST = (3, 11)
SUPPORTED = ("3.11", "3.12", "3.13")
HEADER = "# Made by scripts/make_constraints.py (make constraints). What CI installs; name==version only.\n"

#: Runs inside the throwaway environment: prints [name, version, Requires-Python] of all that is installed there.
LIST_INSTALLED = """
import importlib.metadata, json
print(json.dumps([[d.metadata["Name"], d.version, d.metadata["Requires-Python"] or ""]
                  for d in importlib.metadata.distributions()]))
"""
#: Likewise: prints, of [specifier, version] pairs on stdin, the positions where the version does not fit.
FIND_UNFIT = """
import json, sys
from pip._vendor.packaging.specifiers import SpecifierSet
pairs = json.load(sys.stdin)
print(json.dumps([i for i, (spec, version) in enumerate(pairs) if not SpecifierSet(spec).contains(version)]))
"""


def main() -> int:
    """Resolve, check and write. Returns an exit code."""
    if sys.version_info[:2] != OLDEST:
        print(f"Run this with Python {'.'.join(map(str, OLDEST))}, the oldest that is supported.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        python = _install_everything(Path(folder))
        installed: list[list[str]] = json.loads(_output(python, "-c", LIST_INSTALLED))
        pairs = [[requires, version] for _, _, requires in installed for version in SUPPORTED]
        unfit: list[int] = json.loads(_output(python, "-c", FIND_UNFIT, given=json.dumps(pairs)))
    for position in unfit:
        name, version, requires = installed[position // len(SUPPORTED)]
        print(f"{name} {version} wants Python {requires}, not {pairs[position][1]}", file=sys.stderr)
    if unfit:
        return 1
    TARGET.write_text(HEADER + "".join(_lines(installed)), encoding="utf-8")
    print(f"{TARGET.name}: {len(_lines(installed))} packages")
    return 0


def _install_everything(folder: Path) -> Path:
    """Install the project with all its extras and groups into ``folder``; returns that environment's Python."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = ",".join(project["project"].get("optional-dependencies", {}))
    groups = [word for group in project["dependency-groups"] for word in ("--group", group)]
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    _output(python, "-m", "pip", "install", "-qq", "--upgrade", "pip")
    _output(python, "-m", "pip", "install", "-qq", "--editable", f".[{extras}]" if extras else ".", *groups)
    return python


def _lines(installed: list[list[str]]) -> list[str]:
    """The sorted lines, under normalised names (PEP 503), without the project itself and what every venv brings."""
    names = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version, _ in installed}
    for own in ("newsletter-digest", "setuptools", "wheel"):
        names.pop(own, None)
    return [f"{name}=={version}\n" for name, version in sorted(names.items())]


def _output(python: Path, *words: str, given: str | None = None) -> str:
    done = subprocess.run([python, *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, input=given, text=True)
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
