"""Validates what ``--json`` prints against the JSON Schemas that the package ships."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from jsonschema import Draft202012Validator

from digest.cli.json_objects import RESULTS
from digest.cli.json_objects.json_schema_files import shipped_schema


def command_of(arguments: Sequence[str]) -> str:
    """The command in a command line, such as ``subscribers check``, or an empty string."""
    names = [word for word in arguments if not word.startswith("-")]
    pairs = [" ".join(pair) for pair in pairwise(names)]
    return next((name for name in (*pairs, *names) if name in RESULTS), "")


@cache
def _validator(command: str) -> Draft202012Validator:
    schema = shipped_schema(command)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def validate_printed(arguments: Sequence[str], printed: dict[str, Any]) -> None:
    """Raise ValidationError if the printed object does not match the schema of its command."""
    if command := command_of(arguments):
        _validator(command).validate(printed)
