"""Write what is generated from the code: the pages in docs/reference and the JSON Schemas of ``--json``.

Run by `make reference`. A test compares the files with what this script makes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from digest.cli.json_objects import RESULTS
from digest.cli.json_objects.json_schema_files import schema_file_name, schema_text

ROOT = Path(__file__).parents[1]
SCHEMAS = Path("src/digest/cli/json_objects/schemas")


def generated_files() -> dict[Path, str]:
    """Every generated file, by its path from the repository's root."""
    return {SCHEMAS / schema_file_name(command): schema_text(command) for command in RESULTS}


def main() -> None:
    """Write the files, and remove schemas of commands that are gone."""
    files = generated_files()
    for path in (ROOT / SCHEMAS).glob("*.json"):
        if path.relative_to(ROOT) not in files:
            path.unlink()
    for path, text in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    print(f"{len(files)} files written", file=sys.stderr)


if __name__ == "__main__":
    main()
