"""Write constraints.txt: the versions that CI installs, for the project and all its dependency groups.

The script installs everything into a temporary environment and lists it, so the file contains versions that work
together. It runs on the oldest supported Python, because versions resolved there are never too new for it, and checks
that each version supports the newer Pythons too. The file contains names and versions only: no hashes, no addresses.
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

#: Runs inside the temporary environment. Prints [name, version, Requires-Python] for each distribution installed there.
LIST_INSTALLED = """
import importlib.metadata, json
print(json.dumps([[d.metadata["Name"], d.version, d.metadata["Requires-Python"] or ""]
                  for d in importlib.metadata.distributions()]))
"""
#: Runs there too. Reads [specifier, version] pairs from stdin and prints the indices of those that do not match.
FIND_MISMATCHES = """
import json, sys
from pip._vendor.packaging.specifiers import SpecifierSet
pairs = json.load(sys.stdin)
print(json.dumps([i for i, (spec, version) in enumerate(pairs) if not SpecifierSet(spec).contains(version)]))
"""


def main() -> int:
    """Resolve, check and write. Returns an exit code."""
    if sys.version_info[:2] != OLDEST:
        print(f"Run this with Python {'.'.join(map(str, OLDEST))}, the oldest supported version.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        python = _install_everything(Path(folder))
        installed: list[list[str]] = json.loads(_output(python, "-c", LIST_INSTALLED))
        pairs = [[requires, version] for _, _, requires in installed for version in SUPPORTED]
        mismatches: list[int] = json.loads(_output(python, "-c", FIND_MISMATCHES, stdin=json.dumps(pairs)))
    for position in mismatches:
        name, version, requires = installed[position // len(SUPPORTED)]
        print(f"{name} {version} requires Python {requires}, which excludes {pairs[position][1]}", file=sys.stderr)
    if mismatches:
        return 1
    TARGET.write_text(HEADER + "".join(_lines(installed)), encoding="utf-8")
    print(f"{TARGET.name}: {len(_lines(installed))} packages")
    return 0


def _install_everything(folder: Path) -> Path:
    """Install the project with all its extras and groups into ``folder``; returns that environment's Python."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = ",".join(project["project"].get("optional-dependencies", {}))
    groups = [option for group in project["dependency-groups"] for option in ("--group", group)]
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    _output(python, "-m", "pip", "install", "-qq", "--upgrade", "pip")
    _output(python, "-m", "pip", "install", "-qq", "--editable", f".[{extras}]" if extras else ".", *groups)
    return python


def _lines(installed: list[list[str]]) -> list[str]:
    """The sorted lines, with normalised names (PEP 503), without the project and the packages of every new venv."""
    names = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version, _ in installed}
    for own in ("newsletter-digest", "setuptools", "wheel"):
        names.pop(own, None)
    return [f"{name}=={version}\n" for name, version in sorted(names.items())]


def _output(python: Path, *arguments: str, stdin: str | None = None) -> str:
    process = subprocess.run([python, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, input=stdin, text=True)
    return process.stdout


if __name__ == "__main__":
    raise SystemExit(main())
