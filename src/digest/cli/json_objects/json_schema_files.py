"""The shape of ``--json`` as JSON Schema (draft 2020-12), one file for each command."""

from __future__ import annotations

import json
from functools import reduce
from importlib import resources
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from digest.cli.json_objects import RESULTS, SCHEMA_VERSION, Failure, JsonObject
from digest.config.config_table import field_descriptions

__all__ = ["command_schema", "schema_file_name", "schema_text", "shipped_schema"]

_SCHEMA_VERSION_KEY = {
    "const": SCHEMA_VERSION,
    "description": "The version of this schema. It changes when a key changes its meaning or is removed.",
}


def schema_file_name(command: str) -> str:
    """The file of a command, such as ``subscribers-check.json``."""
    return f"{command.replace(' ', '-')}.json"


def shipped_schema(command: str) -> dict[str, Any]:
    """The schema of a command as it comes with the package."""
    file = resources.files(__package__).joinpath("schemas", schema_file_name(command))
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def schema_text(command: str) -> str:
    """The text of a command's schema file."""
    return json.dumps(command_schema(command), indent=2, ensure_ascii=False) + "\n"


def command_schema(command: str) -> dict[str, Any]:
    """What ``digest COMMAND --json`` prints: one of its results, or a failure."""
    models: list[type[JsonObject]] = [*RESULTS[command], Failure]
    _, described = models_json_schema([(model, "validation") for model in models], schema_generator=GenerateJsonSchema)
    definitions = _plain(described["$defs"])
    for model in _all_models():
        for key, text in field_descriptions(model).items():
            if model.__name__ in definitions:
                properties = definitions[model.__name__]["properties"]
                properties[key] = {"description": text.replace("``", "`"), **properties[key]}
    printed = [_printed(definitions[model.__name__]) for model in models]
    nested = _referenced(printed, definitions)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": f"digest {command} --json",
        "oneOf": printed,
        "$defs": {name: definitions[name] for name in sorted(nested)},
    }


def _all_models() -> list[type[JsonObject]]:
    """Every model of the package, also those that are only part of another one."""
    models: list[type[JsonObject]] = []
    classes: list[type[JsonObject]] = [JsonObject]
    while classes:
        classes = [subclass for each in classes for subclass in each.__subclasses__()]
        models += classes
    return models


def _printed(definition: dict[str, Any]) -> dict[str, Any]:
    """A model as it is printed at the top level, with its version."""
    return {
        **definition,
        "properties": {"schema_version": _SCHEMA_VERSION_KEY, **definition["properties"]},
        "required": ["schema_version", *definition["required"]],
    }


def _plain(node: Any) -> Any:
    """A schema without what would mislead: titles that repeat a key, and defaults of keys that are just not printed."""
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, str):
        return node.replace("``", "`")
    if not isinstance(node, dict):
        return node
    is_schema = isinstance(node.get("type"), str) or "anyOf" in node or "$ref" in node
    return {key: _plain(value) for key, value in node.items() if not (is_schema and key in {"title", "default"})}


def _referenced(node: Any, definitions: dict[str, Any]) -> set[str]:
    """The names of all definitions that a schema refers to, directly or not."""
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            name = reference.rpartition("/")[2]
            return {name} | _referenced(definitions[name], definitions)
        node = list(node.values())
    if isinstance(node, list):
        return reduce(set.union, (_referenced(value, definitions) for value in node), set())
    return set()
