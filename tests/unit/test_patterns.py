from __future__ import annotations

import re
from pathlib import Path

import digest

SOURCE = Path(digest.__file__).parent


def test_no_pattern_has_a_possessive_group():
    """Before Python 3.11.5, possessive groups match incorrectly: https://github.com/python/cpython/issues/106052."""
    possessive = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+(?!\))")
    possessive_groups = [
        f"{path.relative_to(SOURCE)}: {match[0]}"
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in {".py", ".toml"}
        for match in possessive.finditer(path.read_text(encoding="utf-8"))
    ]
    assert possessive_groups == []
