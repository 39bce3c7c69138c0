"""As much of GitHub's expressions as the workflows use: docs.github.com/actions/reference/evaluate-expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>\|\||&&|==|!=|!|\(|\))|(?P<name>[A-Za-z_][\w.-]*))")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = ("always", "success", "failure", "cancelled")


def filled(text: Any, context: Mapping[str, Any]) -> str:
    """The value of an `env:` or `with:` line."""
    return _EXPRESSION.sub(lambda match: shown(evaluate(match[1], context)), shown(text))


def holds(condition: Any, context: Mapping[str, Any], *, failed: bool) -> bool:
    """Whether a job or step with this `if:` runs; one that does not ask for the status runs when nothing has failed."""
    text = str(condition).strip() if condition is not None else "success()"
    text = text.removeprefix("${{").removesuffix("}}")
    asks = any(f"{name}()" in text for name in _STATUS)
    if failed and not asks:
        return False
    return bool(
        evaluate(text, {**context, "success": not failed, "failure": failed, "always": True, "cancelled": False})
    )


def shown(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    tokens, end = [], 0
    while text[end:].strip():
        match = _TOKEN.match(text, end)
        assert match, f"not understood: {text[end:]}"
        tokens.append(match)
        end = match.end()
    value = _either(tokens, context)
    assert not tokens, f"not understood: {text}"
    return value


def _either(tokens: list, context: Mapping[str, Any]) -> Any:
    value = _both(tokens, context)
    while _take(tokens, "||"):
        other = _both(tokens, context)
        value = value or other
    return value


def _both(tokens: list, context: Mapping[str, Any]) -> Any:
    value = _same(tokens, context)
    while _take(tokens, "&&"):
        other = _same(tokens, context)
        value = value and other
    return value


def _same(tokens: list, context: Mapping[str, Any]) -> Any:
    value = _one(tokens, context)
    for mark, same in (("==", True), ("!=", False)):
        if _take(tokens, mark):
            return (value == _one(tokens, context)) is same
    return value


def _one(tokens: list, context: Mapping[str, Any]) -> Any:
    if _take(tokens, "!"):
        return not _one(tokens, context)
    if _take(tokens, "("):
        value = _either(tokens, context)
        assert _take(tokens, ")")
        return value
    token = tokens.pop(0)
    if token["text"]:
        return token["text"][1:-1].replace("''", "'")
    if token["name"] in {"true", "false"}:
        return token["name"] == "true"
    value: Any = context
    first = token["name"].split(".")[0]
    assert first in context, f"there is no context {first}"
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
