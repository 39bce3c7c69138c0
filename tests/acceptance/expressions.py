"""The subset of GitHub's expressions that the workflows use.

See https://docs.github.com/en/actions/reference/workflows-and-actions/expressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>\|\||&&|==|!=|!|\(|\))|(?P<name>[A-Za-z_][\w.-]*))")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = ("always", "success", "failure", "cancelled")


def fill_in(text: Any, context: Mapping[str, Any]) -> str:
    """Evaluate the expressions in the value of an `env:` or `with:` key."""
    return _EXPRESSION.sub(lambda match: to_text(evaluate(match[1], context)), to_text(text))


def should_run(condition: Any, context: Mapping[str, Any], *, failed: bool) -> bool:
    """Whether a job or step with this `if:` runs. Unless the condition calls a status function, a failure skips it."""
    text = str(condition).strip() if condition is not None else "success()"
    text = text.removeprefix("${{").removesuffix("}}")
    calls_status = any(f"{name}()" in text for name in _STATUS)
    if failed and not calls_status:
        return False
    return bool(
        evaluate(text, {**context, "success": not failed, "failure": failed, "always": True, "cancelled": False})
    )


def to_text(value: Any) -> str:
    """A value as GitHub inserts it into text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """Evaluate an expression without its ``${{ }}``."""
    tokens, end = [], 0
    while text[end:].strip():
        match = _TOKEN.match(text, end)
        assert match, f"cannot parse: {text[end:]}"
        tokens.append(match)
        end = match.end()
    value = _parse_or(tokens, context)
    assert not tokens, f"cannot parse: {text}"
    return value


def _parse_or(tokens: list, context: Mapping[str, Any]) -> Any:
    value = _parse_and(tokens, context)
    while _take(tokens, "||"):
        other = _parse_and(tokens, context)
        value = value or other
    return value


def _parse_and(tokens: list, context: Mapping[str, Any]) -> Any:
    value = _parse_equality(tokens, context)
    while _take(tokens, "&&"):
        other = _parse_equality(tokens, context)
        value = value and other
    return value


def _parse_equality(tokens: list, context: Mapping[str, Any]) -> Any:
    value = _parse_operand(tokens, context)
    for mark, same in (("==", True), ("!=", False)):
        if _take(tokens, mark):
            return (value == _parse_operand(tokens, context)) is same
    return value


def _parse_operand(tokens: list, context: Mapping[str, Any]) -> Any:
    if _take(tokens, "!"):
        return not _parse_operand(tokens, context)
    if _take(tokens, "("):
        value = _parse_or(tokens, context)
        assert _take(tokens, ")")
        return value
    token = tokens.pop(0)
    if token["text"]:
        return token["text"][1:-1].replace("''", "'")
    if token["name"] in {"true", "false"}:
        return token["name"] == "true"
    value: Any = context
    first = token["name"].split(".")[0]
    assert first in context, f"unknown context {first}"
    for part in token["name"].split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if token["name"] in _STATUS:
        assert _take(tokens, "(")
        assert _take(tokens, ")")
    return value


def _take(tokens: list, mark: str) -> bool:
    if tokens and tokens[0]["mark"] == mark:
        tokens.pop(0)
        return True
    return False
