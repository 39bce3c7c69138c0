"""The generated pages of docs/reference and the shipped JSON Schemas are what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make_reference():
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "scripts/make_reference.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


FILES = make_reference().generated_files()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_generated_file_matches_the_code(path):
    assert (ROOT / path).read_text(encoding="utf-8") == FILES[path], "run: make reference"


def test_every_schema_file_belongs_to_a_command():
    schemas = make_reference().SCHEMAS
    assert {path.relative_to(ROOT) for path in (ROOT / schemas).iterdir()} == {
        path for path in FILES if path.is_relative_to(schemas)
    }
